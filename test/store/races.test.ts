// Concurrent writers on a store with compare-and-swap: one wins, and the others get the error that fits their precondition.
import { beforeEach, describe, expect, test } from 'vitest';
import { parsePublicKey } from '../../src/core/crypto/public_key.ts';
import { deleteKey, getKey, putKey } from '../../src/store/keys.ts';
import { createDenoKvStore, type DenoKv } from '../../src/store/kv/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { putPolicy } from '../../src/store/policies.ts';
import type { Edit, Precondition } from '../../src/store/preconditions.ts';
import { revokeKey } from '../../src/store/revocation.ts';
import { makeDenoKv } from '../support/fake_deno_kv.ts';
import { makeKey } from '../support/keys.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const NEW = { ifNoneMatch: '*' };
const key = await parsePublicKey((await makeKey()).spki);
const other = await parsePublicKey((await makeKey()).spki);
const exempt = { rules: [{ name: 'a', match: ['a.example/**'], unsafeAllowUnsigned: 'test' }] };

let store: KeyValueStore;
beforeEach(() => {
  store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
});

const edit = (precondition: Precondition = {}): Edit => ({ precondition, by: 'test', now: NOW });
const put = (precondition: Precondition, id = 'a') =>
  putKey(store, id, key, {}, edit(precondition)).then(({ isNew }) => (isNew ? 'new' : 'replaced'), codeOf);
const codeOf = ({ code }: { code: string }) => code;
const count = async (outcomes: Promise<string>[]) =>
  Object.groupBy(await Promise.all(outcomes), (one) => one);
const numbers = async (outcomes: Promise<string>[]) =>
  Object.fromEntries(Object.entries(await count(outcomes)).map(([one, all]) => [one, all?.length]));
const five = <T>(make: (index: number) => T) => Array.from({ length: 5 }, (_, index) => make(index));

describe('of five concurrent writers of a key', () => {
  test('with If-None-Match one creates it, and the others get PRECONDITION_FAILED', async () => {
    expect(await numbers(five(() => put(NEW)))).toEqual({ new: 1, PRECONDITION_FAILED: 4 });
  });

  test('under different ids one stores it, and the others get CONFLICT', async () => {
    expect(await numbers(five((index) => put(NEW, `id-${index}`)))).toEqual({ new: 1, CONFLICT: 4 });
  });

  test('with If-Match one replaces it, and the others get PRECONDITION_FAILED', async () => {
    await put({});
    const ifMatch = `"${(await getKey(store, 'a'))?.revision}"`;
    expect(await numbers(five(() => put({ ifMatch })))).toEqual({ replaced: 1, PRECONDITION_FAILED: 4 });
  });

  test('without a precondition one creates it, and the others get CONFLICT', async () => {
    expect(await numbers(five(() => put({})))).toEqual({ new: 1, CONFLICT: 4 });
  });

  test('one revokes or deletes it, and the others get PRECONDITION_FAILED', async () => {
    await put({});
    const ifMatch = `"${(await getKey(store, 'a'))?.revision}"`;
    const revoke = (precondition: Precondition) =>
      revokeKey(store, 'a', { reason: 'test' }, edit(precondition)).then(() => 'revoked', codeOf);
    expect(await numbers(five(() => revoke({ ifMatch })))).toEqual({ revoked: 1, PRECONDITION_FAILED: 4 });
    const again = `"${(await getKey(store, 'a'))?.revision}"`;
    const remove = (precondition: Precondition) =>
      deleteKey(store, 'a', { precondition, now: NOW }).then(() => 'gone', codeOf);
    expect(await numbers(five(() => remove({ ifMatch: again })))).toEqual({
      gone: 1,
      PRECONDITION_FAILED: 4,
    });
  });
});

test('a change whose precondition still holds after another writer’s change gets CONFLICT', async () => {
  const change = {
    put: () => put({ ifMatch: '*' }),
    remove: () =>
      deleteKey(store, 'a', { precondition: { ifMatch: '*' }, now: NOW }).then(() => 'gone', codeOf),
  };
  for (const make of Object.values(change)) {
    store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
    await put({});
    const { commit } = store;
    store.commit = async (changes) => {
      store.commit = commit;
      expect(await put({ ifMatch: '*' })).toBe('replaced');
      return commit(changes);
    };
    expect(await make()).toBe('CONFLICT');
  }
});

describe('a revocation beside another change', () => {
  const revoke = (precondition: Precondition) =>
    revokeKey(store, 'a', { reason: 'test' }, edit(precondition)).then(() => 'revoked', codeOf);
  const replace = (precondition: Precondition) =>
    putKey(store, 'a', other, {}, edit(precondition)).then(() => 'replaced', codeOf);
  const remove = (precondition: Precondition) =>
    deleteKey(store, 'a', { precondition, now: NOW }).then(() => 'gone', codeOf);
  const orders = [
    ['first', (one: () => Promise<string>, two: () => Promise<string>) => [one(), two()]],
    ['second', (one: () => Promise<string>, two: () => Promise<string>) => [two(), one()].reverse()],
  ] as const;

  test.each(orders)(
    'succeeds or fails as a whole if both have the same If-Match, started %s',
    async (_, begin) => {
      for (const change of [replace, remove]) {
        store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
        await put({});
        const ifMatch = `"${(await getKey(store, 'a'))?.revision}"`;
        const outcomes = await Promise.all(
          begin(
            () => revoke({ ifMatch }),
            () => change({ ifMatch }),
          ),
        );
        expect(outcomes).toContain('PRECONDITION_FAILED');
        const made = outcomes.find((one) => one !== 'PRECONDITION_FAILED');
        const record = await getKey(store, 'a');
        if (made === 'revoked') expect(record).toMatchObject({ fingerprint: key.fingerprint, revoked: {} });
        else
          expect([record?.fingerprint, record?.revoked]).toEqual([
            made === 'gone' ? undefined : other.fingerprint,
            undefined,
          ]);
        expect(await store.get('revocation/a')).toEqual(made === 'revoked' ? expect.any(String) : undefined);
      }
    },
  );

  test.each(orders)(
    'without a precondition always revokes the key that is stored then, started %s',
    async (_, begin) => {
      await put({});
      const [revoked, replaced] = await Promise.all(
        begin(
          () => revoke({}),
          () => replace({}),
        ),
      );
      expect(revoked).toBe('revoked');
      const record = await getKey(store, 'a');
      expect(record?.revoked).toBeDefined();
      expect(record?.fingerprint).toBe(replaced === 'replaced' ? other.fingerprint : key.fingerprint);
    },
  );

  test('ends in CONFLICT if the key keeps changing', async () => {
    await put({});
    const busy: KeyValueStore = {
      ...store,
      commit: async (changes) => {
        const value = JSON.stringify({
          ...JSON.parse((await store.get('key/a')) ?? ''),
          revision: crypto.randomUUID(),
        });
        await store.commit([{ key: 'key/a', expected: await store.get('key/a'), value }]);
        return store.commit(changes);
      },
    };
    const made = revokeKey(busy, 'a', { reason: 'test' }, edit()).then(() => 'revoked', codeOf);
    expect(await made).toBe('CONFLICT');
    expect(await store.get('revocation/a')).toBeUndefined();
  });
});

test('a key is stored under one of two ids at the same time, also if its index entry was left behind', async () => {
  for (const ids of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
    const index = `fingerprint/${key.fingerprint.slice('sha256:'.length)}`;
    await store.commit([{ key: index, expected: undefined, value: 'b' }]);
    expect(await count(ids.map((id) => put({}, id)))).toEqual({ new: ['new'], CONFLICT: ['CONFLICT'] });
  }
});

test('a key that a race has stored under two ids can be replaced under each', async () => {
  await put({});
  const text = await store.get('key/a');
  await store.commit([{ key: 'key/b', expected: undefined, value: text?.replace('"id":"a"', '"id":"b"') }]);
  expect((await getKey(store, 'b'))?.fingerprint).toBe(key.fingerprint);
  const { isNew } = await putKey(store, 'b', other, {}, edit());
  expect(isNew).toBe(false);
  expect(await put({})).toBe('replaced');
});

test('of five concurrent writers of a policy one wins too', async () => {
  const replace = (precondition: Precondition) =>
    putPolicy(store, 'a', exempt, edit(precondition)).then(() => 'stored', codeOf);
  expect(await numbers(five(() => replace(NEW)))).toEqual({ stored: 1, PRECONDITION_FAILED: 4 });
  expect(await numbers(five(() => replace({})))).toEqual({ stored: 1, CONFLICT: 4 });
});
