// Trusted keys in the store: what a change writes and deletes beside the record, and the state of a key at a given time.
import { beforeEach, describe, expect, test } from 'vitest';
import { parsePublicKey } from '../../src/core/crypto/public_key.ts';
import { type KeyTerms, keyState } from '../../src/store/key_records.ts';
import { deleteKey, getKey, putKey } from '../../src/store/keys.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { revokeKey } from '../../src/store/revocation.ts';
import { findTrustedKey } from '../../src/store/trusted_keys.ts';
import { makeKv } from '../support/fake_kv.ts';
import { makeKey } from '../support/keys.ts';

const NOW = Date.parse('2026-01-01T00:00:00.500Z');
const at = (offset: number) => new Date(NOW + offset).toISOString();
const [one, two] = await Promise.all([
  makeKey().then(({ spki }) => parsePublicKey(spki)),
  makeKey().then(({ spki }) => parsePublicKey(spki)),
]);
const index = ({ fingerprint }: typeof one) => `fingerprint/${fingerprint.slice('sha256:'.length)}`;

let store: KeyValueStore;
beforeEach(() => {
  store = createMemoryStore();
});

const put = (id: string, key = one, terms: KeyTerms | 'keep' = {}, now = NOW) =>
  putKey(store, id, key, terms, { precondition: {}, by: 'alice', now });
const revoke = (id: string, terms: object = {}, now = NOW) =>
  revokeKey(store, id, { reason: 'lost', ...terms }, { precondition: {}, by: 'bob', now });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }: { code: string }) => code,
  );

describe('the state of a key at a given time', () => {
  test.each([
    [{}, 'active'],
    [{ validFrom: at(0) }, 'active'],
    [{ validFrom: at(1) }, 'not-yet'],
    [{ validUntil: at(0) }, 'active'],
    [{ validUntil: at(-1) }, 'expired'],
    [{ validFrom: at(-1), validUntil: at(1) }, 'active'],
  ])('with %j is %s', async (terms, state) => {
    const { record } = await put('a', one, terms);
    expect(keyState(record, NOW)).toBe(state);
    expect(keyState(await revoke('a'), NOW)).toBe('revoked');
  });
});

test('a key is found by its id and by its fingerprint, and by nothing else', async () => {
  const terms: KeyTerms = {
    validFrom: at(-5),
    validUntil: at(5),
    scopes: ['a.example/**'],
    transparency: 'unsafe-none',
  };
  await put('a', one, terms);
  const expected = { id: 'a', key: one, ...terms, validFrom: NOW - 5, validUntil: NOW + 5 };
  expect(await findTrustedKey(store, 'a')).toEqual(expected);
  expect(await findTrustedKey(store, one.fingerprint)).toEqual(expected);
  expect(await findTrustedKey(store, 'b')).toBeUndefined();
  expect(await findTrustedKey(store, two.fingerprint)).toBeUndefined();
});

test('another key under an id replaces the first, whose fingerprint is free again', async () => {
  await put('a', one, { description: 'first', transparency: 'unsafe-none' });
  await put('a', two, 'keep');
  expect(await getKey(store, 'a')).toMatchObject({
    fingerprint: two.fingerprint,
    transparency: 'required',
  });
  expect(await getKey(store, 'a')).not.toHaveProperty('description');
  expect([await store.get(index(one)), await store.get(index(two))]).toEqual([undefined, 'a']);
  expect(await findTrustedKey(store, one.fingerprint)).toBeUndefined();
  expect(await codeOf(put('b', two))).toBe('CONFLICT');
  expect((await put('b', one)).isNew).toBe(true);
});

test('storing the same key again without terms keeps its terms', async () => {
  const terms = { description: 'first', validFrom: at(0), validUntil: at(1), scopes: ['a.example/b'] };
  await put('a', one, terms);
  const { record, isNew } = await put('a', one, 'keep', NOW + 1);
  expect(isNew).toBe(false);
  expect(record).toMatchObject({ ...terms, createdAt: at(0), updatedAt: at(1) });
  expect((await findTrustedKey(store, one.fingerprint))?.id).toBe('a');
});

test('a record may have up to the maximum length', async () => {
  const scopes = (length: number) => [
    ...Array.from({ length: 99 }, (_, i) => `a.example/${'x'.repeat(240)}${i % 10}`),
    `a.example/${'x'.repeat(length)}`,
  ];
  const { record } = await put('a', one, { scopes: scopes(1) });
  const room = 30_000 - JSON.stringify(record).length;
  await put('a', one, { scopes: scopes(1), description: 'x'.repeat(room - ',"description":""'.length) });
  expect((await store.get('key/a'))?.length).toBe(30_000);
  const longer = { scopes: scopes(1), description: 'x'.repeat(room - ',"description":""'.length + 1) };
  expect(await codeOf(put('a', one, longer))).toBe('TOO_LARGE');
});

test('an index entry that names a record with another key does not count', async () => {
  await put('b', two);
  await store.commit([{ key: index(one), expected: undefined, value: 'b' }]);
  expect(await codeOf(put('a', one))).toBe('done');
  expect(await store.get(index(one))).toBe('a');
  await expect(put('c', one)).rejects.toThrow('This key is already stored, as a.');
});

describe('a revocation', () => {
  test('needs an existing key, and compromisedAt may be now but not later', async () => {
    expect(await codeOf(revoke('a'))).toBe('KEY_NOT_FOUND');
    const absent = { precondition: { ifMatch: '*' }, by: 'bob', now: NOW };
    expect(await codeOf(revokeKey(store, 'a', { reason: 'lost' }, absent))).toBe('KEY_NOT_FOUND');
    await put('a');
    expect(await codeOf(revoke('a', { compromisedAt: at(1) }))).toBe('BAD_REQUEST');
    expect(await codeOf(revoke('a', { compromisedAt: at(0) }))).toBe('done');
    expect((await findTrustedKey(store, 'a'))?.revoked).toEqual({ compromisedAt: NOW });
    expect(await codeOf(put('a'))).toBe('CONFLICT');
    expect(await codeOf(put('a', two))).toBe('CONFLICT');
  });

  test('changes the record’s updatedBy and updatedAt, and so does a second one', async () => {
    const { record } = await put('a');
    const first = await revoke('a', {}, NOW + 1);
    expect(first).toMatchObject({ updatedAt: at(1), updatedBy: 'bob', createdAt: at(0), createdBy: 'alice' });
    expect(first.revoked).toEqual({ reason: 'lost', at: at(1), by: 'bob' });
    const second = await revoke('a', { compromisedAt: at(-1) }, NOW + 2);
    expect(second.revoked).toEqual({ reason: 'lost', compromisedAt: at(-1), at: at(1), by: 'bob' });
    expect(second.updatedAt).toBe(at(2));
    expect(new Set([record.revision, first.revision, second.revision]).size).toBe(3);
    expect(await getKey(store, 'a')).toEqual(second);
  });

  test('stored without an author is shown with the author of the record', async () => {
    const { record } = await put('a');
    const old = { reason: 'lost', id: 'a', at: at(1), revision: 'x' };
    await store.commit([{ key: 'revocation/a', expected: undefined, value: JSON.stringify(old) }]);
    expect(await getKey(store, 'a')).toEqual({
      ...record,
      updatedAt: at(1),
      updatedBy: 'alice',
      revision: `${record.revision}.x`,
      revoked: { reason: 'lost', at: at(1) },
    });
  });

  test('inside the key record, as early versions stored it, counts as one', async () => {
    const { record } = await put('a');
    const value = JSON.stringify({ ...record, revoked: { reason: 'lost', at: at(1), compromisedAt: at(0) } });
    await store.commit([{ key: 'key/a', expected: await store.get('key/a'), value }]);
    expect((await findTrustedKey(store, 'a'))?.revoked).toEqual({ compromisedAt: NOW });
    expect(await codeOf(put('a'))).toBe('CONFLICT');
  });

  test('without a key record keeps the id taken, until the id is deleted without a precondition', async () => {
    await put('a');
    await revoke('a');
    await store.commit([{ key: 'key/a', expected: await store.get('key/a'), value: undefined }]);
    expect(await findTrustedKey(store, 'a')).toBeUndefined();
    expect(await codeOf(put('a'))).toBe('CONFLICT');
    expect(await codeOf(revoke('a'))).toBe('KEY_NOT_FOUND');
    expect(await codeOf(deleteKey(store, 'a', { precondition: { ifMatch: '*' }, now: NOW }))).toBe(
      'PRECONDITION_FAILED',
    );
    expect(await codeOf(deleteKey(store, 'a', { precondition: {}, now: NOW }))).toBe('done');
    expect((await put('a')).isNew).toBe(true);
  });
});

describe('a revocation that is about a deleted key', () => {
  /** Marks the stored revocation of `a` as that of a key created at this instant. */
  async function forget(createdAt: unknown) {
    const expected = await store.get('revocation/a');
    const value = JSON.stringify({ ...JSON.parse(String(expected)), forgotten: createdAt });
    expect(await store.commit([{ key: 'revocation/a', expected, value }])).toBe(true);
  }

  test('revokes that key, and not another one under its id', async () => {
    const { record } = await put('a');
    await revoke('a');
    await forget(record.createdAt);
    expect((await findTrustedKey(store, 'a'))?.revoked).toBeDefined();
    await forget('2001-01-01T00:00:00.000Z');
    expect(await findTrustedKey(store, 'a')).not.toHaveProperty('revoked');
  });

  test.each(['', 'never', 0, null])(
    'makes the store unreliable if it does not say which: %o',
    async (createdAt) => {
      await put('a');
      await revoke('a');
      await forget(createdAt);
      expect(await codeOf(findTrustedKey(store, 'a'))).toBe('STORE_UNAVAILABLE');
    },
  );
});

describe('a deletion', () => {
  test('removes the record, its revocation and its index; a repeat is KEY_NOT_FOUND', async () => {
    await put('a');
    await revoke('a');
    await deleteKey(store, 'a', { precondition: {}, now: NOW });
    for (const key of ['key/a', 'revocation/a', index(one)]) expect(await store.get(key)).toBeUndefined();
    expect(await codeOf(deleteKey(store, 'a', { precondition: {}, now: NOW }))).toBe('KEY_NOT_FOUND');
  });

  test.each([
    ['revocation alone', ['revocation/a']],
    ['key alone', ['key/a']],
    ['key and its readable revocation', ['key/a', 'revocation/a']],
  ])('removes an unreadable %s, unless it states a precondition', async (_, kept) => {
    await put('a');
    await revoke('a');
    for (const key of ['key/a', 'revocation/a']) {
      const value = key === kept[0] ? 'x' : kept.includes(key) ? await store.get(key) : undefined;
      await store.commit([{ key, expected: await store.get(key), value }]);
    }
    expect(await codeOf(deleteKey(store, 'a', { precondition: { ifMatch: '*' }, now: NOW }))).toBe(
      'STORE_UNAVAILABLE',
    );
    expect(await codeOf(deleteKey(store, 'a', { precondition: {}, now: NOW }))).toBe('done');
    for (const key of ['key/a', 'revocation/a']) expect(await store.get(key)).toBeUndefined();
  });

  test('leaves a revocation about the key, even if it was made by a clock that is ahead', async () => {
    const kv = makeKv();
    store = createWorkersKvStore(kv as unknown as KvNamespace);
    await put('a', one, {}, NOW + 5000);
    await revoke('a', {}, NOW + 1000);
    const record = kv.stored.get('key/a');
    await deleteKey(store, 'a', { precondition: {}, now: NOW });
    if (record !== undefined) kv.stored.set('key/a', record);
    expect((await findTrustedKey(store, 'a'))?.revoked).toBeDefined();
  });

  test('does not touch an index entry that belongs to another id', async () => {
    await put('a');
    await store.commit([{ key: index(one), expected: 'a', value: 'b' }]);
    await deleteKey(store, 'a', { precondition: {}, now: NOW });
    expect(await store.get(index(one))).toBe('b');
  });
});
