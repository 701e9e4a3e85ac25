// Mistakes of callers, administrators and operators are reported, not ignored.
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { type Answer, startService } from '../../support/service.ts';
import { payloadFor, signPayload } from '../../support/sign_image.ts';
import { inPieces } from '../../support/upstream.ts';
import { equal, ok } from '../support/assert.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
} from '../support/world.ts';
import { test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

test('a time that is not one, PEM that is none, and YAML without its Content-Type are told what is expected', async (t) => {
  const service = startService(t.worker);
  const detail = async (path: string, json: object) =>
    (await service.call('PUT', path, { ...ADMIN, json })).json.detail;
  const { pem: publicKey } = await makeKey();
  equal(
    await detail('/v1/keys/a', { publicKey, validUntil: '2027-01-31' }),
    'validUntil: expected a time such as 2027-01-31T00:00:00Z.',
  );
  equal(await detail('/v1/logs/a', { url: 'https://log.example', publicKey }), 'validFrom: is missing.');
  const ssh = { body: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me', headers: { accept: 'text/plain' } };
  equal(
    (await service.call('PUT', '/v1/keys/a', { ...ADMIN, ...ssh })).text,
    'error BAD_KEY PEM: no "-----BEGIN ...-----" line: expected PEM, with its line breaks.\n',
  );
  const json = await service.call('PUT', '/v1/keys/a', { ...ADMIN, body: JSON.stringify({ publicKey }) });
  expectProblem(json, 400, 'BAD_KEY');
  equal(json.json.detail, 'This is JSON: send it as Content-Type: application/json (curl --json does).');
  const yaml = await service.call('POST', '/v1/verify/batch?key=a', { ...ADMIN, body: 'kind: Pod' });
  equal(
    yaml.json.detail,
    'In a JSON batch each item names its own keys or policy; key= and policy= are for YAML (Content-Type: application/yaml).',
  );
});

test('scopes that could never match are refused when stored', async (t) => {
  const service = startService(t.worker);
  const { pem: publicKey } = await makeKey();
  for (const scope of [
    'nginx',
    'docker.io/nginx',
    'index.docker.io/library/nginx',
    'ghcr.io:443/acme/app',
    'ghcr.io/acme/app:1.2',
    'ghcr.io',
    'ghcr.io/**/..',
  ]) {
    const json = { publicKey, scopes: [scope] };
    expectProblem(await service.call('PUT', '/v1/keys/a', { ...ADMIN, json }), 400, 'BAD_REQUEST', scope);
  }
});

test('A107 a log URL with credentials, a query or a fragment is refused, in a stored log and in REKOR_URL', async (t) => {
  const service = startService(t.worker);
  const { pem: publicKey } = await makeKey();
  for (const url of [
    'https://user:pass@log.example',
    'https://:pass@log.example',
    'https://log.example/?q=1',
    'https://log.example/#f',
  ]) {
    const json = { url, publicKey, validFrom: '2024-01-01T00:00:00Z' };
    expectProblem(await service.call('PUT', '/v1/logs/a', { ...ADMIN, json }), 400, 'BAD_REQUEST', url);
    expectProblem(
      await startService(t.worker, { REKOR_URL: url }).get('/readyz'),
      500,
      'BAD_CONFIGURATION',
      url,
    );
  }
});

test('a built-in log cannot be stored again, and is shown by its name', async (t) => {
  const service = startService(t.worker);
  const shown = await service.get('/v1/logs/rekor.sigstore.dev', ADMIN);
  equal([shown.status, shown.json.builtIn], [200, true]);
  const json = {
    url: 'https://mirror.example',
    publicKey: shown.json.publicKey,
    validFrom: '2021-01-01T00:00:00Z',
  };
  expectProblem(await service.call('PUT', '/v1/logs/mirror', { ...ADMIN, json }), 409, 'CONFLICT');
  const without = startService(t.worker, { PUBLIC_LOG: 'off' });
  equal(
    (await without.call('PUT', '/v1/logs/mirror', { ...ADMIN, json })).status,
    201,
    'if the built-in log is off',
  );
});

test('A107 an invalid REGISTRY_AUTH is named, and nothing of its value is shown', async (t) => {
  for (const auths of [
    { 'robot:canary@quay.io': {} },
    { 'canary.example': { auth: 'canary' } },
    { 'canary.example': { identitytoken: 'canary' } },
  ]) {
    const answer = await startService(t.worker, { REGISTRY_AUTH: JSON.stringify({ auths }) }).get('/readyz');
    expectProblem(answer, 500, 'BAD_CONFIGURATION');
    ok(!answer.text.includes('canary'), answer.text);
  }
});

test('settings that could never work are refused', async (t) => {
  for (const vars of [
    { REGISTRIES: 'ghcr.io:99999' },
    { REGISTRIES: 'ghcr..io' },
    { ADMIN_TOKEN: 'two words' },
    { ADMIN_TOKEN: 'tökén' },
  ]) {
    expectProblem(
      await startService(t.worker, vars).get('/readyz'),
      500,
      'BAD_CONFIGURATION',
      JSON.stringify(vars),
    );
  }
});

test('the limit of annotations holds in a JSON body too', async (t) => {
  const { service, byDigest } = await makeWorld(t);
  const ask = (count: number) => {
    const annotations = Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, 'x']));
    return service.call('POST', '/v1/verify', { json: { image: byDigest, keys: ['release'], annotations } });
  };
  equal((await ask(64)).status, 403);
  expectProblem(await ask(65), 400, 'BAD_REQUEST');
});

test('DOWNLOAD_HOSTS allows exactly the listed hosts', async (t) => {
  for (const [listed, isAllowed] of [
    ['registry-1.docker.io', true],
    ['docker.io', false],
  ] as const) {
    const service = startService(t.worker, { DOWNLOAD_HOSTS: listed });
    const answer = await service.get(
      '/v1/download?url=https://registry-1.docker.io/x&bundle=https://registry-1.docker.io/y&key=a',
      { as: 'admin' },
    );
    equal(answer.json.code, isAllowed ? 'DOWNLOAD_UNAVAILABLE' : 'HOST_NOT_ALLOWED', listed);
  }
});

test('mistakes in repeatable parameters are named', async (t) => {
  const service = startService(t.worker, { ACCESS: 'open' });
  for (const [query, word] of [
    ['key=UPPER', 'fingerprint'],
    [Array.from({ length: 17 }, (_, i) => `key=k${i}`).join('&'), '16'],
    ['key=a&annotation=nothing', 'name=value'],
  ] as const) {
    const answer = await service.get(`/v1/verify/busybox?${query}`);
    expectProblem(answer, 400, 'BAD_REQUEST', query);
    ok(answer.json.detail.includes(word), answer.json.detail);
  }
});

test('an unknown or missing name is called that, and not a key: in this API, a key is what signs', async (t) => {
  const { service, name } = await makeWorld(t);
  const post = (json: unknown) => service.call('POST', '/v1/verify', { as: 'admin', json });
  const cases: [Answer, string][] = [
    [await service.get(`/v1/verify/${name}:1?keys=release`, { as: 'admin' }), 'Unknown name "keys".'],
    [await post({ image: `${name}:1`, key: ['release'] }), 'Unknown name "key".'],
    [
      await post({ image: `${name}:1`, attestation: { kind: 'x', type: 'spdx' } }),
      'attestation: unknown name "kind".',
    ],
    [await post({ image: `${name}:1`, ['k'.repeat(100_000)]: 1 }), `Unknown name "${'k'.repeat(199)}….`],
    [await post({ keys: ['release'] }), 'image: is missing.'],
    [
      await service.call('POST', '/v1/policies/test', { as: 'admin', json: { images: [name] } }),
      'policy: is missing.',
    ],
  ];
  for (const [answer, detail] of cases) {
    expectProblem(answer, 400, 'BAD_REQUEST');
    equal(answer.json.detail, detail);
  }
});

test('a mistake in signatures= is not taken for one in the reference', async (t) => {
  const { verify } = await makeWorld(t);
  for (const [value, problem] of [
    ['ghcr.io/acme/signatures:1', 'must be a repository: leave out the tag and digest'],
    ['ghcr.io/Acme', 'has upper case in the repository; it is allowed only in tags'],
  ]) {
    const answer = await verify(undefined, `key=release&signatures=${value}`);
    expectProblem(answer, 400, 'BAD_REFERENCE', value);
    equal(answer.json.detail, `signatures: ${problem}.`);
  }
});

test('A102 bodies that arrive byte by byte are read like any other, from callers and from registries', async (t) => {
  const { service, registry, byDigest } = await makeWorld(t);
  const long = JSON.stringify({ image: byDigest, keys: ['release'] }).padEnd(200_000);
  registry.lie = async ({ what }, truth) => {
    if (what !== 'manifest') return truth();
    const { status, headers } = await truth();
    if (status !== 200) return truth();
    const text = await (await truth()).text();
    return new Response(inPieces(utf8(text.padEnd(200_000)), 1), {
      headers: { 'content-type': headers.get('content-type') ?? '' },
    });
  };
  const answer = await service.call('POST', '/v1/verify', {
    body: inPieces(utf8(long), 1),
    headers: { 'content-type': 'application/json' },
  });
  expectVerdict(answer, 200, 'VERIFIED');
});

test('A102 a body that never ends is answered in time', async (t) => {
  const { service } = await makeWorld(t);
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{')),
  });
  const answer = await service.call('POST', '/v1/verify?timeout=100ms', {
    body,
    headers: { 'content-type': 'application/json' },
  });
  expectProblem(answer, 504, 'DEADLINE_EXCEEDED');
  equal(answer.json.upstream, { host: 'caller', step: 'request body' });
});

test('a very long payload field is shortened in the answer', async (t) => {
  const { registry, image, signer, verify } = await makeWorld(t);
  const payload = payloadFor(image.digest, { type: 'x'.repeat(200_000) });
  await registry.sign(REPOSITORY, image.digest, Array(8).fill(await signPayload(signer, payload)));
  const answer = await verify();
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  ok(answer.text.length < 100_000, String(answer.text.length));
  const { expected, actual } = answer.json.signatures[0].checks.find(
    ({ name }: { name: string }) => name === 'payload-type',
  );
  equal([expected, actual], ['cosign container image signature', `${'x'.repeat(2048)}…`]);
});

test('PUBLIC_LOG=off: an entry is searched only in stored logs, whether or not REKOR_URL is set', async (t) => {
  const vars = { PUBLIC_LOG: 'off', CACHE_SECONDS: '0', REKOR_URL: 'https://mirror.example' };
  const world = await makeWorld(t, { unsigned: true, vars });
  const { registry, image, log, signer, verify, upstream } = world;
  const online = () => verify(undefined, 'key=release&transparency=online');
  const unlogged = payloadFor(image.digest, { optional: { logged: 'no' } });
  await registry.sign(REPOSITORY, image.digest, [await signPayload(signer, unlogged)]);
  expectSignature(await online(), 'LOG_ENTRY_MISSING');
  const { bundle: _, ...found } = await logged(
    log,
    signer,
    payloadFor(image.digest, { optional: { logged: 'yes' } }),
  );
  await registry.sign(REPOSITORY, image.digest, [found]);
  expectVerdict(await online(), 200, 'VERIFIED');
  const hosts = new Set(upstream.sent.map(({ url }) => new URL(url).host));
  equal([...hosts].sort(), [log.name, registry.host].sort());
});
