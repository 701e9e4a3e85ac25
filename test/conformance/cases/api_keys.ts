// /v1/keys: keys are stored, shown and deleted; conditional requests; what is not a key.
import { base64 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, excludes, match, notEqual, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { type TestContext, test } from '../table.ts';

const start = (t: TestContext) => {
  const service = startService(t.worker);
  const call = (method: string, path: string, options = {}) =>
    service.call(method, path, { as: 'admin', ...options });
  return { service, call };
};

test('PUT key accepts PEM as the body, in each content type that curl may send', async (t) => {
  const { call } = start(t);
  for (const [i, type] of [
    undefined,
    'text/plain',
    'application/x-pem-file',
    'application/octet-stream',
    'text/plain; charset=utf-8',
  ].entries()) {
    const { pem, spki, fingerprint } = await makeKey();
    const body = type === undefined ? new Blob([pem]) : pem;
    const answer = await call('PUT', `/v1/keys/k${i}`, {
      body,
      headers: type === undefined ? {} : { 'content-type': type },
    });
    equal(answer.status, 201, `${type}: ${answer.text}`);
    const { createdAt, updatedAt, createdBy, updatedBy, ...rest } = answer.json;
    equal([createdBy, updatedBy], ['ADMIN_TOKEN', 'ADMIN_TOKEN']);
    equal(rest, {
      id: `k${i}`,
      publicKey: pem,
      fingerprint,
      algorithm: 'ecdsa-p256',
      transparency: 'required',
      state: 'active',
    });
    equal([createdAt, spki.length > 0], [updatedAt, true]);
    match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  }
  const { pem } = await makeKey();
  expectProblem(
    await call('PUT', '/v1/keys/x', {
      body: pem,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  );
});

test('PUT key stores JSON with every term, and GET shows it again', async (t) => {
  const { call } = start(t);
  const { pem, fingerprint } = await makeKey('P-384');
  const terms = {
    description: 'the release key',
    validFrom: '2020-01-01T00:00:00Z',
    validUntil: '2099-01-01T02:00:00+02:00',
    scopes: ['ghcr.io/acme/**'],
    transparency: 'unsafe-none',
  };
  const put = await call('PUT', '/v1/keys/release', { json: { publicKey: pem, ...terms } });
  equal(put.status, 201, put.text);
  const got = await call('GET', '/v1/keys/release');
  equal([got.status, got.json], [200, put.json]);
  const { createdAt: _, createdBy: __, updatedAt: ___, updatedBy: ____, ...rest } = got.json;
  equal(rest, {
    id: 'release',
    publicKey: pem,
    fingerprint,
    algorithm: 'ecdsa-p384',
    state: 'active',
    ...terms,
    validUntil: '2099-01-01T00:00:00Z',
  });
  equal(got.headers.get('etag'), put.headers.get('etag'));
  equal(
    got.headers.get('cache-control'),
    'no-cache, no-transform',
    'a proxy that compressed it would weaken its ETag',
  );
});

test('GET key returns PEM on request, 404 for an unknown key, and the key’s state', async (t) => {
  const { call, service } = start(t);
  const { pem } = await makeKey();
  await trustKey(service, 'release', { pem });
  const text = await call('GET', '/v1/keys/release', { headers: { accept: 'application/x-pem-file' } });
  equal([text.status, text.text, text.headers.get('content-type')], [200, pem, 'application/x-pem-file']);
  const record = await call('GET', '/v1/keys/release');
  equal(
    [text, record].map(({ headers }) => headers.get('vary')),
    ['Accept', 'Accept'],
  );
  equal([text.headers.get('cache-control'), text.headers.get('etag')], ['no-cache', null]);
  expectProblem(await call('GET', '/v1/keys/absent'), 404, 'KEY_NOT_FOUND');
  for (const [state, terms] of [
    ['not-yet', { validFrom: '2099-01-01T00:00:00Z' }],
    ['expired', { validUntil: '2001-01-01T00:00:00Z' }],
    ['active', { validFrom: '2001-01-01T00:00:00Z' }],
  ] as const) {
    equal((await call('PUT', '/v1/keys/release', { json: { publicKey: pem, ...terms } })).json.state, state);
  }
});

test('PUT key on an existing id is 200, and removes terms that are left out', async (t) => {
  const { call } = start(t);
  const [first, second] = [await makeKey(), await makeKey()];
  await call('PUT', '/v1/keys/release', { json: { publicKey: first.pem, description: 'x' } });
  const changed = await call('PUT', '/v1/keys/release', { body: second.pem });
  equal(
    [changed.status, changed.json.fingerprint, changed.json.description],
    [200, second.fingerprint, undefined],
  );
  equal(
    (await call('PUT', '/v1/keys/other', { body: first.pem })).status,
    201,
    'the first key is free again',
  );
});

test('A71 conditional requests on keys: If-None-Match and If-Match are obeyed', async (t) => {
  const { call } = start(t);
  const { pem } = await makeKey();
  const put = (headers: Record<string, string>) => call('PUT', '/v1/keys/release', { body: pem, headers });
  const none = await put({ 'if-match': '"x"' });
  expectProblem(none, 412, 'PRECONDITION_FAILED', 'there is no record to match');
  match(none.json.detail, /no such record/, 'nothing has changed meanwhile');
  const created = await put({ 'if-none-match': '*' });
  equal(created.status, 201);
  expectProblem(await put({ 'if-none-match': '"x"' }), 400, 'BAD_REQUEST');
  expectProblem(await put({ 'if-none-match': '*' }), 412, 'PRECONDITION_FAILED');
  const etag = created.headers.get('etag') ?? '';
  match(etag, /^"[^"]+"$/);
  const changed = await put({ 'if-match': etag });
  equal(changed.status, 200);
  notEqual(changed.headers.get('etag'), etag);
  expectProblem(await put({ 'if-match': etag }), 412, 'PRECONDITION_FAILED', 'an outdated ETag');
  expectProblem(
    await call('DELETE', '/v1/keys/release', { headers: { 'if-match': etag } }),
    412,
    'PRECONDITION_FAILED',
  );
  expectProblem(
    await call('POST', '/v1/keys/release/revoke', { json: { reason: 'x' }, headers: { 'if-match': etag } }),
    412,
    'PRECONDITION_FAILED',
  );
  equal(
    (await call('DELETE', '/v1/keys/release', { headers: { 'if-match': changed.headers.get('etag') ?? '' } }))
      .status,
    204,
  );
});

test('A13 storing the same key under a second id is a conflict, in any encoding', async (t) => {
  const { call } = start(t);
  const { pem, fingerprint } = await makeKey();
  equal((await call('PUT', '/v1/keys/one', { body: pem })).status, 201);
  for (const spelling of [pem, pem.replaceAll('\n', '\r\n'), pem.trimEnd()]) {
    const answer = await call('PUT', '/v1/keys/two', { body: spelling });
    expectProblem(answer, 409, 'CONFLICT');
    match(answer.json.detail, /one/);
  }
  expectProblem(await call('GET', '/v1/keys/two'), 404, 'KEY_NOT_FOUND');
  equal(
    (await call('PUT', '/v1/keys/one', { body: pem })).json.fingerprint,
    fingerprint,
    'again under its own id',
  );
  equal((await call('DELETE', '/v1/keys/one')).status, 204);
  equal((await call('PUT', '/v1/keys/two', { body: pem })).status, 201, 'the key is free after DELETE');
});

test('DELETE key removes the key', async (t) => {
  const { service, verify } = await makeWorld(t);
  expectVerdict(await verify(), 200, 'VERIFIED');
  const gone = await service.call('DELETE', '/v1/keys/release', { as: 'admin' });
  equal([gone.status, gone.text], [204, '']);
  expectProblem(await service.call('DELETE', '/v1/keys/release', { as: 'admin' }), 404, 'KEY_NOT_FOUND');
  expectProblem(await verify(), 404, 'KEY_NOT_FOUND');
});

test('A72 a private key is refused, not stored and not repeated', async (t) => {
  const { call, service } = start(t);
  for (const algorithm of ['P-256', 'ed25519'] as const) {
    const signer = await makeKey(algorithm);
    const secret = await signer.privatePem();
    const [, line = ''] = secret.split('\n');
    for (const label of [
      'PRIVATE KEY',
      'EC PRIVATE KEY',
      'ENCRYPTED COSIGN PRIVATE KEY',
      'ENCRYPTED SIGSTORE PRIVATE KEY',
    ]) {
      const text = secret.replaceAll('PRIVATE KEY', label);
      for (const options of [
        { body: text },
        { json: { publicKey: text } },
        { body: signer.pem + text },
        { body: text + signer.pem },
      ]) {
        const answer = await call('PUT', '/v1/keys/secret', options);
        expectProblem(answer, 400, 'BAD_KEY', label);
        excludes(answer.text, line, 'the answer');
      }
    }
  }
  equal([...service.kv.stored.keys()], [], 'nothing was stored');
});

test('A72 text that is not a single public key is BAD_KEY', async (t) => {
  const { call, service } = start(t);
  const { pem, spki } = await makeKey();
  for (const body of [
    '',
    'x',
    pem + pem,
    certificatePem({ spki }),
    pem.replace('M', '*'),
    `${pem}x`,
    base64(spki),
    `\ufeff`,
  ]) {
    expectProblem(await call('PUT', '/v1/keys/k', { body }), 400, 'BAD_KEY', body.slice(0, 30));
  }
  for (const bytes of [Uint8Array.of(0xff, 0xfe), spki])
    expectProblem(await call('PUT', '/v1/keys/k', { body: bytes }), 400, 'BAD_KEY');
  equal([...service.kv.stored.keys()], []);
});

test('PUT key: JSON that violates the schema is BAD_REQUEST', async (t) => {
  const { call, service } = start(t);
  const { pem: publicKey } = await makeKey();
  const bad = [
    null,
    [],
    {},
    { publicKey: 1 },
    { publicKey, extra: 1 },
    { publicKey, scopes: [] },
    { publicKey, scopes: ['Not/A/Pattern'] },
    { publicKey, scopes: ['a//b'] },
    { publicKey, scopes: 'ghcr.io/**' },
    { publicKey, validFrom: 'now' },
    { publicKey, validFrom: '2020-01-01' },
    { publicKey, validFrom: 0 },
    { publicKey, transparency: 'none' },
    { publicKey, transparency: 'Required' },
    { publicKey, validFrom: '2021-01-01T00:00:00Z', validUntil: '2020-01-01T00:00:00Z' },
    { publicKey, description: 'x'.repeat(5000) },
  ];
  for (const json of bad)
    expectProblem(await call('PUT', '/v1/keys/k', { json }), 400, 'BAD_REQUEST', JSON.stringify(json));
  for (const body of ['{', `{"publicKey":"a","publicKey":"b"}`, '{"publicKey":"a","__proto__":{}}']) {
    expectProblem(
      await call('PUT', '/v1/keys/k', { body, headers: { 'content-type': 'application/json' } }),
      400,
      'BAD_REQUEST',
      body,
    );
  }
  equal([...service.kv.stored.keys()], []);
});

test('PUT key accepts a validity window of less than a second', async (t) => {
  const { call } = start(t);
  const { pem: publicKey } = await makeKey();
  for (const validUntil of [
    '2020-01-01T00:00:00.500Z',
    '2020-01-01T00:00:00Z',
    '2020-01-01T01:00:00+01:00',
  ]) {
    const json = { publicKey, validFrom: '2020-01-01T00:00:00Z', validUntil };
    ok([200, 201].includes((await call('PUT', '/v1/keys/k', { json })).status), validUntil);
  }
});

test('a key’s updatedAt follows the clock, and createdAt stays', async (t) => {
  const clock = movableClock(t.after);
  const { call } = start(t);
  const { pem } = await makeKey();
  const first = await call('PUT', '/v1/keys/k', { body: pem });
  clock.advance(60_000);
  const second = await call('PUT', '/v1/keys/k', { body: pem });
  equal(second.json.createdAt, first.json.createdAt);
  ok(Date.parse(second.json.updatedAt) - Date.parse(first.json.updatedAt) >= 60_000);
});
