// /v2/: pulling images through the gate.
import { attach } from '../../support/artifacts.ts';
import { base64, utf8 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import { ADMIN_TOKEN, startService } from '../../support/service.ts';
import { content, MANIFEST_TYPE } from '../../support/sign_image.ts';
import { equal, excludes, includes } from '../support/assert.ts';
import { BASIC, expectDenied, expectUnavailable, makeGateWorld, pushLayered } from '../support/world_gate.ts';
import { policyOf, putPolicy, signerOf, signWith } from '../support/world_policies.ts';
import { test } from '../table.ts';

const NOBODY: [] = [];

test('a signed image is pulled whole and unchanged: by tag, manifest, configuration and layers', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag, config, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const head = await world.pull(`app/manifests/${tag}`, { method: 'HEAD' });
  equal(
    [head.status, head.headers.get('docker-content-digest'), head.headers.get('content-length'), head.text],
    [200, image.digest, String(image.bytes.length), ''],
  );
  const manifest = await world.pull(`app/manifests/${tag}`);
  equal([manifest.status, manifest.text], [200, new TextDecoder().decode(image.bytes)]);
  equal(manifest.headers.get('content-type'), MANIFEST_TYPE);
  equal(manifest.headers.get('countersign-verdict'), 'verified');
  equal(manifest.headers.get('etag'), `"${image.digest}"`);
  equal((await world.pull(`app/manifests/${image.digest}`)).text, manifest.text);
  for (const blob of [config, ...layers]) {
    const answer = await world.service.call('GET', `/v2/${world.registry.host}/app/blobs/${blob.digest}`, {
      as: BASIC,
    });
    equal([answer.status, answer.headers.get('docker-content-digest')], [200, blob.digest]);
    equal(answer.headers.get('content-length'), String(blob.bytes.length));
    const size = await world.pull(`app/blobs/${blob.digest}`, { method: 'HEAD' });
    equal([size.status, size.headers.get('content-length'), size.text], [200, String(blob.bytes.length), '']);
  }
});

test('an unverified image is DENIED, with a message that clients print', async (t) => {
  const world = await makeGateWorld(t);
  const b = signerOf(world.signers, 'b');
  const [unsigned, foreign] = [await pushLayered(world, NOBODY), await pushLayered(world, [b])];
  const a = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const copied = await pushLayered(world, NOBODY);
  const layers = await signWith(world, a.image, [signerOf(world.signers, 'a')]);
  await world.registry.sign('app', copied.image.digest, layers);
  for (const [{ image, tag, layers: blobs }, code] of [
    [unsigned, 'NO_SIGNATURES'],
    [foreign, 'NO_TRUSTED_SIGNATURE'],
    [copied, 'NO_TRUSTED_SIGNATURE'],
  ] as const) {
    for (const reference of [tag, image.digest]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await world.pull(`app/manifests/${reference}`, { method });
        equal(
          [answer.status, answer.headers.get('countersign-verdict')],
          [403, 'refused'],
          `${code} ${method}`,
        );
        if (method === 'GET') expectDenied(answer, code);
      }
    }
    expectDenied(await world.pull(`app/blobs/${blobs[0]?.digest}`), 'NOT_ADMITTED');
  }
});

test('an image with many attestations beside its signature is pulled whole, also from an isolate that remembers nothing', async (t) => {
  const world = await makeGateWorld(t);
  world.registry.referrers = {};
  const { image, tag, config, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  for (let i = 0; i < 70; i++) await attach(world.registry, 'app', image, utf8(`{"n":${i}}`));
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  world.registry.asked.length = 0;
  for (const { digest } of [config, ...layers]) equal((await world.pull(`app/blobs/${digest}`)).status, 200);
  equal(world.registry.asked.length, 3, 'what was found is remembered');
  const settings = { REGISTRIES: world.registry.host };
  for (const { digest } of [config, ...layers]) {
    const elsewhere = startService(t.worker, settings, world.service.kv);
    const path = `/v2/${world.registry.host}/app/blobs/${digest}`;
    const answer = await elsewhere.call('GET', path, { as: BASIC });
    equal(answer.status, 200, answer.text);
  }
});

test('A83 a tag is resolved on every pull, and revoking a key denies what it had admitted', async (t) => {
  const world = await makeGateWorld(t, { vars: { CACHE_SECONDS: '300' } });
  const { tag, image, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const evil = await pushLayered(world, NOBODY);
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  world.registry.push('app', evil.image, tag);
  expectDenied(await world.pull(`app/manifests/${tag}`), 'NO_SIGNATURES', 'the tag has moved');
  const blob = `app/blobs/${layers[0]?.digest}`;
  equal((await world.pull(blob)).status, 200);
  await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
  expectDenied(await world.pull(`app/manifests/${image.digest}`), 'NO_TRUSTED_SIGNATURE');
  expectDenied(await world.pull(blob), 'NOT_ADMITTED');
});

test('warn mode lets an image pass and says what it would refuse', async (t) => {
  const world = await makeGateWorld(t, { rules: [{ mode: 'warn', require: { keys: ['a'] } }] });
  const { tag, layers } = await pushLayered(world, NOBODY);
  const manifest = await world.pull(`app/manifests/${tag}`);
  const { headers } = manifest;
  equal(
    [manifest.status, headers.get('countersign-verdict'), headers.get('countersign-code')],
    [200, 'refused', 'NO_SIGNATURES'],
  );
  const blob = await world.pull(`app/blobs/${layers[0]?.digest}`);
  equal([blob.status, blob.headers.get('countersign-verdict')], [200, 'refused']);
  const line = t
    .logged()
    .filter(({ event }) => event === 'decision')
    .at(-1);
  equal([line.verdict, line.code, line.passed, line.door], ['refused', 'NO_SIGNATURES', true, 'GET /v2']);
  await putPolicy(world.service, 'default', policyOf({ require: { keys: ['a'] } }));
  expectDenied(await world.pull(`app/blobs/${layers[0]?.digest}`), 'NOT_ADMITTED', 'enforced from now on');
});

test('without the policy default nothing passes', async (t) => {
  const world = await makeGateWorld(t);
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  await world.service.call('DELETE', '/v1/policies/default', { as: 'admin' });
  const answer = await world.pull(`app/manifests/${tag}`);
  expectDenied(answer, 'NO_TRUST_NAMED');
  includes(answer.text, 'PUT /v1/policies/default', 'what an administrator can do');
});

test('exempt images pass with their layers', async (t) => {
  const world = await makeGateWorld(t, { rules: [{ unsafeAllowUnsigned: 'x' }] });
  const { tag, layers } = await pushLayered(world, NOBODY);
  const manifest = await world.pull(`app/manifests/${tag}`);
  equal([manifest.status, manifest.headers.get('countersign-verdict')], [200, 'exempt']);
  equal((await world.pull(`app/blobs/${layers[0]?.digest}`)).status, 200);
});

test('A82 a manifest that the registry no longer gives away is served from memory for CACHE_SECONDS, however often it is asked for', async (t) => {
  const clock = movableClock(t.after);
  const world = await makeGateWorld(t, {
    rules: [{ unsafeAllowUnsigned: 'x' }],
    vars: { CACHE_SECONDS: '300' },
  });
  const { image } = await pushLayered(world, NOBODY);
  const status = async () => (await world.pull(`app/manifests/${image.digest}`)).status;
  equal(await status(), 200);
  world.registry.lie = () => new Response('', { status: 403 });
  clock.advance(200_000);
  equal(await status(), 200, 'remembered');
  clock.advance(200_000);
  equal(await status(), 503, 'over');
});

test('conditional requests: 304 for content that the client has, only if it may be pulled', async (t) => {
  const world = await makeGateWorld(t);
  const { tag, image, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const etag = { 'if-none-match': `"x", "${image.digest}"` };
  const manifest = await world.pull(`app/manifests/${tag}`, { headers: etag });
  equal([manifest.status, manifest.text, manifest.headers.get('etag')], [304, '', `"${image.digest}"`]);
  equal((await world.pull(`app/manifests/${tag}`, { headers: { 'if-none-match': '"x"' } })).status, 200);
  const [layer] = layers;
  const before = world.registry.asked.length;
  const blob = await world.pull(`app/blobs/${layer?.digest}`, {
    headers: { 'if-none-match': `"${layer?.digest}"` },
  });
  equal([blob.status, world.registry.asked.length], [304, before], 'nothing is opened upstream');
});

test('A84 a failing registry is 503 and no other source is asked; missing content is 404', async (t) => {
  const world = await makeGateWorld(t);
  const { tag, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const absent = await world.pull('app/manifests/absent');
  equal([absent.status, absent.json.errors[0].code], [404, 'MANIFEST_UNKNOWN']);
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  world.registry.lie = () => new Response('', { status: 500, headers: { 'retry-after': '7' } });
  const down = await world.pull(`app/manifests/${tag}`);
  expectUnavailable(down, 'REGISTRY_UNAVAILABLE');
  equal(down.headers.get('retry-after'), '7');
  expectUnavailable(await world.pull(`app/blobs/${layers[0]?.digest}`), 'REGISTRY_UNAVAILABLE');
  world.registry.lie = ({ what }, truth) => (what === 'blob' ? new Response('', { status: 404 }) : truth());
  const gone = await world.pull(`app/blobs/${layers[0]?.digest}`);
  equal([gone.status, gone.json.errors[0].code], [404, 'BLOB_UNKNOWN']);
  const decision = t.logged().findLast(({ event }) => event === 'decision');
  equal(
    [decision?.reference.endsWith(`@${layers[0]?.digest}`), decision?.code],
    [true, 'VERIFIED'],
    'the decision is logged, although there is nothing to send',
  );
  world.registry.lie = ({ reference }, truth) =>
    reference.endsWith('.sig') ? new Response('', { status: 500 }) : truth();
  const other = await pushLayered(world, [signerOf(world.signers, 'a')]);
  expectUnavailable(
    await world.pull(`app/manifests/${other.tag}`),
    'REGISTRY_UNAVAILABLE',
    'signatures that cannot be looked for',
  );
  world.service.kv.before = () => {
    throw new Error('KV is down');
  };
  expectUnavailable(await world.pull(`app/manifests/${tag}`), 'STORE_UNAVAILABLE');
});

test('A78 the client’s headers are not sent to the registry, nor the registry’s to the client', async (t) => {
  const world = await makeGateWorld(t, {
    auth: { kind: 'basic', user: 'robot', password: 'registry-canary' },
    vars: ({ registry }) => ({
      REGISTRIES: registry,
      REGISTRY_AUTH: JSON.stringify({ auths: { [registry]: { auth: base64('robot:registry-canary') } } }),
    }),
  });
  const { tag, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  world.registry.lie = async (_, truth) => {
    const response = await truth();
    const headers = new Headers(response.headers);
    headers.set('set-cookie', 'evil=1');
    headers.set('x-registry-secret', 'upstream-canary');
    headers.set('connection', 'x-registry-secret');
    return new Response(response.body, { status: response.status, headers });
  };
  const headers = {
    cookie: 'session=client-canary',
    'x-secret': 'client-canary',
    connection: 'x-secret',
    'cf-ray': 'client-canary',
  };
  for (const path of [`app/manifests/${tag}`, `app/blobs/${layers[0]?.digest}`, 'app/tags/list']) {
    const answer = await world.pull(path, { headers });
    const shown = JSON.stringify([...answer.headers]);
    for (const secret of ['upstream-canary', 'evil=1', 'registry-canary']) excludes(shown, secret, path);
  }
  for (const { headers: sent } of world.upstream.sent) {
    const text = JSON.stringify(sent);
    excludes(text, 'client-canary', 'upstream');
    excludes(text, ADMIN_TOKEN, 'upstream');
    excludes(text, base64(`anyone:${ADMIN_TOKEN}`), 'upstream');
  }
});

test('A44 a Docker schema 1 manifest does not pass, and neither does a manifest with two forms', async (t) => {
  const world = await makeGateWorld(t);
  const type = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  const old = await content({ schemaVersion: 1, name: 'app', fsLayers: [] }, type);
  const two = await content(
    { schemaVersion: 2, mediaType: MANIFEST_TYPE, layers: [], manifests: [] },
    MANIFEST_TYPE,
  );
  for (const item of [old, two]) {
    world.registry.lie = ({ reference }, truth) =>
      reference === 'odd'
        ? new Response(item.bytes, { headers: { 'content-type': item.mediaType } })
        : truth();
    expectDenied(await world.pull('app/manifests/odd'), 'MANIFEST_UNSUPPORTED');
  }
});
