// Revocation, validity windows and logs: what ends trust, and when.
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectSignature, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { type TestContext, test } from '../table.ts';

const start = (t: TestContext) => {
  const service = startService(t.worker);
  const call = (method: string, path: string, options = {}) =>
    service.call(method, path, { as: 'admin', ...options });
  return { service, call };
};

test('A70 a revocation applies from the next call on, with or without cached evidence', async (t) => {
  const { service, verify, byDigest, upstream, signer } = await makeWorld(t);
  for (const key of ['release', signer.fingerprint])
    expectVerdict(await verify(byDigest, `key=${key}`), 200, 'VERIFIED');
  const revoked = await service.call('POST', '/v1/keys/release/revoke', {
    as: 'admin',
    json: { reason: 'lost laptop' },
  });
  equal([revoked.status, revoked.json.state, revoked.json.revoked.reason], [200, 'revoked', 'lost laptop']);
  const before = upstream.sent.length;
  for (const key of ['release', signer.fingerprint])
    expectSignature(await verify(byDigest, `key=${key}`), 'KEY_REVOKED');
  equal(upstream.sent.length, before, 'the evidence came from the cache');
});

test('A70 an edge with an outdated store applies a revocation as soon as it sees it', async (t) => {
  const { service, verify } = await makeWorld(t);
  service.kv.freeze();
  await service.call('POST', '/v1/keys/release/revoke', { as: 'admin', json: { reason: 'x' } });
  equal((await verify()).status, 200, 'the documented delay of Workers KV is up to 60 s');
  service.kv.thaw();
  expectSignature(await verify(), 'KEY_REVOKED');
});

test('revoke: with compromisedAt, signatures proven to be earlier still count; a second call may change compromisedAt', async (t) => {
  const { service, verify } = await makeWorld(t);
  const revoke = async (json: object) =>
    service.call('POST', '/v1/keys/release/revoke', { as: 'admin', json });
  equal((await revoke({ reason: 'x', compromisedAt: '2025-06-01T12:00:01Z' })).status, 200);
  expectVerdict(await verify(), 200, 'VERIFIED', 'signed a second before');
  equal((await revoke({ reason: 'worse than thought', compromisedAt: '2025-06-01T12:00:00Z' })).status, 200);
  expectSignature(await verify(), 'KEY_REVOKED', 'signed at exactly that time');
  equal((await revoke({ reason: 'never mind when' })).json.revoked.compromisedAt, undefined);
  expectSignature(await verify(), 'KEY_REVOKED');
});

test('revoke returns what a read then shows, with the same ETag and time, also when repeated', async (t) => {
  const { service } = await makeWorld(t);
  for (const reason of ['lost', 'worse than thought']) {
    const answer = await service.call('POST', '/v1/keys/release/revoke', { as: 'admin', json: { reason } });
    const read = await service.call('GET', '/v1/keys/release', { as: 'admin' });
    equal([read.headers.get('etag'), read.json], [answer.headers.get('etag'), answer.json], reason);
    equal([read.json.revoked.reason, read.json.updatedBy], [reason, 'ADMIN_TOKEN']);
    ok(read.json.updatedAt >= read.json.revoked.at, 'updatedAt is the time of the revocation');
    const etag = answer.headers.get('etag') ?? '';
    const again = await service.call('POST', '/v1/keys/release/revoke', {
      as: 'admin',
      json: { reason },
      headers: { 'if-match': etag },
    });
    equal(again.status, 200, 'its ETag works for the next change');
  }
});

test('A71 PUT does not make a revoked id active again', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const other = await makeKey();
  await service.call('POST', '/v1/keys/release/revoke', { as: 'admin', json: { reason: 'x' } });
  for (const pem of [signer.pem, other.pem]) {
    expectProblem(await service.call('PUT', '/v1/keys/release', { as: 'admin', body: pem }), 409, 'CONFLICT');
  }
  expectProblem(
    await service.call('PUT', '/v1/keys/second', { as: 'admin', body: signer.pem }),
    409,
    'CONFLICT',
    'also under another id',
  );
  expectSignature(await verify(), 'KEY_REVOKED');
});

test('revoke: an invalid body is 400, and an unknown key 404', async (t) => {
  const { call, service } = start(t);
  await trustKey(service, 'release', await makeKey());
  for (const json of [
    null,
    {},
    { reason: '' },
    { reason: 1 },
    { reason: 'x', compromisedAt: 'yesterday' },
    { reason: 'x', compromisedAt: '2025-01-01' },
    { reason: 'x', more: 1 },
  ]) {
    expectProblem(
      await call('POST', '/v1/keys/release/revoke', { json }),
      400,
      'BAD_REQUEST',
      JSON.stringify(json),
    );
  }
  expectProblem(
    await call('POST', '/v1/keys/absent/revoke', { json: { reason: 'x' } }),
    404,
    'KEY_NOT_FOUND',
  );
  equal((await call('GET', '/v1/keys/release')).json.state, 'active');
});

test('a key’s validity is judged at the proven time, not at the current time', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const window = (terms: object) =>
    service.call('PUT', '/v1/keys/release', { as: 'admin', json: { publicKey: signer.pem, ...terms } });
  await window({ validUntil: '2025-06-01T12:00:00Z' });
  expectVerdict(await verify(), 200, 'VERIFIED', 'expired now, valid when it signed');
  await window({ validUntil: '2025-06-01T11:59:59Z' });
  expectSignature(await verify(), 'KEY_EXPIRED');
  await window({ validFrom: '2025-06-01T12:00:01Z' });
  expectSignature(await verify(), 'KEY_NOT_YET_VALID');
});

test('A59 logs are stored, listed with the built-in ones, replaced and removed', async (t) => {
  const { service, verify, log } = await makeWorld(t);
  const call = (method: string, path: string, json?: unknown) =>
    service.call(method, path, { as: 'admin', ...(json !== undefined && { json }) });
  expectVerdict(await verify(), 200, 'VERIFIED');
  const { logs } = (await call('GET', '/v1/logs')).json;
  equal(
    logs
      .filter(({ builtIn }: { builtIn: boolean }) => !builtIn)
      .map(({ id, logId }: { id: string; logId: string }) => [id, logId]),
    [['fake', log.id]],
  );
  ok(
    logs.some(
      ({ builtIn, logId }: { builtIn: boolean; logId: string }) => builtIn && logId.startsWith('c0d23d6a'),
    ),
    'the public log is listed as built in',
  );
  const terms = { url: log.url, publicKey: log.signer.pem };
  for (const json of [
    terms,
    { ...terms, validFrom: 'x' },
    { ...terms, validFrom: null },
    { ...terms, validFrom: '2021-01-01T00:00:00Z', validUntil: '2020-01-01T00:00:00Z' },
    { ...terms, url: 'ftp://x', validFrom: '2021-01-01T00:00:00Z' },
  ]) {
    expectProblem(await call('PUT', '/v1/logs/fake', json), 400, 'BAD_REQUEST', JSON.stringify(json));
  }
  equal((await call('PUT', '/v1/logs/fake', { ...terms, validFrom: '2025-06-01T12:00:01Z' })).status, 200);
  expectSignature(await verify(), 'LOG_KEY_NOT_VALID');
  expectProblem(
    await call('PUT', '/v1/logs/again', { ...terms, validFrom: '2021-01-01T00:00:00Z' }),
    409,
    'CONFLICT',
  );
  equal((await call('DELETE', '/v1/logs/fake')).status, 204);
  expectSignature(await verify(), 'LOG_UNKNOWN');
  expectProblem(await call('GET', '/v1/logs/fake'), 404, 'LOG_NOT_FOUND');
  expectProblem(await call('DELETE', '/v1/logs/fake'), 404, 'LOG_NOT_FOUND');
});
