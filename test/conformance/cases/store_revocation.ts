// What a store without compare-and-swap must not lose, and what a record must leave room for. API.md "Trust". ABUSE A71, A111.
import { makeKey } from '../../support/keys.ts';
import { equal } from '../assert.ts';
import { test } from '../table.ts';
import { expectProblem, expectSignature, expectVerdict, makeWorld, trustKey } from '../world.ts';

const ADMIN = { as: 'admin' } as const;

test('A71 A111 a revocation is not undone by a PUT that had not seen it', async (t) => {
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

test('A111 PUT and revoke at once: whatever the order, the key ends revoked', async (t) => {
  const { service, signer } = await makeWorld(t);
  const put = service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem });
  const revoke = service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  equal((await Promise.all([put, revoke]))[1].status, 200);
  equal((await service.get('/v1/keys/release', ADMIN)).json.state, 'revoked');
});

test('a key forgotten is forgotten with its revocation', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  await trustKey(service, 'release', signer);
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('a deletion that was cut short after the record can be finished, and the id is free again', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json: { reason: 'x' } });
  service.kv.stored.delete('key/release');
  const put = () => service.call('PUT', '/v1/keys/release', { ...ADMIN, body: signer.pem });
  expectProblem(await put(), 409, 'CONFLICT', 'until then');
  equal((await service.call('DELETE', '/v1/keys/release', ADMIN)).status, 204);
  expectProblem(await service.call('DELETE', '/v1/keys/release', ADMIN), 404, 'KEY_NOT_FOUND');
  equal((await put()).status, 201);
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('revoke: a compromise in the future is a mistake', async (t) => {
  const { service, verify } = await makeWorld(t);
  const json = { reason: 'x', compromisedAt: '2999-01-01T00:00:00Z' };
  expectProblem(
    await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json }),
    400,
    'BAD_REQUEST',
  );
  expectVerdict(await verify(), 200, 'VERIFIED');
});

test('PUT key: a record is bounded, so that it can always be revoked', async (t) => {
  const { service, signer } = await makeWorld(t);
  const scopes = Array.from({ length: 100 }, (_, i) => `ghcr.io/${'a'.repeat(400)}/${i}`);
  const json = { publicKey: signer.pem, scopes };
  expectProblem(await service.call('PUT', '/v1/keys/release', { ...ADMIN, json }), 413, 'TOO_LARGE');
});

test('PUT key: PEM alone keeps the terms of the same key, and gives none to another', async (t) => {
  const { service, signer } = await makeWorld(t, { terms: { scopes: ['ghcr.io/acme/**'] } });
  const put = async (body: string) =>
    (await service.call('PUT', '/v1/keys/release', { ...ADMIN, body })).json;
  equal((await put(signer.pem)).scopes, ['ghcr.io/acme/**']);
  equal((await put((await makeKey()).pem)).scopes, undefined);
});
