// Timestamp authorities in the store: a list names the records that have some, and each record holds its own.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AUTHORITIES_KEY, listAuthorities } from '../../src/store/authorities.ts';
import type { KeyValueStore } from '../../src/store/key_value.ts';
import { recordKey, type StoredAuthority } from '../../src/store/log_records.ts';
import { deleteLog, putLog } from '../../src/store/logs.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
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

  test('of a record that is stored under another id make the store undecided, whether parsed before or not', async () => {
    await put('a', first);
    await put('b', second);
    expect(await listed()).toHaveLength(2);
    await set(recordKey('b'), await store.get(recordKey('a')));
    await expect(listed()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: false });
  });
});
