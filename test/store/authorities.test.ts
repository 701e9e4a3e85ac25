// Timestamp authorities in the store: a list names the records that have some, and each record holds its own.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AUTHORITIES_KEY, authoritiesChange, listAuthorities } from '../../src/store/authorities.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { recordKey, type StoredAuthority } from '../../src/store/log_records.ts';
import { deleteLog, putLog } from '../../src/store/logs.ts';
import { makeKv } from '../support/fake_kv.ts';
import { makeTsa } from '../support/fake_tsa.ts';

const EDIT = { precondition: {}, by: 'test', now: 0 };
let [first, second]: StoredAuthority[] = [];
let store: KeyValueStore;

beforeAll(async () => {
  const chains = await Promise.all([makeTsa(), makeTsa()]);
  [first, second] = chains.map(({ pem }) => ({
    certificates: pem.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [],
    validFrom: '2020-01-01T00:00:00Z',
  }));
});

beforeEach(() => {
  store = createMemoryStore();
});

async function put(id: string, authority: StoredAuthority | undefined) {
  if (authority === undefined) throw new TypeError('authorities are made before the tests');
  await putLog(store, id, authority, EDIT);
}

async function set(key: string, value: string | undefined) {
  expect(await store.commit([{ key, expected: await store.get(key), value }])).toBe(true);
}

const listed = async () => (await listAuthorities(store)).map(({ name, validFrom }) => [name, validFrom]);
const START = Date.parse('2020-01-01T00:00:00Z');

describe('authorities', () => {
  test('are an empty list in an empty store', async () => {
    expect(await listed()).toEqual([]);
  });

  test('are those of every record that the list names, under the record’s id', async () => {
    await put('a', first);
    await put('b', second);
    expect(await listed()).toEqual([
      ['a', START],
      ['b', START],
    ]);
    await deleteLog(store, 'a', {});
    expect(await listed()).toEqual([['b', START]]);
  });

  test('do not count if their record is missing, even if the list names it', async () => {
    await put('a', first);
    expect(await listed()).toHaveLength(1);
    await set(recordKey('a'), undefined);
    expect(await listed()).toEqual([]);
  });

  test('have the terms of their record while the list still has the old ones', async () => {
    await put('a', first);
    const old = await store.get(AUTHORITIES_KEY);
    expect(await listed()).toEqual([['a', START]]);
    await put('a', { ...(first as StoredAuthority), validFrom: '2021-01-01T00:00:00Z' });
    await set(AUTHORITIES_KEY, old);
    expect(await listed()).toEqual([['a', Date.parse('2021-01-01T00:00:00Z')]]);
  });

  test('left in the list by an interrupted deletion are deleted by the next one', async () => {
    await put('a', first);
    await put('b', second);
    await set(recordKey('a'), undefined);
    await deleteLog(store, 'a', {});
    expect(Object.keys(JSON.parse((await store.get(AUTHORITIES_KEY)) ?? ''))).toEqual(['b']);
    await expect(deleteLog(store, 'a', {})).rejects.toMatchObject({ code: 'LOG_NOT_FOUND' });
  });

  test('are deleted with their record, even where a read that lags does not show it yet', async () => {
    const kv = makeKv();
    store = createWorkersKvStore(kv as unknown as KvNamespace);
    await put('a', first);
    const { get } = kv;
    kv.get = async (name) => (name === recordKey('a') ? null : get(name));
    await deleteLog(store, 'a', {});
    expect([...kv.stored.keys()]).toEqual([]);
  });

  test.each([
    ['list', AUTHORITIES_KEY, 'x'],
    ['list without any authority under an id', AUTHORITIES_KEY, '{"a":[]}'],
    ['list under a bad id', AUTHORITIES_KEY, '{"A":[{}]}'],
    ['record', recordKey('a'), 'x'],
  ])('in an unreadable %s make the store undecided', async (_, key, text) => {
    await put('a', first);
    await set(key, text);
    await expect(listed()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });

  test('whose stored certificates are none make the store undecided', async () => {
    await put('a', first);
    const record = JSON.parse((await store.get(recordKey('a'))) ?? '');
    await set(recordKey('a'), JSON.stringify({ ...record, certificates: ['x'] }));
    await expect(listed()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });

  test('of a record that is stored under another id make the store undecided, whether parsed before or not', async () => {
    await put('a', first);
    await put('b', second);
    expect(await listed()).toHaveLength(2);
    await set(recordKey('b'), await store.get(recordKey('a')));
    await expect(listed()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });
});

describe('a change of the list', () => {
  const list = (of: object) => JSON.stringify(of);

  test('is none for a record without authorities that had none before', () => {
    expect(authoritiesChange(undefined, 'a', [])).toBeUndefined();
    expect(authoritiesChange(list({ b: [second] }), 'a', [])).toBeUndefined();
    expect(authoritiesChange(list({ a: [first] }), 'a', [])?.value).toBeUndefined();
  });

  test('may make it as long as the maximum, and no longer', () => {
    const at = (length: number) => ({ ...(second as StoredAuthority), url: `https://${'x'.repeat(length)}` });
    const text = list({ a: [first] });
    const room = 48 * 1024 - list({ a: [first], b: [at(0)] }).length;
    expect(authoritiesChange(text, 'b', [at(room)])?.value).toHaveLength(48 * 1024);
    expect(() => authoritiesChange(text, 'b', [at(room + 1)])).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });
});
