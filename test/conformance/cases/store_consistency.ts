// What holds once a change has returned: the next call that reads the store decides by it, whatever is cached; an edge with an outdated
// store decides by what it sees.

import { createWorkersKvStore, type KvNamespace } from '../../../src/store/kv/workers_kv.ts';
import { findStoredLog } from '../../../src/store/logs.ts';
import { movableClock } from '../../support/clock.ts';
import { makeRoot } from '../../support/fake_root.ts';
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectSignature, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import {
  byPolicy,
  makePolicyWorld,
  policyOf,
  putPolicy,
  signerOf,
  signWith,
} from '../support/world_policies.ts';
import { test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;
const RULE_A = { name: 'ours', require: { keys: ['a'] } };

test('A69 with all evidence cached, the verdict follows changes of policy, keys, request and clock', async (t) => {
  const clock = movableClock(t.after);
  const world = await makePolicyWorld(t, { rules: [RULE_A] });
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  const { length: calls } = world.upstream.sent;
  await putPolicy(world.service, 'default', policyOf({ require: { threshold: 2, keys: ['a', 'b'] } }));
  expectVerdict(await byPolicy(world), 403, 'POLICY_THRESHOLD', 'another requirement');
  await putPolicy(world.service, 'default', policyOf({ match: ['ghcr.io/**'], require: { keys: ['a'] } }));
  expectVerdict(await byPolicy(world), 403, 'POLICY_NO_RULE', 'other names');
  await putPolicy(world.service, 'default', policyOf(RULE_A));
  expectVerdict(await byPolicy(world), 200, 'VERIFIED', 'and reverted');
  expectVerdict(await byPolicy(world, 'annotation=a=b'), 403, 'NO_TRUSTED_SIGNATURE', 'another request');
  await changeTerms(world, 'a', { scopes: ['ghcr.io/**'] });
  expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE', 'other terms of the key');
  await changeTerms(world, 'a', {});
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  equal(world.upstream.sent.length, calls, 'all from the cache');
  const until = new Date(Date.now() + 10_000).toISOString();
  await putPolicy(world.service, 'default', policyOf({ unsafeAllowUnsigned: 'x', until }));
  equal((await byPolicy(world)).json.code, 'EXEMPT');
  clock.advance(10_000);
  const ended = await byPolicy(world);
  expectVerdict(ended, 403, 'POLICY_NO_RULE', 'the exemption has ended');
  equal(
    ended.json.summary,
    `No rule of the policy default matches ${world.name} (rule 0: the exemption has ended).`,
  );
});

async function changeTerms(world: Awaited<ReturnType<typeof makePolicyWorld>>, id: string, terms: object) {
  const json = { publicKey: signerOf(world.signers, id).pem, ...terms };
  equal((await world.service.call('PUT', `/v1/keys/${id}`, { as: 'admin', json })).status, 200);
}

test('A70 an edge with an outdated store decides by what it sees, for policies and tokens, and by the new state once it sees that', async (t) => {
  const world = await makePolicyWorld(t, { rules: [RULE_A], vars: { ACCESS: 'token' } });
  const { service } = world;
  const { json } = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: { scopes: ['verify'] } });
  const as = `Bearer ${json.secret}`;
  const verify = () => world.verify(world.byDigest, '', { as });
  expectVerdict(await verify(), 200, 'VERIFIED');
  service.kv.freeze();
  await putPolicy(service, 'default', policyOf({ require: { keys: ['b'] } }));
  await service.call('DELETE', '/v1/tokens/ci', ADMIN);
  expectVerdict(await verify(), 200, 'VERIFIED', 'by the outdated store');
  service.kv.thaw();
  expectProblem(await verify(), 401, 'UNAUTHENTICATED');
  expectVerdict(await world.verify(world.byDigest, '', ADMIN), 403, 'NO_TRUSTED_SIGNATURE');
});

test('A70 a key that an edge does not see yet counts nowhere, and counts once it is seen', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['new'] } }] });
  const signer = await makeKey();
  await signWith(world, world.image, [signer]);
  expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE');
  world.service.kv.freeze();
  await trustKey(world.service, 'new', signer);
  const unseen = await byPolicy(world);
  expectVerdict(unseen, 403, 'NO_TRUSTED_SIGNATURE');
  ok(unseen.json.summary.includes('not stored: new'), unseen.json.summary);
  world.service.kv.thaw();
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
});

test('A70 A111 a key is found by its fingerprint, and a log by its id, also if what finds them was read as it had been', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { get, stored } = service.kv;
  const other = await makeKey();
  const { document, logIds } = await makeRoot('a');
  const storeAll = async (body: string, json: unknown) => {
    ok((await service.call('PUT', '/v1/keys/release', { ...ADMIN, body })).status < 300);
    ok((await service.call('PUT', '/v1/logs/root', { ...ADMIN, json })).status < 300);
  };
  await storeAll(signer.pem, document);
  const old = new Map([...stored].filter(([name]) => /^(fingerprint|log-id)/.test(name)));
  await storeAll(other.pem, (await makeRoot('b')).document);
  service.kv.get = async (name, options) => old.get(name)?.value ?? get(name, options);
  await storeAll(signer.pem, document);
  service.kv.get = get;
  expectVerdict(await verify(undefined, `key=${signer.fingerprint}`), 200, 'VERIFIED');
  const store = createWorkersKvStore(service.kv as unknown as KvNamespace);
  for (const logId of logIds) ok(await findStoredLog(store, logId), logId);
});

test('A66 if the store fails for a policy, key or revocation, the verdict is undecided', async (t) => {
  const world = await makePolicyWorld(t, { rules: [RULE_A, { name: 'rest', unsafeAllowUnsigned: 'x' }] });
  const { kv } = world.service;
  for (const name of ['policy/default', 'key/a', 'revocation/a']) {
    kv.before = (operation, key) => {
      if (operation === 'get' && key === name) throw new Error('KV is down');
    };
    expectVerdict(await byPolicy(world), 503, 'STORE_UNAVAILABLE', name);
  }
  delete kv.before;
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
});

test('A111 a change that fails leaves what was there, for policies and tokens, and can be repeated', async (t) => {
  const world = await makePolicyWorld(t, { rules: [RULE_A] });
  const { service } = world;
  const fail = () => {
    service.kv.before = (operation) => {
      if (operation !== 'get') throw new Error('KV is down');
    };
  };
  const json = policyOf({ require: { keys: ['b'] } });
  const put = () => service.call('PUT', '/v1/policies/default', { as: 'admin', json });
  const token = () => service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: { scopes: ['verify'] } });
  fail();
  expectProblem(await put(), 503, 'STORE_UNAVAILABLE');
  expectProblem(await token(), 503, 'STORE_UNAVAILABLE');
  expectProblem(await service.call('DELETE', '/v1/policies/default', ADMIN), 503, 'STORE_UNAVAILABLE');
  delete service.kv.before;
  expectVerdict(await byPolicy(world), 200, 'VERIFIED', 'as before');
  expectProblem(await service.get('/v1/tokens/ci', ADMIN), 404, 'TOKEN_NOT_FOUND');
  equal([(await put()).status, (await token()).status], [200, 201]);
  expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE');
});

test('A71 of two administrators who write at once, the second gets an error, and no change is silently lost', async (t) => {
  const world = await makePolicyWorld(t, { rules: [RULE_A] });
  const { service } = world;
  const etag = (await service.get('/v1/policies/default', ADMIN)).headers.get('etag') ?? '';
  const put = (id: string) =>
    service.call('PUT', '/v1/policies/default', {
      as: 'admin',
      json: policyOf({ require: { keys: [id] } }),
      headers: { 'if-match': etag },
    });
  equal((await put('b')).status, 200);
  expectProblem(await put('c'), 412, 'PRECONDITION_FAILED');
  equal((await service.get('/v1/policies/default', ADMIN)).json.rules[0].require.keys, ['b']);
});

test('A106 an invalid policy or token id is 400, and nothing is read', async (t) => {
  const service = startService(t.worker);
  const ids = [
    '..',
    'a%2Fb',
    'a:b',
    '%00',
    'a'.repeat(64),
    '__proto__',
    'Constructor',
    'key/a',
    '-a',
    'a b',
    'ä',
  ];
  const { length } = service.kv.reads;
  for (const resource of ['policies', 'tokens']) {
    for (const id of ids) {
      const answer = await service.get(`/v1/${resource}/${id}`, ADMIN);
      ok(answer.status === 400 || answer.status === 404, `${resource}/${id}: ${answer.status}`);
    }
    expectProblem(
      await service.get(`/v1/${resource}/constructor`, ADMIN),
      404,
      resource === 'policies' ? 'POLICY_NOT_FOUND' : 'TOKEN_NOT_FOUND',
    );
  }
  const reads = service.kv.reads.slice(length);
  equal(reads, ['policy/constructor', 'token/constructor']);
});

test('A108 lists of policies and tokens are paged and limited', async (t) => {
  const service = startService(t.worker);
  for (let i = 0; i < 5; i++) {
    await service.call('PUT', `/v1/policies/p${i}`, { as: 'admin', json: policyOf() });
    await service.call('PUT', `/v1/tokens/t${i}`, { as: 'admin', json: { scopes: ['verify'] } });
  }
  for (const resource of ['policies', 'tokens']) {
    for (const limit of ['0', '-1', '101', '1e9', 'all', '1000000000'])
      expectProblem(await service.get(`/v1/${resource}?limit=${limit}`, ADMIN), 400, 'BAD_REQUEST', limit);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { json } = await service.get(`/v1/${resource}?limit=2${cursor}`, ADMIN);
      ok(json[resource].length <= 2);
      seen.push(...json[resource].map(({ id }: { id: string }) => id));
      cursor = json.cursor === undefined ? '' : `&cursor=${encodeURIComponent(json.cursor)}`;
    } while (cursor !== '');
    equal(seen.length, 5, resource);
  }
});

test('A42 cached evidence that did not suffice is undecided, not refused, while the registry fails', async (t) => {
  const clock = movableClock(t.after);
  const world = await makePolicyWorld(t, { by: ['a'], rules: [{ require: { keys: ['b'] } }] });
  expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE');
  await signWith(world, world.image, [signerOf(world.signers, 'a'), signerOf(world.signers, 'b')]);
  clock.advance(4000);
  world.registry.lie = () => new Response('', { status: 503 });
  expectVerdict(await byPolicy(world), 503, 'REGISTRY_UNAVAILABLE');
  world.registry.lie = (_, truth) => truth();
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
});

test('A71 a key that a race stored under two ids is revoked for both when one is revoked', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a'], rules: [{ require: { keys: ['twin', 'a'] } }] });
  const { kv } = world.service;
  const record = JSON.parse(kv.stored.get('key/a')?.value ?? '');
  kv.stored.set('key/twin', { value: JSON.stringify({ ...record, id: 'twin' }), metadata: null });
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  for (const keys of [
    ['twin', 'a'],
    ['a', 'twin'],
  ]) {
    await putPolicy(world.service, 'default', policyOf({ require: { keys } }));
    await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
    expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE', keys.join());
  }
});

test('A71 of a key that a race stored under two ids, the revocation that leaves less counts', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a'], rules: [RULE_A] });
  const { service } = world;
  const record = JSON.parse(service.kv.stored.get('key/a')?.value ?? '');
  service.kv.stored.set('key/twin', { value: JSON.stringify({ ...record, id: 'twin' }), metadata: null });
  const revoke = (id: string, json: object) =>
    service.call('POST', `/v1/keys/${id}/revoke`, { as: 'admin', json: { reason: 'x', ...json } });
  await revoke('a', { compromisedAt: new Date().toISOString() });
  expectVerdict(await byPolicy(world), 200, 'VERIFIED', 'signed before');
  await revoke('twin', {});
  for (const keys of [
    ['twin', 'a'],
    ['a', 'twin'],
  ]) {
    await putPolicy(service, 'default', policyOf({ require: { keys } }));
    expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE', keys.join());
  }
});

test('A71 of a key that a race stored under two ids, the revoked one is found by its fingerprint, and refused under a third', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const { stored } = service.kv;
  const record = JSON.parse(stored.get('key/release')?.value ?? '');
  stored.set('key/twin', { value: JSON.stringify({ ...record, id: 'twin' }), metadata: null });
  const index = [...stored.keys()].find((name) => name.startsWith('fingerprint/')) ?? '';
  const left = [{ value: 'twin', metadata: null }, undefined];
  for (const entry of left) {
    if (entry === undefined) stored.delete(index);
    else stored.set(index, entry);
    const json = { reason: 'x' };
    equal((await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json })).status, 200);
    expectSignature(await verify(undefined, `key=${signer.fingerprint}`), 'KEY_REVOKED', entry?.value);
    const third = await service.call('PUT', '/v1/keys/third', { ...ADMIN, body: signer.pem });
    expectProblem(third, 409, 'CONFLICT', entry?.value);
  }
});
