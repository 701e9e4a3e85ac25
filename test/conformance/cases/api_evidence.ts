// POST /v1/verify/{digest} with the evidence in the request: nothing is fetched.
import { base64, unbase64 } from '../../support/bytes.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { signPayload } from '../../support/sign_image.ts';
import { equal, match } from '../support/assert.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  makeWorld,
  trustKey,
  type World,
} from '../support/world.ts';
import { test } from '../table.ts';

const evidence = ({ layer }: World) => ({
  payload: base64(layer.payload),
  signature: layer.signature,
  bundle: layer.bundle,
});

const offline = (world: World, json: unknown, query = 'key=release', digest = world.image.digest) =>
  world.service.call('POST', `/v1/verify/${digest}?${query}`, { json });

test('POST evidence accepts the log entry as a string and as an object', async (t) => {
  const world = await makeWorld(t);
  const before = world.upstream.sent.length;
  const string = await offline(world, evidence(world));
  expectVerdict(string, 200, 'VERIFIED');
  equal(string.json.signatures[0].source, { index: 0, via: 'request' });
  equal(string.json.subject, { digest: world.image.digest });
  const object = await offline(world, { ...evidence(world), bundle: JSON.parse(world.layer.bundle ?? '') });
  equal(object.json.signatures, string.json.signatures);
  equal(world.upstream.sent.length, before, 'nothing was fetched');
});

test('POST evidence: the seed image verifies offline with the caller’s own key and the built-in log', async (t) => {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const world = await makeWorld(t);
  const json = { payload: file.payloadB64, signature: file.signatureB64, bundle: file.bundle };
  const spki = file.verifierPem.replace(/-----[^-]+-----|\s/g, '');
  const digest = 'sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b';
  for (const publicKey of [
    encodeURIComponent(spki),
    spki.replaceAll('+', '-').replaceAll('/', '_').replace(/=/g, ''),
    encodeURIComponent(file.verifierPem),
    encodeURIComponent(`release\n${file.verifierPem}`),
    encodeURIComponent(base64(file.verifierPem)),
  ]) {
    const answer = await offline(world, json, `publicKey=${publicKey}`, digest);
    expectVerdict(answer, 200, 'VERIFIED');
    const [{ transparency, signedAt, key }] = answer.json.signatures;
    equal(
      [transparency.logIndex, transparency.log, signedAt],
      [783606, 'rekor.sigstore.dev', '2021-10-20T07:16:19Z'],
    );
    equal(transparency.entry, '4ec21e0b9bc52a3fff10ccc6bdd12aeb480a7da7fa9578f88f3227e532bcfbe2');
    equal(key.id, undefined);
    equal(answer.json.trust, {
      publicKeys: ['sha256:167482e9a2589fc1fca0224056ffb21567c7db47c6fd288eb6cedd0dbee2cbb4'],
    });
  }
  for (const bad of ['AAAA', 'A', '-----BEGIN PUBLIC KEY-----', base64('-----BEGIN PUBLIC KEY-----'), ''])
    expectProblem(
      await offline(world, json, `publicKey=${encodeURIComponent(bad)}`, digest),
      400,
      'BAD_KEY',
      bad,
    );
  const text = await world.service.call(
    'POST',
    `/v1/verify/${digest}?publicKey=${encodeURIComponent(spki)}`,
    { json, headers: { accept: 'text/plain' } },
  );
  equal(
    text.text,
    `verified ${digest} by caller's key (sha256:167482e9a2589fc1fca0224056ffb21567c7db47c6fd288eb6cedd0dbee2cbb4) logged 2021-10-20T07:16:19Z #783606\n`,
  );
});

test('POST evidence: with PUBLIC_LOG=off the built-in log is unknown', async (t) => {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const world = await makeWorld(t, { vars: { PUBLIC_LOG: 'off' } });
  await trustKey(world.service, 'seed', { pem: file.verifierPem });
  const json = { payload: file.payloadB64, signature: file.signatureB64, bundle: file.bundle };
  const digest = 'sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b';
  expectSignature(await offline(world, json, 'key=seed', digest), 'LOG_UNKNOWN', 'A26');
});

test('POST evidence accepts the timestamp of a layer as a string and as an object, and it proves the time', async (t) => {
  const world = await makeWorld(t);
  const { service, signer, layer } = world;
  const tsa = await makeTsa();
  const validFrom = '2025-01-01T00:00:00Z';
  const put = async (path: string, json: object) =>
    (await service.call('PUT', path, { as: 'admin', json })).status;
  equal(await put('/v1/logs/tsa', { certificates: tsa.pem, validFrom }), 201);
  equal(
    await put('/v1/keys/release', { publicKey: signer.pem, validFrom, transparency: 'unsafe-none' }),
    200,
  );
  const { bundle: _, ...unlogged } = evidence(world);
  const ask = (rfc3161timestamp?: unknown) => offline(world, { ...unlogged, rfc3161timestamp });
  expectSignature(await ask(), 'NO_TRUSTED_TIME');
  const time = '2025-06-01T11:59:00Z';
  const stamp = async (bytes: Uint8Array) => ({
    SignedRFC3161Timestamp: base64(await tsa.stamp(bytes, { time: '20250601115900Z' })),
  });
  const good = await stamp(unbase64(layer.signature));
  for (const given of [good, JSON.stringify(good)]) {
    const answer = await ask(given);
    expectVerdict(answer, 200, 'VERIFIED');
    equal(answer.json.signatures[0].signedAt, time);
  }
  expectSignature(await ask(await stamp(layer.payload)), 'TIMESTAMP_INVALID');
});

test('POST evidence: each altered part is refused with its own code', async (t) => {
  const world = await makeWorld(t);
  const good = evidence(world);
  const stranger = await makeKey();
  await trustKey(world.service, 'stranger', stranger);
  const bundle = () => JSON.parse(world.layer.bundle ?? '');
  // biome-ignore lint/suspicious/noExplicitAny: the annotation is edited freely
  const withPayload = (edit: (payload: any) => void) => {
    const edited = bundle();
    edit(edited.Payload);
    return { ...good, bundle: edited };
  };
  const second = await signPayload(stranger, world.layer.payload);
  const cases: [what: string, body: unknown, code: string][] = [
    ['payload', { ...good, payload: base64(`${atob(good.payload)} `) }, 'SIGNATURE_INVALID'],
    ['payload, not JSON', { ...good, payload: base64('x') }, 'PAYLOAD_MALFORMED'],
    ['signature', { ...good, signature: second.signature }, 'SIGNATURE_INVALID'],
    ['signature, not base64', { ...good, signature: '***' }, 'SIGNATURE_MALFORMED'],
    ['signature, empty', { ...good, signature: '' }, 'SIGNATURE_MALFORMED'],
    ['SET', { ...good, bundle: { ...bundle(), SignedEntryTimestamp: base64('x') } }, 'SET_INVALID'],
    [
      'body',
      withPayload((payload) => void Object.assign(payload, { body: base64(`${atob(payload.body)} `) })),
      'SET_INVALID',
    ],
    ['index', withPayload((payload) => void payload.logIndex++), 'SET_INVALID'],
    ['time', withPayload((payload) => void payload.integratedTime++), 'SET_INVALID'],
    [
      'log id',
      withPayload((payload) => void Object.assign(payload, { logID: 'ab'.repeat(32) })),
      'LOG_UNKNOWN',
    ],
    ['bundle, not JSON', { ...good, bundle: '{' }, 'LOG_ENTRY_MALFORMED'],
    ['bundle, empty object', { ...good, bundle: {} }, 'LOG_ENTRY_MALFORMED'],
    ['bundle, empty string', { ...good, bundle: '' }, 'LOG_ENTRY_MISSING'],
    ['bundle, null', { ...good, bundle: null }, 'LOG_ENTRY_MISSING'],
    ['certificate, not PEM', { ...good, certificate: 'null' }, 'CERTIFICATE_UNSUPPORTED'],
    ['bundle absent', { payload: good.payload, signature: good.signature }, 'LOG_ENTRY_MISSING'],
  ];
  for (const certificate of ['', null])
    expectVerdict(
      await offline(world, { ...good, certificate }),
      200,
      'VERIFIED',
      `certificate ${certificate}`,
    );
  for (const [what, body, code] of cases) expectSignature(await offline(world, body), code, what);
  expectSignature(await offline(world, good, 'key=stranger'), 'UNTRUSTED_KEY', 'key');
  expectSignature(
    await offline(world, good, 'key=release', `sha256:${'0'.repeat(64)}`),
    'SUBJECT_MISMATCH',
    'subject digest',
  );
});

test('POST evidence: a body’s limit depends on its form', async (t) => {
  const world = await makeWorld(t);
  const good = evidence(world);
  const payload = (length: number) => offline(world, { ...good, payload: base64(' '.repeat(length)) });
  expectSignature(await payload(256 * 1024), 'PAYLOAD_MALFORMED', 'the longest payload');
  const longer = await payload(256 * 1024 + 1);
  expectProblem(longer, 413, 'TOO_LARGE');
  match(longer.json.detail, /^payload/);
  const body = (length: number, more: object) => {
    const empty = JSON.stringify({ ...good, certificate: '', ...more }).length;
    return offline(world, { ...good, certificate: ' '.repeat(length - empty), ...more });
  };
  expectSignature(await body(1024 * 1024, {}), 'CERTIFICATE_UNSUPPORTED', 'the longest body');
  expectProblem(await body(1024 * 1024 + 1, {}), 413, 'TOO_LARGE');
  for (const name of ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'])
    expectSignature(
      await body(1024 * 1024 + 1, { [name]: 1 }),
      'BUNDLE_MALFORMED',
      `a bundle by its ${name}`,
    );
});

test('POST evidence: transparency=unsafe-none works only with the caller’s own key, and the answer shows it', async (t) => {
  const world = await makeWorld(t);
  const { bundle: _, ...unlogged } = evidence(world);
  const own = encodeURIComponent(base64(world.signer.spki));
  const answer = await offline(world, unlogged, `publicKey=${own}&transparency=unsafe-none`);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.trust, { publicKeys: [world.signer.fingerprint], transparency: 'unsafe-none' });
  expectSignature(await offline(world, unlogged, `publicKey=${own}`), 'LOG_ENTRY_MISSING');
  expectProblem(await offline(world, unlogged, 'key=release&transparency=unsafe-none'), 400, 'BAD_REQUEST');
  expectProblem(await offline(world, unlogged, `key=release&publicKey=${own}`), 400, 'BAD_REQUEST');
  const bad = await offline(
    world,
    { ...evidence(world), bundle: '{}' },
    `publicKey=${own}&transparency=unsafe-none`,
  );
  expectSignature(bad, 'LOG_ENTRY_MALFORMED', 'a bad entry always fails');
});

test('POST evidence: reference= is shown as the caller’s claim, and a scoped key requires it', async (t) => {
  const world = await makeWorld(t, { terms: { scopes: ['ghcr.io/acme/*'] } });
  const body = evidence(world);
  expectSignature(await offline(world, body), 'KEY_OUT_OF_SCOPE');
  expectSignature(await offline(world, body, 'key=release&reference=ghcr.io/other/app'), 'KEY_OUT_OF_SCOPE');
  const claimed = await offline(world, body, 'key=release&reference=ghcr.io/acme/app');
  expectVerdict(claimed, 200, 'VERIFIED');
  equal(claimed.json.subject.unverified, ['reference']);
  expectProblem(await offline(world, body, 'key=release&reference=NOT%20A%20NAME'), 400, 'BAD_REFERENCE');
  expectSignature(
    await world.verify(),
    'KEY_OUT_OF_SCOPE',
    'with the registry the name is the requested one',
  );
});

test('POST evidence: the name of an image in the path is told where to ask, whatever the body', async (t) => {
  const { service } = await makeWorld(t);
  for (const json of [{}, { image: 'ghcr.io/acme/app:1' }]) {
    const answer = await service.call('POST', '/v1/verify/ghcr.io/acme/app:1?key=release', { json });
    expectProblem(answer, 400, 'BAD_DIGEST');
    match(answer.json.detail, /by name, use GET, or POST \/v1\/verify\.$/);
  }
});

test('A10 POST evidence: an invalid digest is BAD_DIGEST', async (t) => {
  const world = await makeWorld(t);
  for (const digest of [
    'sha256:',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(128)}`,
    'undefined',
    'null',
  ]) {
    expectProblem(await offline(world, evidence(world), 'key=release', digest), 400, 'BAD_DIGEST', digest);
  }
});

test('POST evidence: a body of another form is 400, of another content type 415', async (t) => {
  const world = await makeWorld(t);
  const good = evidence(world);
  const path = `/v1/verify/${world.image.digest}?key=release`;
  for (const json of [
    null,
    [],
    'x',
    1,
    {},
    { ...good, extra: 1 },
    { ...good, payload: 1 },
    { ...good, payload: '***' },
    { ...good, signature: null },
    { ...good, bundle: 7 },
    { ...good, bundle: [] },
    { signature: good.signature },
  ]) {
    expectProblem(await world.service.call('POST', path, { json }), 400, 'BAD_REQUEST', JSON.stringify(json));
  }
  for (const json of [
    {},
    [],
    'text',
    null,
    { payloadType: 'application/vnd.in-toto+json', payload: '', signatures: [] },
    { Base64Signature: good.signature, Payload: good.payload },
  ]) {
    const { detail } = (await world.service.call('POST', path, { json })).json;
    match(detail, /^Expected a Sigstore bundle, .*\. An envelope is a layer: /, JSON.stringify(json));
  }
  for (const body of ['', '{', `{"payload":"x","payload":"y"}`, `${JSON.stringify(good)} x`, '\ufeff{}']) {
    expectProblem(
      await world.service.call('POST', path, { body, headers: { 'content-type': 'application/json' } }),
      400,
      'BAD_REQUEST',
      body,
    );
  }
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
    expectProblem(
      await world.service.call('POST', path, {
        body: JSON.stringify(good),
        headers: { 'content-type': type },
      }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      type,
    );
  }
  const charset = await world.service.call('POST', path, {
    body: JSON.stringify(good),
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
  expectVerdict(charset, 200, 'VERIFIED');
});

test('POST evidence: a certificate beside a signature by a trusted key', async (t) => {
  const file = t.json('cosign/hashedrekord-cert-c0d23d6a-11605770.json');
  const world = await makeWorld(t);
  const json = {
    payload: file.payloadB64,
    signature: file.signatureB64,
    bundle: file.bundle,
    certificate: file.verifierPem,
  };
  const digest = 'sha256:0489474da8ea22426ece86ace6c1c0026ab2fd3cdfbbd62b7e94650266c37d9a';
  expectSignature(await offline(world, json, 'key=release', digest), 'CERTIFICATE_UNSUPPORTED');
});

test('POST evidence: a certificate for the signing key passes its check; one for another key fails', async (t) => {
  const world = await makeWorld(t);
  const good = await offline(world, { ...evidence(world), certificate: certificatePem(world.signer) });
  expectVerdict(good, 200, 'VERIFIED');
  equal(good.json.signatures[0].checks.at(-1).name, 'certificate');
  const other = { ...evidence(world), certificate: certificatePem(await makeKey()) };
  expectSignature(await offline(world, other), 'CERTIFICATE_UNSUPPORTED');
});

test('REKOR_URL replaces the address of the built-in log, not that of a stored log', async (t) => {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const json = { payload: file.payloadB64, signature: file.signatureB64, bundle: file.bundle };
  const digest = 'sha256:f3cfc9d0dbf931d3db4685ec659b7ac68e2a578219da4aae65427886e649b06b';
  for (const [vars, asked] of [
    [{}, 'rekor.sigstore.dev'],
    [{ REKOR_URL: 'https://mirror.example/rekor/' }, 'mirror.example'],
  ] as const) {
    const world = await makeWorld(t, { vars });
    await trustKey(world.service, 'seed', { pem: file.verifierPem });
    const answer = await offline(world, json, 'key=seed&transparency=online', digest);
    expectVerdict(answer, 503, 'REKOR_UNAVAILABLE');
    equal(answer.json.upstream.host, asked);
    const path = asked === 'mirror.example' ? '/rekor' : '';
    equal(world.upstream.sent[0]?.url, `https://${asked}${path}/api/v1/log/entries?logIndex=783606`);
    expectVerdict(await offline(world, evidence(world), 'key=release&transparency=online'), 200, 'VERIFIED');
    equal(new URL(world.upstream.sent.at(-1)?.url ?? '').host, world.log.name);
  }
});
