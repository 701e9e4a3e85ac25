// Where Kubernetes objects name images, and which of those places an update changes. ABUSE A91, A92, A93, A94.
import { MAX_PATH_LENGTH } from '../../../src/admission/image_place.ts';
import { MAX_PLACES, MAX_VISITED } from '../../../src/admission/search.ts';
import { MAX_WALK_DEPTH } from '../../../src/admission/unknown_kind.ts';
import { changedImages, imagesOf } from '../../../src/admission/workload_images.ts';
import { type Json, type JsonObject, parseJson } from '../../../src/core/encoding/json.ts';
import { equal, match, ok, throws } from '../assert.ts';
import { test } from '../table.ts';

const meta = { name: 'web', namespace: 'shop', labels: { app: 'web' } };
const container = (name: string, image: Json) => ({ name, image, imagePullPolicy: 'IfNotPresent' });
const template = (spec: JsonObject): JsonObject => ({ metadata: { labels: { app: 'web' } }, spec });
const pod = (spec: JsonObject, metadata: JsonObject = meta): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec,
});
const onePod = (image: Json) => pod({ containers: [container('app', image)] });

/** Pointer, slot and image of each place, a line each. */
const lines = (object: Json) =>
  imagesOf(object).map(({ pointer, slot, image }) => `${pointer} | ${slot} | ${image}`);
const images = (object: Json) => imagesOf(object).map(({ image }) => image);
const changed = (object: Json, old: Json | undefined) => changedImages(object, old).map(({ image }) => image);

async function refused(object: Json, problem: RegExp, what?: string): Promise<void> {
  const error = await throws(
    () => imagesOf(object),
    'Malformed',
    what ?? JSON.stringify(object)?.slice(0, 300),
  );
  match(error.message, problem, what);
}

const everything = {
  restartPolicy: 'Always',
  initContainers: [
    container('migrate', 'ghcr.io/acme/migrate:1'),
    { ...container('proxy', 'ghcr.io/acme/proxy:2'), restartPolicy: 'Always' },
  ],
  containers: [
    { ...container('app', 'ghcr.io/acme/app:3'), ports: [{ containerPort: 80 }] },
    container('sidecar', 'busybox'),
  ],
  ephemeralContainers: [{ ...container('debug', 'ghcr.io/acme/debug:4'), targetContainerName: 'app' }],
  volumes: [
    { name: 'tmp', emptyDir: {} },
    { name: 'disk', rbd: { monitors: ['10.0.0.1'], image: 'not-a-container-image' } },
    { name: 'data', image: { reference: 'ghcr.io/acme/data:5', pullPolicy: 'IfNotPresent' } },
  ],
};
const everyImage = [
  'ghcr.io/acme/migrate:1',
  'ghcr.io/acme/proxy:2',
  'ghcr.io/acme/app:3',
  'busybox',
  'ghcr.io/acme/debug:4',
  'ghcr.io/acme/data:5',
];

test('A91 A92 a pod names images in containers of every sort and in image volumes', () => {
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

const selector = { matchLabels: { app: 'web' } };
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

test('A92 every kind that has pods names the images of its template', () => {
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

test('A92 a known kind without its pod spec, or with nothing to run, is malformed and never fine', async () => {
  for (const { apiVersion, kind, rest, at } of TEMPLATED) {
    const what = `${apiVersion} ${kind}`;
    const object = { apiVersion, kind, metadata: meta };
    await refused(object, /^\/(spec|template): expected an object/, what);
    await refused({ ...object, spec: { selector } }, /^\/.*(template|jobTemplate): expected an object/, what);
    await refused({ ...object, spec: [], template: null }, /^\/(spec|template): expected an object/, what);
    const empty = JSON.parse(JSON.stringify(rest).replaceAll(/ontainers":\[.*?\],/g, 'ontainers":[],'));
    await refused(
      { ...object, ...empty },
      new RegExp(`^${at}/spec/containers: there are no containers`),
      what,
    );
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

test('A92 text that cannot name an image is malformed and its place is told', async () => {
  const bad: Json[] = [
    null,
    '',
    ' ',
    ' app',
    'app ',
    'a b',
    'app\n',
    'app\t:1',
    '\u00a0app',
    'app\u2028',
    '\ufeffapp',
  ];
  bad.push('a\u0000b', 'a\u007f', 'a\u0085', 0, 7, true, {}, { reference: 'app' }, [], ['app']);
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
    /^\/spec\/containers\/1\/image: no image/,
  );
});

test('A92 look-alikes and odd names come as they were written: what is a reference is for who parses it', () => {
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
  ];
  equal(images(pod({ containers: odd.map((image, index) => container(`c${index}`, image)) })), odd);
});

test('A93 annotations, labels and names say nothing about images', () => {
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

test('A92 what is not an object with a kind and a version is malformed', async () => {
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

test('A92 a pod spec in a kind that is not known is found wherever it is', () => {
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
  const volumes = [
    { name: 'v', image: { reference: 'ghcr.io/acme/data' } },
    { name: 'w', image: {} },
    { name: 'x' },
    'y',
  ];
  equal(lines({ apiVersion: 'x.example/v1', kind: 'X', volumes }), [
    '/volumes/0/image/reference | volumes v | ghcr.io/acme/data',
  ]);
  // The kind of the request for the subresource in old servers.
  const ephemeral = {
    apiVersion: 'v1',
    kind: 'EphemeralContainers',
    ephemeralContainers: [container('debug', 'evil')],
  };
  equal(lines(ephemeral), ['/ephemeralContainers/0/image | ephemeralContainers debug | evil']);
  // A kind in other case is another kind, and no less looked at.
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
      spec: { containers: 'a', steps: { image: 'a' }, sidecars: [1, 'a'] },
    },
    {
      apiVersion: 'x.example/v1',
      kind: 'X',
      spec: { container: 'a', script: 'b', volumes: [{ image: 'a' }] },
    },
    { apiVersion: 'x.example/v1', kind: 'PodList' },
  ] as JsonObject[])
    await refused(object, /^the object: nothing in it names an image/);
});

test('A92 a list names the images of its items', async () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: meta, spec: { ports: [{ port: 80 }] } };
  const list = (...items: Json[]): JsonObject => ({ apiVersion: 'v1', kind: 'List', metadata: {}, items });
  equal(lines(list(service, onePod('a'), list(onePod('b')))), [
    '/items/1/spec/containers/0/image | items/#1/spec containers app | a',
    '/items/2/items/0/spec/containers/0/image | items/#2/items/#0/spec containers app | b',
  ]);
  // What a typed list leaves out of its items is said by the list.
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

  await refused(list(), /nothing in it names an image/);
  await refused(list(service), /nothing in it names an image/);
  await refused(list(onePod('a'), pod({})), /^\/items\/1\/spec\/containers: /);
  await refused(list(onePod('a'), null), /^\/items\/1: /);
  await refused(list(onePod('a'), { spec: everything }), /^\/items\/1\/apiVersion: /);
  await refused({ apiVersion: 'v1', kind: 'List' }, /^\/items: expected an array/);
  await refused({ apiVersion: 'v1', kind: 'List', items: { a: onePod('a') } }, /^\/items: expected an array/);
  // A pod spec beside the items would be missed.
  await refused({ ...list(onePod('a')), spec: everything }, /^\/spec: a list has items and nothing else/);
  await refused(
    { apiVersion: 'x.example/v1', kind: 'WorkList', items: [onePod('a')], spec: everything },
    /^\/spec: /,
  );
  // A kind that is only called so.
  equal(images({ apiVersion: 'x.example/v1', kind: 'AllowList', spec: { containers: [{ image: 'a' }] } }), [
    'a',
  ]);

  const nested = (depth: number): JsonObject => (depth === 0 ? onePod('a') : list(nested(depth - 1)));
  equal(images(nested(4)), ['a']);
  await refused(nested(5), /lists nested deeper than 4/);
});

test('A92 names of the prototype are names like any other', async () => {
  const text = `{"apiVersion":"x.example/v1","kind":"X","spec":{"__proto__":{"containers":[{"name":"a","image":"evil"}]},
    "constructor":{"prototype":{"containers":[{"name":"__proto__","image":"b"}]}}}}`;
  equal(lines(parseJson(text, 'test')), [
    '/spec/__proto__/containers/0/image | spec/__proto__ containers a | evil',
    '/spec/constructor/prototype/containers/0/image | spec/constructor/prototype containers __proto__ | b',
  ]);
  equal(Object.hasOwn(Object.prototype, 'containers'), false);
  const inherited =
    '{"apiVersion":"v1","kind":"Pod","spec":{"__proto__":{"containers":[{"name":"a","image":"b"}]}}}';
  await refused(parseJson(inherited, 'test'), /^\/spec\/containers: there are no containers/);
  const image = '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"__proto__":{"image":"b"}}]}}';
  await refused(parseJson(image, 'test'), /^\/spec\/containers\/0\/image: no image/);
  await refused(pod(Object.create({ containers: [container('a', 'b')] })), /there are no containers/);
  for (const kind of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    equal(images({ apiVersion: kind, kind, spec: { containers: [{ image: 'a' }] } }), ['a'], kind);
});

test('A92 pointers escape what RFC 6901 says, and slots what they are made with', () => {
  const spec = { 'a/b~c': { 'd e#0': [{ name: 'n/m x', containers: [{ name: 'o #p', image: 'a' }] }] } };
  equal(lines({ apiVersion: 'x.example/v1', kind: 'X', spec }), [
    '/spec/a~1b~0c/d e#0/0/containers/0/image | spec/a~1b~0c/d~2e~30/n~1m~2x containers o~2~3p | a',
  ]);
  // No name of a container makes another's slot.
  const slots = (...names: Json[]) =>
    imagesOf(pod({ containers: names.map((name) => ({ name, image: 'a' })) })).map(({ slot }) => slot);
  equal(slots('#1', null, '', 7, 'x'.repeat(254)), [
    'spec containers ~31',
    'spec containers #1',
    'spec containers #2',
    'spec containers #3',
    'spec containers #4',
  ]);
  const old = pod({ containers: [container('app', 'a'), container('b', 'a')] });
  equal(changed({ ...old, kind: 'X', spec: { x: { containers: [container('app', 'a')] } } }, old), ['a']);
});

test('A92 bombs are refused at once', async () => {
  const started = Date.now();
  const x = (spec: Json) => ({ apiVersion: 'x.example/v1', kind: 'X', spec });
  const nested = (depth: number, leaf: Json): Json => {
    let value = leaf;
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  const leaf = { containers: [{ image: 'a' }] };
  // Around it are the object and its spec, in it a list and a container.
  equal(images(x(nested(MAX_WALK_DEPTH - 3, leaf))), ['a']);
  await refused(x(nested(MAX_WALK_DEPTH - 2, leaf)), /nested deeper than 64/, 'depth');
  await refused(x(nested(5000, leaf)), /nested deeper than 64/, 'great depth');

  await refused(x([leaf, Array.from({ length: MAX_VISITED }, () => 0)]), /too many to look at/, 'numbers');
  await refused(x([leaf, Array.from({ length: MAX_VISITED }, () => [])]), /too many to look at/, 'lists');
  const many = (length: number) => Array.from({ length }, (_, index) => container(`c${index}`, 'a'));
  equal(imagesOf(pod({ containers: many(MAX_PLACES) })).length, MAX_PLACES);
  await refused(pod({ containers: many(MAX_PLACES + 1) }), /more than 10000 images/, 'containers');
  await refused(
    x({ containers: many(MAX_PLACES + 1) }),
    /more than 10000 images/,
    'containers of an unknown kind',
  );

  // One value in many places, as YAML aliases make it.
  let laughs: Json = leaf;
  for (let level = 0; level < 9; level++) laughs = Array.from({ length: 100 }, () => laughs);
  await refused(x(laughs), /more than 10000 images/, 'aliases of images');
  let silence: Json = {};
  for (let level = 0; level < 9; level++) silence = Array.from({ length: 100 }, () => silence);
  await refused(x([leaf, silence]), /too many to look at/, 'aliases of nothing');
  let lists: Json = onePod('a');
  for (let level = 0; level < 4; level++)
    lists = { apiVersion: 'v1', kind: 'List', items: Array.from({ length: 1000 }, () => lists) };
  await refused(lists, /more than 10000 images/, 'aliases of pods');
  const volumes = Array.from({ length: 1000 }, () => ({ name: 'v', emptyDir: {} }));
  const items = Array.from({ length: 1000 }, () => pod({ containers: [container('a', 'a')], volumes }));
  await refused({ apiVersion: 'v1', kind: 'List', items }, /too many to look at/, 'aliases of volumes');
  let empty: Json = { apiVersion: 'v1', kind: 'List', items: [] };
  for (let level = 0; level < 3; level++)
    empty = { apiVersion: 'v1', kind: 'List', items: Array.from({ length: 1000 }, () => empty) };
  await refused(empty, /too many to look at/, 'aliases of empty lists');
  const knot: Json[] = [];
  knot.push(leaf, knot);
  await refused(x(knot), /nested deeper than 64/, 'a value inside itself');

  const long = 'n'.repeat(1_000_000);
  await refused(x({ [long]: leaf }), /longer than 1024 characters/, 'a long name');
  const named = Array.from({ length: 1000 }, () => ({
    name: long,
    containers: [{ name: long, image: 'a' }],
  }));
  ok(imagesOf(x(named)).every(({ slot }) => slot.length < MAX_PATH_LENGTH));
  let deep: Json = leaf;
  for (let level = 0; level < 30; level++) deep = [{ name: 'n'.repeat(200), deep }];
  await refused(x(deep), /longer than 1024 characters/, 'many long names');
  ok(Date.now() - started < 5_000, 'time');
});

test('A94 an update answers for the images it changes, in whatever state the object is', () => {
  const old = pod(everything);
  equal(changed(old, old), []);
  equal(changed(old, undefined), everyImage);
  equal(changed(old, null), everyImage);
  const dying = { ...meta, deletionTimestamp: '2026-11-24T10:00:00Z', deletionGracePeriodSeconds: 30 };
  const finalized = { ...dying, finalizers: ['acme.example/cleanup'] };
  equal(changed(pod(everything, dying), pod(everything, finalized)), [], 'a finalizer taken away');
  const containers = [container('app', 'evil'), container('sidecar', 'busybox')];
  equal(
    changed(pod({ ...everything, containers }, dying), pod(everything, finalized)),
    ['evil'],
    'while it is deleted',
  );
  equal(changed(pod({ ...everything, containers }), old), ['evil']);
  const relabelled = { ...meta, labels: { 'policy.example/skip': 'true' } };
  equal(changed(pod({ ...everything, containers }, relabelled), old), ['evil'], 'with a label');
});

test('A91 an ephemeral container that is added is a change, and so is every other place', () => {
  const { ephemeralContainers, ...rest } = everything;
  const old = pod(rest);
  equal(changed(pod({ ...rest, ephemeralContainers }), old), ['ghcr.io/acme/debug:4']);
  const second = [...ephemeralContainers, container('debug-2', 'evil')];
  equal(changed(pod({ ...rest, ephemeralContainers: second }), pod(everything)), ['evil']);
  const lists: JsonObject[] = [
    { initContainers: [...everything.initContainers, container('x', 'evil')] },
    { containers: [...everything.containers, container('x', 'evil')] },
    { volumes: [...everything.volumes, { name: 'x', image: { reference: 'evil' } }] },
    { volumes: [{ name: 'data', image: { reference: 'evil' } }] },
  ];
  for (const list of lists) equal(changed(pod({ ...everything, ...list }), pod(everything)), ['evil']);
});

test('A94 order does not matter and names do', () => {
  const [app, sidecar] = everything.containers;
  ok(app && sidecar);
  const old = pod({ containers: [app, sidecar] });
  equal(changed(pod({ containers: [sidecar, app] }), old), []);
  // An image that is known from another container or list is judged again: rules may change between.
  equal(changed(pod({ containers: [{ ...app, image: 'busybox' }, sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [app], initContainers: [sidecar] }), old), ['busybox']);
  equal(changed(pod({ containers: [{ ...app, name: 'renamed' }, sidecar] }), old), ['ghcr.io/acme/app:3']);
  equal(changed(pod({ containers: [app] }), old), []);
});

test('A94 containers that share a name count as changed, and so does an old object that cannot be read', () => {
  const twins = pod({ containers: [container('app', 'a'), container('app', 'b'), container('c', 'c')] });
  equal(changed(twins, twins), ['a', 'b']);
  const same = pod({ containers: [container('app', 'a'), container('app', 'a')] });
  equal(changed(same, same), ['a', 'a']);
  equal(changed(onePod('a'), twins), ['a'], 'twins before');
  equal(changed(onePod('b'), twins), ['b'], 'twins before');
  equal(changed(twins, onePod('a')), ['a', 'b', 'c'], 'twins now');
  const nameless = pod({ containers: [{ image: 'a' }, { image: 'b' }] });
  equal(changed(nameless, nameless), []);
  equal(changed(pod({ containers: [{ image: 'b' }, { image: 'a' }] }), nameless), ['b', 'a']);
  for (const unreadable of [
    {},
    [],
    'old',
    pod({}),
    onePod(''),
    { apiVersion: 'v1', kind: 'Scale' },
  ] as Json[])
    equal(changed(onePod('a'), unreadable), ['a']);
});

test('A94 tasks of an unknown kind are told apart by their names', async () => {
  const task = (name: string, image: string) => ({
    name,
    template: template({ containers: [container('main', image)] }),
  });
  const job = (...tasks: Json[]) => ({
    apiVersion: 'batch.volcano.sh/v1alpha1',
    kind: 'Job',
    spec: { tasks },
  });
  const old = job(task('a', 'image-a'), task('b', 'image-b'));
  equal(changed(job(task('b', 'image-b'), task('a', 'image-a')), old), []);
  equal(changed(job(task('a', 'image-b'), task('b', 'image-b')), old), ['image-b']);
  equal(changed(job(task('a', 'image-a'), task('c', 'image-b')), old), ['image-b']);
  await throws(() => changedImages(job(), old), 'Malformed', 'an object with nothing to judge');
});
