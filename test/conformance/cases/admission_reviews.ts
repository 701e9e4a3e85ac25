// /v1/admission, validating: which objects are allowed, which are denied, and with what message.
import type { CallOptions } from '../../support/service.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { equal, excludes, includes, match, ok } from '../support/assert.ts';
import { expectProblem, logged, REPOSITORY } from '../support/world.ts';
import type { Any } from '../support/world_admission.ts';
import { admit, KINDS, makeCluster, pod, REQUIRE_A, review, workload } from '../support/world_admission.ts';
import { anotherImage, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('a review of each kind is allowed if its image is signed and denied if not, with a message naming image, place and code', async (t) => {
  const world = await makeCluster(t);
  for (const [apiVersion, kind] of KINDS) {
    const allowed = await admit(world, review(workload(apiVersion, kind, world.good)));
    equal([allowed.allowed, allowed.status], [true, undefined], kind);
    const denied = await admit(world, review(workload(apiVersion, kind, world.bad)));
    equal([denied.allowed, denied.status?.code], [false, 403], kind);
    match(denied.status?.message, /NO_SIGNATURES/, kind);
    includes(denied.status?.message ?? '', world.bad);
    includes(denied.status?.message ?? '', '/containers/0/image');
    const { version } = (await world.service.get('/v1/policies/default', { as: 'admin' })).json;
    equal(denied.auditAnnotations, { policy: `default ${version}`, verdict: 'refused' });
    equal(allowed.auditAnnotations, { policy: `default ${version}`, verdict: 'verified' });
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

test('A92 images of init containers, sidecars, image volumes and unknown kinds are judged', async (t) => {
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
  equal([nothing.allowed, nothing.status?.code], [false, 400], 'an object without images is denied');
});

test('A93 A95 annotations, labels and namespaces of an object exempt nothing', async (t) => {
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

test('A94 an update is judged by the images it brings, whatever else it does', async (t) => {
  const world = await makeCluster(t);
  const old = pod(world.bad);
  old.metadata.finalizers = ['x'];
  const update = (object: Any, oldObject: Any = old) =>
    admit(world, review(object, { operation: 'UPDATE', oldObject }));
  const released = pod(world.bad);
  released.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  const before = world.upstream.sent.length;
  equal((await update(released)).allowed, true, 'removing a finalizer is allowed');
  equal(world.upstream.sent.length, before);
  const changed = pod(`${world.name}:other`);
  changed.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
  equal((await update(changed)).allowed, false, 'another image while it is being deleted');
  equal((await update(pod(world.bad, world.bad))).allowed, false, 'an added container');
  equal((await update(pod(world.good))).allowed, true);
  equal((await update(pod(world.bad), null)).allowed, false, 'without the old object every image is new');
  const nameless = pod(world.bad, 'no name', ' ');
  equal((await update(nameless, nameless)).allowed, true, 'an invalid name that does not change is allowed');
  equal((await update(pod(world.bad, 'no name', '  '), nameless)).allowed, false);
  equal(
    (await update(pod(world.bad, world.good), pod(world.bad, ' '))).allowed,
    true,
    'and may be corrected',
  );
});

test('DELETE, CONNECT and updates of subresources without images are allowed', async (t) => {
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
  equal((await admit(world, resize)).allowed, false, 'a subresource that contains a pod is judged');
});

test('for an image with tag and digest the digest is judged; look-alike characters and upper case are BAD_REFERENCE', async (t) => {
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
    [` ${world.good}`, false, /BAD_REFERENCE/],
    [`${world.good}\n`, false, /BAD_REFERENCE/],
    [' ', false, /BAD_REFERENCE/],
  ];
  for (const [image, isAllowed, message] of table) {
    const { allowed, status } = await admit(world, review(pod(image)));
    equal(allowed, isAllowed, image);
    if (message !== undefined) match(status?.message, message, image);
  }
});

test('A97 denied: an object with one unsigned image of fifty, and one with more images than can be judged', async (t) => {
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
  equal(denied.status?.code, 502);
  match(denied.status?.message, /^[^·]*LIMIT_EXCEEDED/, 'it begins with what the code is about');
  match(denied.status?.message, / · and [0-9]+ more$/, 'it says how many it does not name');
  ok(narrow.upstream.sent.length <= 40, `${narrow.upstream.sent.length} calls`);
});

test('A98 images on hosts inside the network are denied, and the hosts are not asked', async (t) => {
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
  const unlisted = await admit(listed, review(pod('registry.elsewhere.example/x')));
  match(unlisted.status?.message, /REGISTRY_NOT_ALLOWED/, 'a public host that is not listed');
  equal([world.upstream.sent.length, listed.upstream.sent.length], [0, 0]);
});

test('A99 a body that is not a valid review is 400, and never allowed', async (t) => {
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

test('A99 a dry run is judged like any review, and marked in the log', async (t) => {
  const world = await makeCluster(t);
  equal((await admit(world, review(pod(world.bad), { dryRun: true }))).allowed, false);
  const line = t
    .logged()
    .filter(({ event }) => event === 'decision')
    .at(-1);
  equal([line.dryRun, line.passed, line.code], [true, false, 'NO_SIGNATURES']);
});

test('a denial names the image that its code is about first, and each image once', async (t) => {
  const world = await makeCluster(t);
  const absent = `${world.name}:absent`;
  const denied = await admit(world, review(pod(world.bad, absent, world.good)));
  equal(denied.status?.code, 403);
  const named = [...(denied.status?.message ?? '').matchAll(/\((\/spec[^)]*)\)/g)].map(([, place]) => place);
  equal(named, ['/spec/containers/1/image', '/spec/containers/0/image']);
  equal(denied.auditAnnotations?.verdict, 'undecided');
  const unnamed = await admit(world, review(pod(absent)));
  equal(unnamed.auditAnnotations, { policy: 'default', verdict: 'undecided' });
});

test('a denial without a verdict is also a line in the audit log', async (t) => {
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

test('warn mode: an object is allowed with a warning that says what would be denied', async (t) => {
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
    'an unverified image is not pinned',
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
    'an undecided image is denied, also in warn mode',
  );
});

test('A92 an image id is not accepted as a name, since a node would run whatever it has under that id', async (t) => {
  const world = await makeCluster(t, [{ match: ['docker.io/library/*'], unsafeAllowUnsigned: 'x' }]);
  equal((await admit(world, review(pod('busybox')))).allowed, true);
  for (const id of [`sha256:${'ab'.repeat(32)}`, 'sha256:abcdef12', 'sha512:ab', 'ab'.repeat(32)]) {
    const { allowed, status } = await admit(world, review(pod(id)));
    equal([allowed, status?.code], [false, 400], id);
    match(status?.message, /BAD_REFERENCE: .*is an image id, not a name/, id);
  }
});

test('a missing image is denied with 403, since Kubernetes clients read 404 as: the object is gone', async (t) => {
  const world = await makeCluster(t);
  for (const images of [[`${world.name}:absent`], [`${world.name}:absent`, world.bad]]) {
    const { allowed, status } = await admit(world, review(pod(...images)));
    equal([allowed, status?.code], [false, 403]);
    match(status?.message, /IMAGE_NOT_FOUND/);
  }
});

test('an image with many signatures is allowed and pinned in every place, however many there are', async (t) => {
  const world = await makeCluster(t);
  const { registry, image, log, signers, good } = world;
  const layer = await logged(log, signerOf(signers, 'a'), payloadFor(image.digest));
  await registry.sign(REPOSITORY, image.digest, [...Array(127).fill({ ...layer, signature: 'AAAA' }), layer]);
  const object = pod(...Array(250).fill(good));
  const answer = await admit(world, review(object), '/v1/admission/default/mutate');
  equal([answer.status, answer.allowed, answer.patch?.length], [undefined, true, 250]);
});

test('exempt images are allowed and not pinned; a missing policy denies', async (t) => {
  const world = await makeCluster(t, [{ unsafeAllowUnsigned: 'x' }]);
  const exempt = await admit(world, review(pod('busybox')), '/v1/admission/default/mutate');
  equal([exempt.allowed, exempt.patch, exempt.auditAnnotations?.verdict], [true, undefined, 'exempt']);
  const absent = await admit(world, review(pod(world.good)), '/v1/admission/absent');
  equal([absent.allowed, absent.status?.code], [false, 403]);
  match(absent.status?.message, /POLICY_NOT_FOUND/);
});

test('A97 with thirty images and a slow registry, the answer comes in time and names the slow step; a retry succeeds from the cache', async (t) => {
  const world = await makeCluster(t);
  const a = signerOf(world.signers, 'a');
  const images: string[] = [];
  for (let i = 0; i < 30; i++) images.push(`${world.name}@${(await anotherImage(world, [a])).image.digest}`);
  let answered = 0;
  world.registry.lie = async (_, truth) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    answered++;
    return truth();
  };
  const json = review(pod(...images));
  const late = await admit(world, json, '/v1/admission/default?timeout=1s');
  equal(answered, 0, 'before the registry');
  equal([late.allowed, late.status?.code], [false, 504]);
  match(
    late.status?.message,
    /DEADLINE_EXCEEDED: Not finished within \d+ ms: still waiting for the .* from r-[0-9a-f]+\.example/,
  );
  await world.service.settled();
  const before = world.upstream.sent.length;
  equal((await admit(world, json, '/v1/admission/default?timeout=1s')).allowed, true);
  equal(world.upstream.sent.length, before, 'nothing is requested again');
});
