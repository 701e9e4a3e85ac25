// A trust store that fails, lags or holds invalid records: the answer is 503 or nothing, never trust.
import { makeKey } from '../../support/keys.ts';
import { equal, includes, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { test } from '../table.ts';

const down = () => {
  throw new Error('KV GET failed: 500 canary-internal-detail');
};

test('A105 a failing store is STORE_UNAVAILABLE on every route, never verified', async (t) => {
  const { service, verify, name, byDigest } = await makeWorld(t);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED', 'warm');
  service.kv.before = down;
  for (const reference of [byDigest, `${name}:1`]) {
    const answer = await verify(reference);
    expectVerdict(answer, 503, 'STORE_UNAVAILABLE');
    equal([answer.json.retryable, answer.json.upstream.host], [true, 'trust store']);
    ok(!answer.text.includes('canary'), 'no detail of the fault');
  }
  const { pem } = await makeKey();
  const calls: [string, string, object][] = [
    ['GET', '/v1/keys', {}],
    ['GET', '/v1/keys/release', {}],
    ['PUT', '/v1/keys/release', { body: pem }],
    ['DELETE', '/v1/keys/release', {}],
    ['POST', '/v1/keys/release/revoke', { json: { reason: 'x' } }],
    ['GET', '/v1/logs', {}],
    ['GET', '/v1/logs/fake', {}],
  ];
  for (const [method, path, options] of calls) {
    expectProblem(
      await service.call(method, path, { as: 'admin', ...options }),
      503,
      'STORE_UNAVAILABLE',
      `${method} ${path}`,
    );
  }
});

test('A66 a store that fails for only one record, a log or the second key, is STORE_UNAVAILABLE', async (t) => {
  const { service, verify } = await makeWorld(t);
  await trustKey(service, 'other', await makeKey());
  for (const part of ['log', 'other']) {
    service.kv.before = (_, name) => (name.includes(part) ? down() : undefined);
    expectVerdict(await verify(undefined, 'key=release&key=other'), 503, 'STORE_UNAVAILABLE', part);
  }
});

test('A66 a store that hangs is DEADLINE_EXCEEDED, and the answer names it', async (t) => {
  const { service, verify, byDigest } = await makeWorld(t);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED', 'warm');
  service.kv.before = () => new Promise<void>(() => undefined);
  const answer = await verify(byDigest, 'key=release&timeout=200ms');
  expectVerdict(answer, 504, 'DEADLINE_EXCEEDED');
  equal(answer.json.upstream.host, 'trust store');
});

test('A66 a store that hangs during authentication runs into the deadline too, on every route', async (t) => {
  const { service, byDigest, registry } = await makeWorld(t);
  const made = await service.call('PUT', '/v1/tokens/ci', {
    as: 'admin',
    json: { scopes: ['verify', 'inspect', 'admin', 'pull'] },
  });
  const as = `Bearer ${made.json.secret}`;
  service.kv.before = () => new Promise<void>(() => undefined);
  for (const [method, path, options] of [
    ['GET', `/v1/verify/${byDigest}?key=release&`, {}],
    ['POST', '/v1/verify/batch?', { json: { items: [{ image: byDigest, keys: ['release'] }] } }],
    ['GET', `/v1/inspect/${byDigest}?`, {}],
    ['POST', '/v1/admission/default?', { json: {} }],
    ['GET', '/v1/keys?', {}],
    ['GET', '/metrics?', {}],
    ['GET', `/v2/${registry.host}/app/manifests/1?`, {}],
  ] as [string, string, object][]) {
    const answer = await service.call(method, `${path}timeout=100ms`, { as, ...options });
    // Registry clients retry only after 503.
    equal(answer.status, path.startsWith('/v2/') ? 503 : 504, `${method} ${path}`);
    includes(answer.text, 'DEADLINE_EXCEEDED', path);
  }
});

test('A67 a stored record that cannot be parsed is undecided, never verified', async (t) => {
  const { service, verify, byDigest } = await makeWorld(t);
  const other = await makeKey();
  for (const prefix of ['key', 'log']) {
    const name = [...service.kv.stored.keys()].find((stored) => stored.startsWith(`${prefix}/`));
    ok(name, prefix);
    const good = service.kv.stored.get(name);
    ok(good);
    const record = JSON.parse(good.value);
    const spoiled = [
      '',
      'null',
      '{',
      '[]',
      '"x"',
      JSON.stringify({ ...record, unknown: 1 }),
      JSON.stringify({ ...record, publicKey: other.pem }),
      JSON.stringify({ ...record, publicKey: 'x' }),
      JSON.stringify({ ...record, transparency: 'eforced', url: 'x' }),
      JSON.stringify({ ...record, validFrom: 'soon' }),
      JSON.stringify({ ...record, scopes: [], logId: 'x' }),
    ];
    for (const value of spoiled) {
      service.kv.stored.set(name, { ...good, value });
      expectVerdict(await verify(byDigest), 503, 'STORE_UNAVAILABLE', `${name}: ${value.slice(0, 60)}`);
    }
    service.kv.stored.set(name, good);
    expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  }
});

test('A71 a stored revocation counts even if its reason would no longer be accepted', async (t) => {
  const { service, verify } = await makeWorld(t);
  const words = { as: 'admin', json: { reason: 'PRIVATE KEY found in a public image' } };
  equal(
    (await service.call('POST', '/v1/keys/release/revoke', words)).status,
    200,
    'a reason that only mentions a private key is accepted',
  );
  const name = 'revocation/release';
  const stored = service.kv.stored.get(name);
  ok(stored);
  const reason = '-----BEGIN PRIVATE KEY-----';
  service.kv.stored.set(name, { ...stored, value: JSON.stringify({ ...JSON.parse(stored.value), reason }) });
  equal((await service.get('/v1/keys/release', { as: 'admin' })).json.state, 'revoked');
  expectVerdict(await verify(), 403, 'NO_TRUSTED_SIGNATURE');
});

test('A67 a record that cannot be parsed can be deleted, but not with If-Match', async (t) => {
  const { service } = await makeWorld(t);
  const admin = (method: string, path: string, options = {}) =>
    service.call(method, path, { as: 'admin', ...options });
  await admin('PUT', '/v1/policies/p', {
    json: { rules: [{ name: 'r', match: ['**'], require: { keys: ['release'] } }] },
  });
  await admin('PUT', '/v1/tokens/t', { json: { scopes: ['verify'] } });
  const ids: [string, string][] = [
    ['policies/p', 'policy/p'],
    ['tokens/t', 'token/t'],
    ['keys/release', 'key/release'],
    ['logs/fake', 'log/fake'],
  ];
  for (const [path, name] of ids) {
    const good = service.kv.stored.get(name);
    ok(good, name);
    service.kv.stored.set(name, { ...good, value: '{"later":true}' });
    expectProblem(await admin('GET', `/v1/${path}`), 503, 'STORE_UNAVAILABLE', path);
    for (const headers of [{ 'if-match': '"a"' }, { 'if-none-match': '*' }])
      expectProblem(await admin('DELETE', `/v1/${path}`, { headers }), 503, 'STORE_UNAVAILABLE', path);
    equal((await admin('DELETE', `/v1/${path}`)).status, 204, path);
    equal((await admin('GET', `/v1/${path}`)).status, 404, path);
  }
});

test('A111 a failure between the writes of one change leaves nothing half-trusted, and a repeat succeeds', async (t) => {
  const { service } = await makeWorld(t);
  const { pem, fingerprint } = await makeKey();
  const put = () => service.call('PUT', '/v1/keys/new', { as: 'admin', body: pem });
  for (let allowed = 0; allowed < 2; allowed++) {
    let left = allowed;
    service.kv.before = (operation) => {
      if (operation === 'put' && left-- <= 0) down();
    };
    expectProblem(await put(), 503, 'STORE_UNAVAILABLE', `after ${allowed} writes`);
    delete service.kv.before;
    expectProblem(await service.get('/v1/keys/new', { as: 'admin' }), 404, 'KEY_NOT_FOUND');
    expectProblem(await service.get(`/v1/verify/docker.io/x?key=${fingerprint}`), 404, 'KEY_NOT_FOUND');
  }
  equal((await put()).status, 201);
  const { json } = await service.get('/v1/keys', { as: 'admin' });
  equal(json.keys.filter(({ id }: { id: string }) => id === 'new').length, 1);
});

test('A111 a failed revocation is an error, repeating it is idempotent, and then list and verify agree', async (t) => {
  const { service, verify } = await makeWorld(t);
  const revoke = () =>
    service.call('POST', '/v1/keys/release/revoke', {
      as: 'admin',
      json: { reason: 'x', compromisedAt: '2020-01-01T00:00:00Z' },
    });
  service.kv.before = (operation) => {
    if (operation === 'put') down();
  };
  expectProblem(await revoke(), 503, 'STORE_UNAVAILABLE');
  delete service.kv.before;
  const first = await revoke();
  const second = await revoke();
  equal([first.status, second.status, second.json.revoked.at], [200, 200, first.json.revoked.at]);
  const { json } = await service.get('/v1/keys', { as: 'admin' });
  equal(
    json.keys.map(({ id, state }: { id: string; state: string }) => [id, state]),
    [['release', 'revoked']],
  );
  expectVerdict(await verify(), 403, 'NO_TRUSTED_SIGNATURE');
});

test('A111 a failure while a key is deleted leaves it whole or gone', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  service.kv.before = (operation, name) => {
    if (operation === 'delete' && name.startsWith('fingerprint/')) down();
  };
  expectProblem(await service.call('DELETE', '/v1/keys/release', { as: 'admin' }), 503, 'STORE_UNAVAILABLE');
  delete service.kv.before;
  expectProblem(await verify(), 404, 'KEY_NOT_FOUND');
  expectProblem(await verify(undefined, `key=${signer.fingerprint}`), 404, 'KEY_NOT_FOUND');
  await trustKey(service, 'again', signer);
  expectVerdict(await verify(undefined, `key=${signer.fingerprint}`), 200, 'VERIFIED');
});

test('A67 a record stored under another id than its own is not trusted, with or without cached evidence', async (t) => {
  const { service, verify, byDigest } = await makeWorld(t);
  const other = await makeKey();
  await trustKey(service, 'other', other);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED', 'warm');
  const record = service.kv.stored.get('key/release');
  ok(record, 'the record exists');
  service.kv.stored.set('key/copied', record);
  expectVerdict(await verify(byDigest, 'key=copied'), 503, 'STORE_UNAVAILABLE');
  const index = `fingerprint/${other.fingerprint.slice('sha256:'.length)}`;
  ok(service.kv.stored.has(index), 'the index exists');
  service.kv.stored.set(index, { value: 'release', metadata: null });
  expectProblem(await verify(byDigest, `key=${other.fingerprint}`), 404, 'KEY_NOT_FOUND');
  service.kv.stored.set(index, { value: '../log/fake', metadata: null });
  const answer = await verify(byDigest, `key=${other.fingerprint}`);
  ok([404, 503].includes(answer.status), answer.text);
});
