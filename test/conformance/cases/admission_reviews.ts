// /v1/admission and /v1/gatekeeper: AdmissionReview documents, allowed and denied. API.md "Kubernetes"; ABUSE A32, A91 to A99.
import { unbase64 } from '../../support/bytes.ts';
import type { Answer, CallOptions } from '../../support/service.ts';
import { equal, excludes, includes, match, ok } from '../assert.ts';
import { type TestContext, test } from '../table.ts';
import { expectProblem, type World } from '../world.ts';
import {
  anotherImage,
  makePolicyWorld,
  policyOf,
  putPolicy,
  type Rule,
  signerOf,
} from '../world_policies.ts';

const UID = '705ab4f5-6393-11e8-b7cc-42010a800002';

// biome-ignore lint/suspicious/noExplicitAny: objects of Kubernetes have many forms
type Any = any;

function pod(...images: string[]): Any {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { containers: images.map((image, at) => ({ name: `c${at}`, image })) },
  };
}

function workload(apiVersion: string, kind: string, image: string): Any {
  const { spec } = pod(image);
  const template = { metadata: { labels: { app: 'web' } }, spec };
  const metadata = { name: 'web', namespace: 'shop' };
  if (kind === 'Pod') return pod(image);
  if (kind === 'PodTemplate') return { apiVersion, kind, metadata, template };
  if (kind === 'CronJob')
    return { apiVersion, kind, metadata, spec: { jobTemplate: { spec: { template } } } };
  return { apiVersion, kind, metadata, spec: { template } };
}

function review(object: Any, more: object = {}): Any {
  const [group, version] = object?.apiVersion?.includes('/')
    ? object.apiVersion.split('/')
    : ['', object?.apiVersion];
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: UID,
      kind: { group, version, kind: object?.kind },
      resource: { group, version, resource: 'things' },
      namespace: 'shop',
      operation: 'CREATE',
      userInfo: { username: 'system:serviceaccount:shop:deployer', groups: ['system:masters'] },
      object,
      oldObject: null,
      dryRun: false,
      options: {},
      ...more,
    },
  };
}

interface Response {
  allowed: boolean;
  status?: { code: number; message: string };
  warnings?: string[];
  patch?: { op: string; path: string; value: string }[];
  auditAnnotations?: Record<string, string>;
}

async function admit(
  world: World,
  json: Any,
  path = '/v1/admission/default',
  options: CallOptions = {},
): Promise<Response> {
  const answer = await world.service.call('POST', path, { json, ...options });
  return responseOf(answer);
}

function responseOf(answer: Answer): Response {
  equal(
    [answer.status, answer.json?.kind, answer.json?.apiVersion],
    [200, 'AdmissionReview', 'admission.k8s.io/v1'],
    answer.text,
  );
  const { uid, patch, patchType, ...response } = answer.json.response;
  equal(uid, UID);
  if (patch === undefined) return response;
  equal(patchType, 'JSONPatch');
  return { ...response, patch: JSON.parse(new TextDecoder().decode(unbase64(patch))) };
}

const REQUIRE_A: Rule[] = [{ name: 'ours', require: { keys: ['a'] } }];

/** A world with a signed image (`app:1`) and an unsigned one. */
async function makeCluster(t: TestContext, rules: Rule[] = REQUIRE_A, vars = {}) {
  const world = await makePolicyWorld(t, { rules, vars: { SUBREQUESTS: '1000', ...vars } });
  const bad = await anotherImage(world, []);
  return { ...world, good: `${world.name}:1`, bad: `${world.name}:${bad.tag}` };
}

const KINDS: [apiVersion: string, kind: string][] = [
  ['v1', 'Pod'],
  ['v1', 'PodTemplate'],
  ['v1', 'ReplicationController'],
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['apps/v1', 'ReplicaSet'],
  ['batch/v1', 'Job'],
  ['batch/v1', 'CronJob'],
  ['argoproj.io/v1alpha1', 'Rollout'],
];

test('each kind: allowed when signed, denied when not, and the message names image, place and code', async (t) => {
  const world = await makeCluster(t);
  for (const [apiVersion, kind] of KINDS) {
    const allowed = await admit(world, review(workload(apiVersion, kind, world.good)));
    equal([allowed.allowed, allowed.status], [true, undefined], kind);
    const denied = await admit(world, review(workload(apiVersion, kind, world.bad)));
    equal([denied.allowed, denied.status?.code], [false, 403], kind);
    match(denied.status?.message, /NO_SIGNATURES/, kind);
    includes(denied.status?.message ?? '', world.bad);
    includes(denied.status?.message ?? '', '/containers/0/image');
    equal(denied.auditAnnotations?.verdict, 'refused');
  }
});

test('A91 ephemeral containers are judged through their subresource', async (t) => {
  const world = await makeCluster(t);
  const object = pod(world.good);
  object.spec.ephemeralContainers = [{ name: 'debug', image: world.bad }];
  const update = (changed: Any) =>
    review(changed, { operation: 'UPDATE', subResource: 'ephemeralcontainers', oldObject: pod(world.good) });
  const denied = await admit(world, update(object));
  equal([denied.allowed, denied.status?.code], [false, 403]);
  includes(denied.status?.message ?? '', '/spec/ephemeralContainers/0/image');
  object.spec.ephemeralContainers[0].image = world.good;
  equal((await admit(world, update(object))).allowed, true);
});

test('A92 init containers, sidecars, image volumes and unknown kinds carry images too', async (t) => {
  const world = await makeCluster(t);
  const carriers: Record<string, (image: string) => object> = {
    init: (image) => ({ initContainers: [{ name: 'i', image }] }),
    sidecar: (image) => ({ initContainers: [{ name: 's', image, restartPolicy: 'Always' }] }),
    volume: (image) => ({ volumes: [{ name: 'v', image: { reference: image, pullPolicy: 'Always' } }] }),
    ephemeral: (image) => ({ ephemeralContainers: [{ name: 'e', image }] }),
  };
  for (const [name, carry] of Object.entries(carriers)) {
    for (const image of [world.good, world.bad]) {
      const object = pod(world.good);
      Object.assign(object.spec, carry(image));
      equal((await admit(world, review(object))).allowed, image === world.good, `${name} ${image}`);
    }
  }
  const nothing = await admit(world, review({ apiVersion: 'v1', kind: 'ConfigMap', data: {} }));
  equal([nothing.allowed, nothing.status?.code], [false, 400], 'nothing to judge is not good');
});

test('A93 A95 what the object says of itself exempts nothing', async (t) => {
  const world = await makeCluster(t);
  const object = pod(world.bad);
  object.metadata.annotations = {
    'countersign/verified': 'true',
    'kyverno.io/verify-images': `{"${world.bad}":true}`,
    'policy.sigstore.dev/include': 'false',
  };
  object.metadata.labels = { 'countersign/exempt': 'true', 'admission.gatekeeper.sh/ignore': 'yes' };
  object.metadata.namespace = 'kube-system';
  equal((await admit(world, review(object, { namespace: 'kube-system' }))).allowed, false);
});

test('A94 an update answers for the images it brings, whatever else it does', async (t) => {
  const world = await makeCluster(t);
  const old = pod(world.bad);
  old.metadata.finalizers = ['x'];
  const update = (object: Any, oldObject: Any = old) =>
    admit(world, review(object, { operation: 'UPDATE', oldObject }));
  const released = pod(world.bad);
  released.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const before = world.upstream.sent.length;
  equal((await update(released)).allowed, true, 'a finalizer can be removed from what was let in before');
  equal(world.upstream.sent.length, before);
  const changed = pod(`${world.name}:other`);
  changed.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  equal((await update(changed)).allowed, false, 'another image while it is being deleted');
  equal((await update(pod(world.bad, world.bad))).allowed, false, 'a container more');
  equal((await update(pod(world.good))).allowed, true);
  equal((await update(pod(world.bad), null)).allowed, false, 'without the old object all is new');
});

test('deletes and connections pass, and so do subresources that hold no image', async (t) => {
  const world = await makeCluster(t);
  for (const operation of ['DELETE', 'CONNECT'])
    equal(
      (await admit(world, review(null, { operation, oldObject: pod(world.bad) }))).allowed,
      true,
      operation,
    );
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 3 } };
  equal((await admit(world, review(scale, { operation: 'UPDATE', subResource: 'scale' }))).allowed, true);
  equal(
    (await admit(world, review(pod(world.bad), { operation: 'UPDATE', subResource: 'status' }))).allowed,
    true,
  );
  const resize = review(pod(world.bad), {
    operation: 'UPDATE',
    subResource: 'resize',
    oldObject: pod(world.good),
  });
  equal((await admit(world, resize)).allowed, false, 'a subresource with a pod in it is judged');
});

test('A96 mutate pins what was verified, where it stands, once', async (t) => {
  const world = await makeCluster(t);
  const a = signerOf(world.signers, 'a');
  const others = await Promise.all([1, 2, 3].map(() => anotherImage(world, [a])));
  const digests = new Map(others.map(({ tag, image }) => [`${world.name}:${tag}`, image.digest]));
  digests.set(world.good, world.image.digest);
  const images = Array.from({ length: 20 }, (_, i) => [...digests.keys()][i % 4] as string);
  const object = pod(...images, `${world.name}@${world.image.digest}`);
  object.spec.volumes = [{ name: 'v', image: { reference: world.good } }];
  const path = '/v1/admission/default/mutate';
  const { allowed, patch = [] } = await admit(world, review(object), path);
  equal([allowed, patch.length], [true, 21]);
  for (const [at, { op, path: place, value }] of patch.entries()) {
    const image = at < 20 ? (images[at] as string) : world.good;
    equal(op, 'replace');
    equal(place, at < 20 ? `/spec/containers/${at}/image` : '/spec/volumes/0/image/reference');
    equal(value, `${image}@${digests.get(image)}`);
  }
  for (const { path: place, value } of patch) setAt(object, place, value);
  const again = await admit(world, review(object), path);
  equal([again.allowed, again.patch], [true, undefined], 'reinvoked, there is nothing to do');
  const denied = await admit(world, review(pod(world.good, world.bad)), path);
  equal([denied.allowed, denied.patch], [false, undefined]);
  equal((await admit(world, review(pod(world.good)))).patch, undefined, 'validation changes nothing');
});

test('A32 A96 a tag that moves while it is judged: the digest that was verified is the one that is pinned', async (t) => {
  const world = await makeCluster(t, REQUIRE_A, { CACHE_SECONDS: '0' });
  const evil = await anotherImage(world, []);
  let turn = 0;
  world.registry.lie = async ({ what, reference, request }, truth) => {
    if (what !== 'manifest' || reference !== '1' || turn++ % 2 === 0) return truth();
    return world.registry.handle(new Request(request.url.replace(/\/1$/, `/${evil.tag}`), request));
  };
  for (let i = 0; i < 50; i++) {
    const { allowed, patch, status } = await admit(
      world,
      review(pod(world.good, world.good)),
      '/v1/admission/default/mutate',
    );
    if (allowed) {
      const values = new Set((patch ?? []).map(({ value }) => value));
      equal([...values], [`${world.good}@${world.image.digest}`], 'both containers, one resolution');
    } else match(status?.message, /NO_SIGNATURES/);
  }
});

test('digest and tag: the digest is judged; look-alikes and upper case are no names', async (t) => {
  const world = await makeCluster(t);
  const [, unsigned] = [world.good, (await anotherImage(world, [])).image.digest];
  const table: [string, boolean, RegExp?][] = [
    [`${world.name}:1@${world.image.digest}`, true],
    [`${world.name}:1@${unsigned}`, false, /NO_SIGNATURES/],
    [`${world.name.toUpperCase()}:1`, false, /BAD_REFERENCE/],
    [world.good.replace('app', 'аpp'), false, /BAD_REFERENCE/],
    [`${world.good}\u200b`, false, /BAD_REFERENCE/],
    [`${world.name}@${world.image.digest.toUpperCase()}`, false, /BAD_REFERENCE/],
    [`${world.name}@sha512:${'0'.repeat(128)}`, false, /BAD_REFERENCE/],
    [`${world.name}:1:2`, false, /BAD_REFERENCE/],
  ];
  for (const [image, isAllowed, message] of table) {
    const { allowed, status } = await admit(world, review(pod(image)));
    equal(allowed, isAllowed, image);
    if (message !== undefined) match(status?.message, message, image);
  }
});

test('A97 one of fifty is not signed, and of three hundred some cannot be looked at: denied', async (t) => {
  const world = await makeCluster(t);
  const fifty = await admit(world, review(pod(...Array(49).fill(world.good), world.bad)));
  equal([fifty.allowed, fifty.status?.code], [false, 403]);
  includes(fifty.status?.message ?? '', world.bad);
  excludes(fifty.status?.message ?? '', `${world.good} (`, 'the message names what is wrong');
  const narrow = await makeCluster(t, REQUIRE_A, { SUBREQUESTS: '40' });
  const many = Array.from({ length: 300 }, (_, i) => `${narrow.name}-${i}:1`);
  const denied = await admit(narrow, review(pod(...many)));
  equal(denied.allowed, false);
  ok((denied.status?.message ?? '').length <= 4096, 'the message is bounded');
  ok(narrow.upstream.sent.length <= 40, `${narrow.upstream.sent.length} calls`);
});

test('A98 hosts inside the network are not asked', async (t) => {
  const world = await makeCluster(t, REQUIRE_A, { REGISTRIES: '*' });
  const hosts = [
    '169.254.169.254/a',
    '127.0.0.1:6443/x',
    'localhost:6443/x',
    '[::1]:443/x',
    '10.0.0.1/x',
    '100.64.0.1/x',
    '0.0.0.0/x',
  ];
  for (const image of hosts) {
    const { allowed, status } = await admit(world, review(pod(image)));
    equal(allowed, false, image);
    match(status?.message, /REGISTRY_NOT_ALLOWED|BAD_REFERENCE/, image);
  }
  const listed = await makeCluster(t);
  const inside = await admit(listed, review(pod('kubernetes.default.svc/x')));
  match(inside.status?.message, /REGISTRY_NOT_ALLOWED/);
  equal([world.upstream.sent.length, listed.upstream.sent.length], [0, 0]);
});

test('A99 the protocol: what is no review is 400, and never allowed', async (t) => {
  const world = await makeCluster(t);
  const good = review(pod(world.good));
  const post = (json: unknown, options: CallOptions = {}) =>
    world.service.call('POST', '/v1/admission/default', { json, ...options });
  const broken: unknown[] = [
    {},
    null,
    [],
    { ...good, apiVersion: 'admission.k8s.io/v1beta1' },
    { ...good, kind: 'Review' },
    { ...good, request: null },
    { ...good, request: { ...good.request, uid: undefined } },
    { ...good, request: { ...good.request, uid: '' } },
    { ...good, request: { ...good.request, uid: 7 } },
    { ...good, request: { ...good.request, operation: 'PATCH' } },
    { ...good, request: { ...good.request, operation: undefined } },
    { ...good, request: { ...good.request, subResource: 7 } },
  ];
  for (const json of broken) expectProblem(await post(json), 400, 'BAD_REQUEST', JSON.stringify(json));
  const text = JSON.stringify(good);
  const raw = [
    text.slice(1),
    text.replace('"uid"', '"uid":"other","uid"'),
    text.replace('"containers"', '"containers":[],"containers"'),
  ];
  const headers = { 'content-type': 'application/json' };
  for (const body of raw)
    expectProblem(
      await world.service.call('POST', '/v1/admission/default', { body, headers }),
      400,
      'BAD_REQUEST',
      body,
    );
  const missing = await admit(world, review(undefined));
  equal([missing.allowed, missing.status?.code], [false, 400]);
  const wrong = await admit(world, review({ ...pod(world.good), spec: { containers: 'none' } }));
  equal([wrong.allowed, wrong.status?.code], [false, 400]);
  const large = review(pod(world.good));
  large.request.object.metadata.annotations = { large: 'x'.repeat(3 * 1024 * 1024) };
  equal((await admit(world, large)).allowed, true, 'three MiB');
  const larger = review(pod(world.good));
  larger.request.object.metadata.annotations = { larger: 'x'.repeat(7 * 1024 * 1024) };
  expectProblem(await post(larger), 413, 'TOO_LARGE');
  const closed = await makeCluster(t, REQUIRE_A, { ACCESS: 'token' });
  expectProblem(
    await closed.service.call('POST', '/v1/admission/default', { json: good }),
    401,
    'UNAUTHENTICATED',
  );
  for (const path of ['/v1/admission/', '/v1/admission/A', '/v1/admission/default/other'])
    ok((await world.service.call('POST', path, { json: good })).status >= 400, path);
});

test('A99 a dry run is judged alike, and is marked in the log', async (t) => {
  const world = await makeCluster(t);
  equal((await admit(world, review(pod(world.bad), { dryRun: true }))).allowed, false);
  const line = t
    .logged()
    .filter(({ event }) => event === 'decision')
    .at(-1);
  equal([line.dryRun, line.passed, line.code], [true, false, 'NO_SIGNATURES']);
});

test('what was denied without a verdict is a line too', async (t) => {
  const world = await makeCluster(t);
  const lines = () => t.logged().filter(({ event }) => event === 'decision');
  const before = lines().length;
  equal((await admit(world, review(pod(world.good, `${world.name}:absent`)))).allowed, false);
  equal(
    lines()
      .slice(before)
      .map(({ code, passed }) => [code, passed]),
    [
      ['VERIFIED', true],
      ['IMAGE_NOT_FOUND', false],
    ],
  );
  await admit(world, review({ apiVersion: 'v1', kind: 'Pod', spec: {} }));
  equal([lines().at(-1).code, lines().at(-1).passed], ['BAD_REQUEST', false]);
});

test('warn mode: let in with a warning that says what would be denied', async (t) => {
  const world = await makeCluster(t, [{ name: 'soon', mode: 'warn', require: { keys: ['a'] } }]);
  const {
    allowed,
    warnings = [],
    patch,
  } = await admit(world, review(pod(world.bad, world.good)), '/v1/admission/default/mutate');
  equal([allowed, warnings.length], [true, 1]);
  match(warnings[0], /NO_SIGNATURES/);
  ok((warnings[0] ?? '').length <= 256);
  equal(
    patch?.map(({ path }) => path),
    ['/spec/containers/1/image'],
    'what was not verified is not pinned',
  );
  const line = t
    .logged()
    .filter(({ event, code }) => event === 'decision' && code === 'NO_SIGNATURES')
    .at(-1);
  equal([line.passed, line.verdict], [true, 'refused']);
  world.registry.lie = () => new Response('', { status: 500 });
  const undecided = await admit(world, review(pod(`${world.name}:later`)));
  equal(
    [undecided.allowed, undecided.status?.code],
    [false, 503],
    'undecided is never let in, in warn mode either',
  );
});

test('exempt images are let in and not pinned; a policy that is not there denies', async (t) => {
  const world = await makeCluster(t, [{ unsafeAllowUnsigned: 'x' }]);
  const exempt = await admit(world, review(pod('busybox')), '/v1/admission/default/mutate');
  equal([exempt.allowed, exempt.patch, exempt.auditAnnotations?.verdict], [true, undefined, 'exempt']);
  const absent = await admit(world, review(pod(world.good)), '/v1/admission/absent');
  equal([absent.allowed, absent.status?.code], [false, 404]);
  match(absent.status?.message, /POLICY_NOT_FOUND/);
});

test('thirty images and a late registry: answered in time, naming what was slow; the retry is a hit', async (t) => {
  const world = await makeCluster(t);
  const a = signerOf(world.signers, 'a');
  const images: string[] = [];
  for (let i = 0; i < 30; i++) images.push(`${world.name}@${(await anotherImage(world, [a])).image.digest}`);
  world.registry.lie = async (_, truth) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return truth();
  };
  const json = review(pod(...images));
  const started = performance.now();
  const late = await admit(world, json, '/v1/admission/default?timeout=1s');
  ok(performance.now() - started < 1400, 'before the timeout and the registry');
  equal([late.allowed, late.status?.code], [false, 504]);
  match(
    late.status?.message,
    /DEADLINE_EXCEEDED: Not done within \d+ ms: still waiting for the .* from r-[0-9a-f]+\.example/,
  );
  await world.service.settled();
  const before = world.upstream.sent.length;
  equal((await admit(world, json, '/v1/admission/default?timeout=1s')).allowed, true);
  equal(world.upstream.sent.length, before, 'nothing is asked again');
});

test('Gatekeeper: an item a key, pinned where verified, an error where it may not run', async (t) => {
  const world = await makeCluster(t);
  const call = (json: unknown, path = '/v1/gatekeeper/default') => world.service.call('POST', path, { json });
  const request = (keys: unknown, apiVersion = 'externaldata.gatekeeper.sh/v1beta1') => ({
    apiVersion,
    kind: 'ProviderRequest',
    request: { keys },
  });
  const pinned = `${world.name}@${world.image.digest}`;
  const { status, json } = await call(request([world.good, world.bad, pinned, 'NOT A NAME']));
  equal(
    [status, json.kind, json.apiVersion],
    [200, 'ProviderResponse', 'externaldata.gatekeeper.sh/v1beta1'],
  );
  const { idempotent, systemError, items } = json.response;
  equal([idempotent, systemError, items.length], [true, '', 4]);
  equal(items[0], { key: world.good, value: `${world.good}@${world.image.digest}`, error: '' });
  equal([items[1].key, items[1].value], [world.bad, '']);
  match(items[1].error, /^NO_SIGNATURES: /);
  equal(items[2], { key: pinned, value: pinned, error: '' });
  match(items[3].error, /^BAD_REFERENCE: /);
  const absentTag = await call(request([`${world.name}:absent`, 'evil.example/x']));
  equal(absentTag.json.response.items, [], 'what may change in a moment is not remembered');
  match(absentTag.json.response.systemError, /IMAGE_NOT_FOUND.*REGISTRY_NOT_ALLOWED/);
  equal((await call(request([]))).json.response.items, []);
  const absent = await call(request([world.good]), '/v1/gatekeeper/absent');
  equal(absent.json.response.items, []);
  match(absent.json.response.systemError, /POLICY_NOT_FOUND: /);
  for (const broken of [{}, request('x'), request([1]), request([], 'v1'), { ...request([]), kind: 'x' }])
    expectProblem(await call(broken), 400, 'BAD_REQUEST', JSON.stringify(broken));
  await putPolicy(world.service, 'soft', policyOf({ mode: 'warn', require: { keys: ['a'] } }));
  const soft = await call(request([world.bad]), '/v1/gatekeeper/soft');
  equal(soft.json.response.items[0], { key: world.bad, value: world.bad, error: '' });
});

test('Gatekeeper: what could not be decided has no item, which would be remembered, and is named', async (t) => {
  const world = await makeCluster(t);
  world.registry.lie = ({ reference }, truth) =>
    reference === 'down' ? new Response('', { status: 500 }) : truth();
  const keys = [world.good, `${world.name}:down`];
  const request = {
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderRequest',
    request: { keys },
  };
  const { json } = await world.service.call('POST', '/v1/gatekeeper/default', { json: request });
  const { items, systemError } = json.response;
  equal(
    items.map(({ key }: { key: string }) => key),
    [world.good],
  );
  match(systemError, /:down: REGISTRY_UNAVAILABLE: /);
});

test('mutate leaves a ReplicaSet that a Deployment owns as it is, and pins one that stands alone', async (t) => {
  const world = await makeCluster(t);
  const object = workload('apps/v1', 'ReplicaSet', world.good);
  const path = '/v1/admission/default/mutate';
  equal((await admit(world, review(object), path)).patch?.length, 1);
  object.metadata.ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'x', controller: true },
  ];
  const owned = await admit(world, review(object), path);
  equal([owned.allowed, owned.patch], [true, undefined]);
  object.spec.template.spec.containers[0].image = world.bad;
  equal((await admit(world, review(object), path)).allowed, false, 'it is judged all the same');
});

function setAt(object: Any, pointer: string, value: string): void {
  const names = pointer.split('/').slice(1);
  const last = names.pop() as string;
  names.reduce((at, name) => at[name], object)[last] = value;
}
