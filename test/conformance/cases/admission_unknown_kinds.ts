// Where objects of kinds outside of Kubernetes itself name images.
import type { JsonObject } from '../../../src/core/encoding/json.ts';
import { equal } from '../support/assert.ts';
import {
  changed,
  container,
  everyImage,
  everything,
  images,
  lines,
  meta,
  refused,
  selector,
  template,
} from '../support/workloads.ts';
import { test } from '../table.ts';

test('A92 in an unknown kind, a pod spec is found wherever it is', () => {
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: meta,
    spec: {
      strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } },
      selector,
      template: template(everything),
    },
  };
  equal(images(rollout), everyImage);
  const knative = {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: meta,
    spec: { template: { spec: { containerConcurrency: 1, containers: [{ image: 'ghcr.io/acme/fn' }] } } },
  };
  equal(lines(knative), [
    '/spec/template/spec/containers/0/image | spec/template/spec containers #0 | ghcr.io/acme/fn',
  ]);
  const volcano = {
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    metadata: meta,
    spec: {
      tasks: [
        {
          replicas: 1,
          name: 'master',
          template: template({ containers: [container('m', 'ghcr.io/acme/m')] }),
        },
        {
          replicas: 2,
          name: 'worker',
          template: template({ containers: [container('w', 'ghcr.io/acme/w')] }),
        },
      ],
    },
  };
  equal(lines(volcano), [
    '/spec/tasks/0/template/spec/containers/0/image | spec/tasks/master/template/spec containers m | ghcr.io/acme/m',
    '/spec/tasks/1/template/spec/containers/0/image | spec/tasks/worker/template/spec containers w | ghcr.io/acme/w',
  ]);
});

test('A92 steps, sidecars and single containers of workflow engines are found', () => {
  const task = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: meta,
    spec: {
      params: [{ name: 'revision', type: 'string' }],
      stepTemplate: { image: 'ghcr.io/acme/base', env: [] },
      steps: [
        { name: 'clone', image: 'ghcr.io/acme/git', script: 'git clone' },
        { name: 'shared', ref: { name: 'kept-elsewhere' } },
      ],
      sidecars: [{ name: 'registry', image: 'registry:2' }],
    },
  };
  equal(lines(task), [
    '/spec/stepTemplate/image | spec stepTemplate | ghcr.io/acme/base',
    '/spec/steps/0/image | spec steps clone | ghcr.io/acme/git',
    '/spec/sidecars/0/image | spec sidecars registry | registry:2',
  ]);
  const workflow = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { generateName: 'build-' },
    spec: {
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: [[{ name: 'build', template: 'build' }]] },
        { name: 'build', container: { image: 'ghcr.io/acme/build', command: ['make'] } },
        {
          name: 'report',
          script: { image: 'python:3', source: 'print()' },
          sidecars: [{ name: 's', image: 'redis' }],
        },
        { name: 'set', containerSet: { containers: [{ name: 'a', image: 'ghcr.io/acme/a' }] } },
      ],
    },
  };
  equal(images(workflow), ['ghcr.io/acme/build', 'python:3', 'redis', 'ghcr.io/acme/a']);
  const pipeline = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: meta,
    spec: { tasks: [{ name: 'build', taskSpec: { steps: [{ image: 'ghcr.io/acme/build' }] } }] },
  };
  equal(lines(pipeline), [
    '/spec/tasks/0/taskSpec/steps/0/image | spec/tasks/build/taskSpec steps #0 | ghcr.io/acme/build',
  ]);
});

test('A92 manifests inside an unknown kind, containers in containers and image volumes are found too', () => {
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta,
    spec: { template: template(everything) },
  };
  const work = {
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'ManifestWork',
    metadata: meta,
    spec: { workload: { manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', data: {} }, deployment] } },
  };
  equal(images(work), everyImage);
  const nested = {
    steps: [
      { name: 'a', pod: { containers: [{ image: 'inner' }] } },
      [{ containers: [{ image: 'listed' }] }],
    ],
  };
  equal(images({ apiVersion: 'x.example/v1', kind: 'X', spec: nested }), ['inner', 'listed']);
  const ordered = {
    volumes: [{ name: 'v', image: { reference: 'one' } }],
    containers: [{ name: 'a', image: 'two' }],
    container: { image: 'three' },
    initContainers: [{ name: 'b', image: 'four' }],
  };
  equal(
    images({ apiVersion: 'x.example/v1', kind: 'X', spec: ordered }),
    ['one', 'two', 'three', 'four'],
    'in document order',
  );
  const volumes = [
    { name: 'v', image: { reference: 'ghcr.io/acme/data' } },
    { name: 'w', image: {} },
    { name: 'x' },
    'y',
  ];
  equal(lines({ apiVersion: 'x.example/v1', kind: 'X', volumes }), [
    '/volumes/0/image/reference | volumes v | ghcr.io/acme/data',
  ]);
  // The kind in which old API servers send the ephemeralcontainers subresource.
  const ephemeral = {
    apiVersion: 'v1',
    kind: 'EphemeralContainers',
    ephemeralContainers: [container('debug', 'evil')],
  };
  equal(lines(ephemeral), ['/ephemeralContainers/0/image | ephemeralContainers debug | evil']);
  // A kind in other letter case is an unknown kind, and is searched like one.
  equal(images({ apiVersion: 'v1', kind: 'pod', spec: everything }), everyImage);
  equal(images({ apiVersion: 'v2', kind: 'Widget', spec: { containers: [{ image: 'a' }, { name: 'b' }] } }), [
    'a',
  ]);
});

test('A92 an unknown kind that names no image is malformed', async () => {
  for (const object of [
    { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { ports: [{ port: 80 }] } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta, data: { 'pod.yaml': 'containers: [{image: a}]' } },
    { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: meta, spec: { replicas: 2 } },
    { apiVersion: 'x.example/v1', kind: 'X', spec: { containers: [] } },
    { apiVersion: 'x.example/v1', kind: 'X', spec: { containers: [{ name: 'a' }] } },
    { apiVersion: 'x.example/v1', kind: 'X', spec: { containers: [{ name: 'a', image: null }] } },
    {
      apiVersion: 'x.example/v1',
      kind: 'X',
      spec: { containers: 'a', steps: { image: { tag: 'a' } }, sidecars: [1, 'a'] },
    },
    {
      apiVersion: 'x.example/v1',
      kind: 'X',
      spec: { container: 'a', script: 'b', volumes: [{ image: ['a'] }] },
    },
    { apiVersion: 'x.example/v1', kind: 'PodList' },
  ] as JsonObject[])
    await refused(object, /^the object: names no image/);
});

test('A92 in an unknown kind, single image fields of any name are found beside a pod spec', () => {
  const kinds: [spec: JsonObject, pointer: string][] = [
    [{ image: 'u' }, '/spec/image'],
    [{ driver: { cores: 1, image: 'u' } }, '/spec/driver/image'],
    [{ extraContainers: [{ name: 'a', image: 'u' }] }, '/spec/extraContainers/0/image'],
    [{ initContainers: { a: { image: 'u' } } }, '/spec/initContainers/a/image'],
    [{ Containers: [{ Image: 'u' }] }, '/spec/Containers/0/Image'],
    [
      { domain: { volumes: [{ name: 'disk', containerDisk: { image: 'u' } }] } },
      '/spec/domain/volumes/0/containerDisk/image',
    ],
    [{ data: { driver: { image: 'u' } } }, '/spec/data/driver/image'],
    [{ 'a/b': { image: 'u' } }, '/spec/a~1b/image'],
  ];
  for (const [spec, pointer] of kinds) {
    const object = {
      apiVersion: 'x.example/v1',
      kind: 'X',
      spec: { containers: [container('a', 'good')], ...spec },
    };
    const found = lines(object).map((line) => line.split(' | '));
    equal(
      found.map(([place, , image]) => [place, image]),
      [
        ['/spec/containers/0/image', 'good'],
        [pointer, 'u'],
      ],
    );
    equal(new Set(found.map(([, slot]) => slot)).size, 2, 'each has a slot of its own');
    equal(changed(object, object), []);
  }
});

test('A92 in an unknown kind, fields named image in labels, data, status or block devices are not images', async () => {
  const objects: JsonObject[] = [
    { metadata: { labels: { image: 'a' }, annotations: { image: 'a' } } },
    { spec: { selector: { image: 'a', app: 'b' }, template: { metadata: { labels: { image: 'a' } } } } },
    { spec: { selector: { matchLabels: { image: 'a' } }, nodeSelector: { image: 'a' } } },
    { data: { image: 'a' }, stringData: { image: 'a' } },
    { status: { image: 'a', pods: [{ image: 'a' }] } },
    { spec: { volumes: [{ name: 'a', rbd: { monitors: ['a'], image: 'a' } }] } },
    { spec: { image: '' } },
    { spec: { image: { repository: 'a', tag: 'b' } } },
  ];
  for (const more of objects)
    await refused({ apiVersion: 'x.example/v1', kind: 'X', ...more }, /^the object: names no image/);
  const nested = { spec: { status: { image: 'a' }, status_: { containers: [{ image: 'b' }] } } };
  equal(images({ apiVersion: 'x.example/v1', kind: 'X', ...nested }), ['a', 'b']);
});
