// Where the kinds of Kubernetes itself, and lists of them, name images.
import { imagesOf } from '../../../src/admission/workload_images.ts';
import type { Json, JsonObject } from '../../../src/core/encoding/json.ts';
import { equal } from '../support/assert.ts';
import {
  container,
  everyImage,
  everything,
  images,
  lines,
  meta,
  onePod,
  pod,
  refused,
  selector,
  template,
} from '../support/workloads.ts';
import { test } from '../table.ts';

test('A91 A92 images of a pod are found in every kind of container and in image volumes', () => {
  equal(lines(pod(everything)), [
    '/spec/initContainers/0/image | spec initContainers migrate | ghcr.io/acme/migrate:1',
    '/spec/initContainers/1/image | spec initContainers proxy | ghcr.io/acme/proxy:2',
    '/spec/containers/0/image | spec containers app | ghcr.io/acme/app:3',
    '/spec/containers/1/image | spec containers sidecar | busybox',
    '/spec/ephemeralContainers/0/image | spec ephemeralContainers debug | ghcr.io/acme/debug:4',
    '/spec/volumes/2/image/reference | spec volumes data | ghcr.io/acme/data:5',
  ]);
  equal(images(pod({ containers: everything.containers, initContainers: null, volumes: null })), [
    'ghcr.io/acme/app:3',
    'busybox',
  ]);
});

const templated = (...kinds: string[]) =>
  kinds.map((kind) => ({
    kind,
    rest: { spec: { selector, template: template(everything) } },
    at: '/spec/template',
  }));
const apps = templated('Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet');
const cronJob = {
  kind: 'CronJob',
  rest: { spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: template(everything) } } } },
  at: '/spec/jobTemplate/spec/template',
};
const TEMPLATED = Object.entries({
  v1: [
    ...templated('ReplicationController'),
    { kind: 'PodTemplate', rest: { template: template(everything) }, at: '/template' },
  ],
  'apps/v1': apps,
  'apps/v1beta1': apps,
  'apps/v1beta2': apps,
  'extensions/v1beta1': templated('Deployment', 'ReplicaSet', 'DaemonSet', 'Job'),
  'batch/v1': [...templated('Job'), cronJob],
  'batch/v1beta1': [cronJob],
  'batch/v2alpha1': [cronJob],
}).flatMap(([apiVersion, kinds]) => kinds.map(({ kind, rest, at }) => ({ apiVersion, kind, rest, at })));

test('A92 images are found in the pod template of every kind that has one', () => {
  for (const { apiVersion, kind, rest, at } of TEMPLATED) {
    const places = imagesOf({ apiVersion, kind, metadata: meta, ...rest });
    const what = `${apiVersion} ${kind}`;
    const place = (wanted: string) => places.find(({ image }) => image === wanted);
    equal(
      places.map(({ image }) => image),
      everyImage,
      what,
    );
    equal(place('ghcr.io/acme/app:3')?.pointer, `${at}/spec/containers/0/image`, what);
    equal(place('ghcr.io/acme/app:3')?.slot, `${at.slice(1)}/spec containers app`, what);
    equal(place('ghcr.io/acme/data:5')?.pointer, `${at}/spec/volumes/2/image/reference`, what);
  }
});

test('A92 a known kind without a pod spec, or without containers, is malformed', async () => {
  for (const { apiVersion, kind, rest, at } of TEMPLATED) {
    const what = `${apiVersion} ${kind}`;
    const object = { apiVersion, kind, metadata: meta };
    await refused(object, /^\/(spec|template): expected an object/, what);
    await refused({ ...object, spec: { selector } }, /^\/.*(template|jobTemplate): expected an object/, what);
    await refused({ ...object, spec: [], template: null }, /^\/(spec|template): expected an object/, what);
    const empty = JSON.parse(JSON.stringify(rest).replaceAll(/ontainers":\[.*?\],/g, 'ontainers":[],'));
    await refused({ ...object, ...empty }, new RegExp(`^${at}/spec/containers: lists no containers`), what);
  }
  const [first] = everything.containers;
  for (const spec of [
    {},
    { containers: null },
    { containers: [] },
    { initContainers: everything.initContainers },
    { containers: [], initContainers: everything.initContainers, volumes: everything.volumes },
    { containers: { app: first } },
    { containers: 'app' },
    { containers: [null] },
    { containers: ['app'] },
    { containers: [[first]] },
    { containers: [first], initContainers: {} },
    { containers: [first], ephemeralContainers: 'debug' },
    { containers: [first], volumes: { data: {} } },
    { containers: [first], volumes: [null] },
    { containers: [first], volumes: [{ name: 'data', image: 'ghcr.io/acme/data:5' }] },
    { containers: [first], volumes: [{ name: 'data', image: {} }] },
    { containers: [first], volumes: [{ name: 'data', image: { reference: '' } }] },
  ] as JsonObject[]) {
    await refused(pod(spec), /^\/spec\//);
    await refused(
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: meta, spec: { template: { spec } } },
      /^\/spec\/template\/spec\//,
    );
  }
});

test('A92 a value that cannot name an image is malformed, and the message names its place', async () => {
  const bad: Json[] = [null, '', 0, 7, true, {}, { reference: 'app' }, [], ['app']];
  for (const image of bad) {
    const places: [JsonObject, string][] = [
      [onePod(image), '/spec/containers/0/image'],
      [pod({ ...everything, initContainers: [container('i', image)] }), '/spec/initContainers/0/image'],
      [
        pod({ ...everything, ephemeralContainers: [container('e', image)] }),
        '/spec/ephemeralContainers/0/image',
      ],
      [
        pod({ ...everything, volumes: [{ name: 'v', image: { reference: image } }] }),
        '/spec/volumes/0/image/reference',
      ],
    ];
    for (const [object, pointer] of places) await refused(object, new RegExp(`^${pointer}: `));
    if (image === null) continue;
    const task = { apiVersion: 'acme.example/v1', kind: 'Thing', spec: { steps: [{ name: 's', image }] } };
    await refused(task, /^\/spec\/steps\/0\/image: /);
  }
  const { image: _, ...nameless } = container('app', '');
  await refused(
    pod({ containers: [container('ok', 'busybox'), nameless] }),
    /^\/spec\/containers\/1\/image: names no image/,
  );
});

test('A92 odd image names are returned as written: the reference parser decides whether they are valid', () => {
  const odd = [
    'ghcr.io/acmе/app', // a Cyrillic letter
    'ghcr.io／acme／app',
    'app\u200b',
    'GHCR.IO/Acme/App:1',
    'ghcr.io/acme/../evil/app',
    'https://ghcr.io/acme/app',
    '169.254.169.254/a',
    '-',
    'a@sha256:short',
    '$(IMAGE)',
    '😀',
    // Kubernetes accepts such texts in templates.
    ' ',
    ' app',
    'a b',
    'app\n',
    '\u00a0app',
    '\ufeffapp',
    'a\u0000b',
  ];
  equal(images(pod({ containers: odd.map((image, index) => container(`c${index}`, image)) })), odd);
});

test('A93 annotations, labels and names of an object are not read as images', () => {
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(onePod('evil')),
    'pod.beta.kubernetes.io/init-containers': '[{"name":"x","image":"evil"}]',
    'countersign.example/verified': 'true',
    'container.apparmor.security.beta.kubernetes.io/app': 'unconfined',
  };
  const object = pod({ containers: [container('app', 'good')] }, { ...meta, annotations });
  equal(lines(object), ['/spec/containers/0/image | spec containers app | good']);
  const status = { containerStatuses: [{ name: 'app', image: 'other', imageID: 'other@sha256:0' }] };
  equal(images({ ...object, status }), ['good']);
});

test('A92 a value that is not an object with kind and apiVersion is malformed', async () => {
  for (const [object, problem] of [
    [null, /^the object: expected an object/],
    [[], /^the object: /],
    ['Pod', /^the object: /],
    [7, /^the object: /],
    [{}, /^\/apiVersion: /],
    [{ kind: 'Pod', spec: everything }, /^\/apiVersion: /],
    [{ apiVersion: 'v1', spec: everything }, /^\/kind: /],
    [{ apiVersion: 'v1', kind: ['Pod'], spec: everything }, /^\/kind: /],
    [{ apiVersion: 1, kind: 'Pod', spec: everything }, /^\/apiVersion: /],
    [{ apiVersion: '', kind: 'Pod', spec: everything }, /^\/apiVersion: expected a group/],
    [{ apiVersion: 'apps/', kind: 'Deployment', spec: everything }, /^\/apiVersion: /],
    [{ apiVersion: 'a/b/c', kind: 'Pod', spec: everything }, /^\/apiVersion: /],
  ] as [Json, RegExp][])
    await refused(object, problem);
});

test('A92 images are found in every item of a list', async () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { ports: [{ port: 80 }] } };
  const list = (...items: Json[]): JsonObject => ({ apiVersion: 'v1', kind: 'List', metadata: {}, items });
  equal(lines(list(service, onePod('a'), list(onePod('b')))), [
    '/items/1/spec/containers/0/image | items/#1/spec containers app | a',
    '/items/2/items/0/spec/containers/0/image | items/#2/items/#0/spec containers app | b',
  ]);
  // Items of a typed list may omit kind and apiVersion; they follow from the list.
  const { kind: _, apiVersion: __, ...untyped } = onePod('a');
  equal(images({ apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7' }, items: [untyped] }), [
    'a',
  ]);
  const deployments = [{ metadata: meta, spec: { template: template(everything) } }];
  equal(images({ apiVersion: 'apps/v1', kind: 'DeploymentList', items: deployments }), everyImage);
  const all = TEMPLATED.map(({ apiVersion, kind, rest }) => ({ apiVersion, kind, metadata: meta, ...rest }));
  equal(images(list(...all)).length, TEMPLATED.length * everyImage.length);
  await refused(
    { apiVersion: 'v1', kind: 'PodList', items: [{ spec: {} }] },
    /^\/items\/0\/spec\/containers: /,
  );

  await refused(list(), /names no image/);
  await refused(list(service), /names no image/);
  await refused(list(onePod('a'), pod({})), /^\/items\/1\/spec\/containers: /);
  await refused(list(onePod('a'), null), /^\/items\/1: /);
  await refused(list(onePod('a'), { spec: everything }), /^\/items\/1\/apiVersion: /);
  await refused({ apiVersion: 'v1', kind: 'List' }, /^\/items: expected an array/);
  await refused({ apiVersion: 'v1', kind: 'List', items: { a: onePod('a') } }, /^\/items: expected an array/);
  // A pod spec beside the items would be missed, so it is refused.
  await refused(
    { ...list(onePod('a')), spec: everything },
    /^\/spec: a list must have items and no other fields/,
  );
  await refused(
    { apiVersion: 'x.example/v1', kind: 'WorkList', items: [onePod('a')], spec: everything },
    /^\/spec: /,
  );
  // kubectl treats an object with items as a list, whatever its kind, and would create the items.
  for (const items of [[onePod('b')], [], null])
    await refused({ ...onePod('a'), items }, /^\/items: a workload must not have items/);
  await refused(list({ ...onePod('a'), items: [onePod('b')] }), /^\/items\/0\/items: /);
  await refused(
    { apiVersion: 'v1', kind: 'PodList', items: [{ ...untyped, items: [onePod('b')] }] },
    /^\/items\/0\/items: /,
  );
  // A kind whose name only ends in List.
  equal(images({ apiVersion: 'x.example/v1', kind: 'AllowList', spec: { containers: [{ image: 'a' }] } }), [
    'a',
  ]);

  const nested = (depth: number): JsonObject => (depth === 0 ? onePod('a') : list(nested(depth - 1)));
  equal(images(nested(4)), ['a']);
  await refused(nested(5), /lists nested deeper than 4/);
});
