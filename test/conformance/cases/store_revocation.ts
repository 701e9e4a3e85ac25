// What a store without compare-and-swap must not lose, and the room that a record must keep for a revocation.
import { makeKey } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectSignature, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

test('A71 A111 a PUT that has not seen a revocation does not undo it', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  service.kv.freeze();
  equal(
    (await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } })).status,
    200,
  );
  equal(
    (await service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem })).status,
    200,
    'a stale read',
  );
  service.kv.thaw();
  expectSignature(await verify(), 'KEY_REVOKED');
  equal((await service.get('/v1/keys/release', ADMIN)).json.state, 'revoked');
  expectProblem(
    await service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem }),
    409,
    'CONFLICT',
  );
});

test('A111 after a concurrent PUT and revoke, in any order, the key is revoked', async (t) => {
  const { service, signer } = await makeWorld(t);
  const put = service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem });
  const revoke = service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  equal((await Promise.all([put, revoke]))[1].status, 200);
  equal((await service.get('/v1/keys/release', ADMIN)).json.state, 'revoked');
});

test('deleting a key also deletes its revocation', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  await trustKey(service, 'release', signer);
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('a new key may be stored in the millisecond in which the one before it was revoked and deleted', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { now } = Date;
  const moment = now() + 10;
  t.after(() => {
    Date.now = now;
  });
  Date.now = () => moment;
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  await trustKey(service, 'release', signer);
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('A70 A71 an edge that still reads a deleted key finds it revoked; a new key under its id is not revoked', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { stored } = service.kv;
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  const old = [...stored].filter(([name]) => name === 'key/release' || name.startsWith('fingerprint/'));
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  const isGone = async (what: string) => {
    expectProblem(await verify(), 404, 'KEY_NOT_FOUND', what);
    for (const method of ['GET', 'DELETE'])
      expectProblem(await service.call(method, '/v1/keys/release', ADMIN), 404, 'KEY_NOT_FOUND', what);
  };
  await isGone('where the deletion has arrived');
  for (const [name, value] of old) stored.set(name, value);
  expectSignature(await verify(), 'KEY_REVOKED', 'by id');
  expectSignature(await verify(undefined, `key=${signer.fingerprint}`), 'KEY_REVOKED', 'by fingerprint');
  equal((await service.get('/v1/keys/release', ADMIN)).json.revoked.reason, 'x');
  for (const [name] of old) stored.delete(name);
  await trustKey(service, 'release', signer);
  expectVerdict(await verify(), 200, 'VERIFIED', 'stored anew');
  equal((await service.get('/v1/keys/release', ADMIN)).json.state, 'active');
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, 'deleted again');
  await isGone('deleted again');
  for (const [name, value] of old) stored.set(name, value);
  expectSignature(await verify(), 'KEY_REVOKED', 'still, after another key under its id');
  for (const [name] of old) stored.delete(name);
  await trustKey(service, 'release', signer);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'y' } });
  expectSignature(await verify(), 'KEY_REVOKED', 'revoked again');
  equal((await service.get('/v1/keys/release', ADMIN)).json.revoked.reason, 'y');
});

test('A71 A111 a DELETE that finds a revocation and not yet its key deletes both', async (t) => {
  const { service, verify } = await makeWorld(t);
  const { get, stored } = service.kv;
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  const old = stored.get('key/release');
  service.kv.get = async (name, options) => (name === 'key/release' ? null : get(name, options));
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, 'a stale read');
  service.kv.get = get;
  expectProblem(await verify(), 404, 'KEY_NOT_FOUND');
  if (old !== undefined) stored.set('key/release', old);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
});

test('A70 A71 a DELETE that reads an older key of the id leaves the revoked one revoked', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { get, stored } = service.kv;
  const older = stored.get('key/release')?.value ?? '';
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await trustKey(service, 'release', signer);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  const revoked = stored.get('key/release');
  service.kv.get = async (name, options) => (name === 'key/release' ? older : get(name, options));
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, 'a stale read');
  service.kv.get = get;
  expectProblem(await verify(), 404, 'KEY_NOT_FOUND');
  if (revoked !== undefined) stored.set('key/release', revoked);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
  stored.delete('key/release');
  await trustKey(service, 'release', signer);
  expectVerdict(await verify(), 200, 'VERIFIED', 'stored anew');
});

test('A70 A71 a DELETE that reads an earlier revocation, with a time, does not let earlier signatures count again', async (t) => {
  const { service, verify } = await makeWorld(t);
  const { get, stored } = service.kv;
  const revoke = (json: object) => service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json });
  await revoke({ reason: 'x', compromisedAt: new Date().toISOString() });
  expectVerdict(await verify(), 200, 'VERIFIED', 'signed before');
  const earlier = stored.get('revocation/release')?.value ?? '';
  await revoke({ reason: 'y' });
  const key = stored.get('key/release');
  service.kv.get = async (name, options) => (name === 'revocation/release' ? earlier : get(name, options));
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, 'a stale read');
  service.kv.get = get;
  if (key !== undefined) stored.set('key/release', key);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
});

test('A70 A71 a revocation that reads an older key of the id still holds for the newer one once that is deleted', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { get, stored } = service.kv;
  const older = stored.get('key/release')?.value ?? '';
  const revoke = () => service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  await revoke();
  await service.call('DELETE', '/v1/keys/release', ADMIN);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await trustKey(service, 'release', signer);
  service.kv.get = async (name, options) => (name === 'key/release' ? older : get(name, options));
  equal((await revoke()).status, 200, 'a stale read');
  service.kv.get = get;
  const revoked = stored.get('key/release');
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  if (revoked !== undefined) stored.set('key/release', revoked);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
});

test('A70 A71 a key stored again by a PUT that saw neither it nor its revocation is still revoked once it is deleted', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { get, stored } = service.kv;
  const older = stored.get('key/release')?.value ?? '';
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  await new Promise((resolve) => setTimeout(resolve, 2));
  service.kv.get = async () => null;
  equal((await service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem })).status, 201, 'stale');
  service.kv.get = async (name, options) => (name === 'key/release' ? older : get(name, options));
  const again = stored.get('key/release');
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, 'a stale read');
  service.kv.get = get;
  if (again !== undefined) stored.set('key/release', again);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
});

test('A70 A71 a key that was revoked stays so at an edge that still reads it, if it was deleted because a record could not be read', async (t) => {
  for (const damaged of ['revocation/release', 'key/release']) {
    const { service, verify, signer } = await makeWorld(t);
    const { stored } = service.kv;
    await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
    const [key, record] = [stored.get('key/release'), stored.get(damaged)];
    ok(key);
    ok(record);
    stored.set(damaged, { ...record, value: '{"later":true}' });
    equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204, damaged);
    stored.set('key/release', key);
    expectSignature(await verify(), 'KEY_REVOKED', damaged);
    stored.delete('key/release');
    await trustKey(service, 'release', signer);
    expectVerdict(await verify(), 200, 'VERIFIED', `stored anew, ${damaged}`);
  }
});

test('A71 A111 a deletion interrupted after the record can be finished, and then the id is free', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  const old = service.kv.stored.get('key/release');
  service.kv.stored.delete('key/release');
  const put = () => service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem });
  expectProblem(await put(), 409, 'CONFLICT', 'until that time');
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  expectProblem(await service.call('DELETE', '/v1/keys/release', ADMIN), 404, 'KEY_NOT_FOUND');
  if (old !== undefined) service.kv.stored.set('key/release', old);
  expectSignature(await verify(), 'KEY_REVOKED', 'an edge that still reads the key');
  service.kv.stored.delete('key/release');
  equal((await put()).status, 201);
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('revoke: compromisedAt in the future is refused', async (t) => {
  const { service, verify } = await makeWorld(t);
  const json = { reason: 'x', compromisedAt: '2999-01-01T00:00:00Z' };
  expectProblem(
    await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json }),
    400,
    'BAD_REQUEST',
  );
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('PUT key: the size of a record is limited so that it can always be revoked', async (t) => {
  const { service, signer } = await makeWorld(t);
  const put = (count: number) => {
    const scopes = Array.from({ length: count }, (_, i) => `ghcr.io/${'a'.repeat(400)}/${i}`);
    return service.call('PUT', '/v1/keys/release', { ...ADMIN, json: { publicKey: signer.pem, scopes } });
  };
  let count = 100;
  for (; (await put(count)).status === 413; count--);
  expectProblem(await put(count + 1), 413, 'TOO_LARGE');
  const reason = 'x'.repeat(1000);
  const revoked = await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason } });
  equal([revoked.status, revoked.json.scopes.length, revoked.json.revoked.reason], [200, count, reason]);
});

test('PUT key: PEM alone keeps the terms if the key is the same, and removes them if it is another', async (t) => {
  const { service, signer } = await makeWorld(t, { terms: { scopes: ['ghcr.io/acme/**'] } });
  const put = async (body: string) =>
    (await service.call('PUT', '/v1/keys/release', { ...ADMIN, body })).json;
  equal((await put(signer.pem)).scopes, ['ghcr.io/acme/**']);
  equal((await put((await makeKey()).pem)).scopes, undefined);
});
