// The contract that every store keeps: a written value is read back, a change states the values that it expects, lists page in order.
// Fakes with the rules of Workers KV and Deno KV stand for the real ones. docs/abuse.md: A71, A106, A111.
import { describe, expect, test } from 'vitest';
import { createDenoKvStore, type DenoKv } from '../../src/store/kv/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { makeDenoKv } from '../support/fake_deno_kv.ts';
import { makeKv } from '../support/fake_kv.ts';

const stores: [string, () => KeyValueStore][] = [
  ['memory', () => createMemoryStore()],
  ['Workers KV', () => createWorkersKvStore(makeKv() as unknown as KvNamespace)],
  ['Deno KV', () => createDenoKvStore(makeDenoKv() as unknown as DenoKv)],
];

const put = (store: KeyValueStore, key: string, value: string, expected?: string) =>
  store.commit([{ key, expected, value }]);

describe.each(stores)('%s', (which, make) => {
  test('a change that keeps a value compares it and does not write it', async () => {
    const store = make();
    await put(store, 'key/a', '1');
    const beside = (a: string | undefined, b: string | undefined) =>
      store.commit([
        { key: 'key/a', expected: a, value: a },
        { key: 'key/b', expected: b, value: b },
        { key: 'key/c', expected: undefined, value: '3' },
      ]);
    expect(await beside('2', undefined)).toBe(false);
    expect(await beside('1', '2')).toBe(false);
    expect(await store.get('key/c')).toBeUndefined();
    expect(await beside('1', undefined)).toBe(true);
    expect(await store.getMany(['key/a', 'key/b', 'key/c'])).toEqual(['1', undefined, '3']);
  });

  test('a written value is read back, and a deleted one is gone', async () => {
    const store = make();
    expect(await store.get('key/a')).toBeUndefined();
    expect(await put(store, 'key/a', '1')).toBe(true);
    expect(await store.get('key/a')).toBe('1');
    expect(await put(store, 'key/a', '2', '1')).toBe(true);
    expect(await store.get('key/a')).toBe('2');
    expect(await store.commit([{ key: 'key/a', expected: '2', value: undefined }])).toBe(true);
    expect(await store.get('key/a')).toBeUndefined();
  });

  test('a deleted value may be replaced for a while, only where reads lag', async () => {
    const store = make();
    await put(store, 'key/a', '1');
    const meanwhile = { value: 'gone', ttl: 60 };
    await store.commit([{ key: 'key/a', expected: '1', value: undefined, meanwhile }]);
    expect(await store.get('key/a')).toBe(which === 'Workers KV' ? 'gone' : undefined);
  });

  test('a change whose expected value differs changes nothing', async () => {
    const store = make();
    await put(store, 'key/a', '1');
    expect(await put(store, 'key/a', '2')).toBe(false);
    expect(await put(store, 'key/a', '2', 'other')).toBe(false);
    expect(await put(store, 'key/b', '2', '1')).toBe(false);
    const both = [
      { key: 'key/b', expected: undefined, value: 'new' },
      { key: 'key/a', expected: 'other', value: 'new' },
    ];
    expect(await store.commit(both)).toBe(false);
    expect([await store.get('key/a'), await store.get('key/b')]).toEqual(['1', undefined]);
  });

  test('several changes are made together', async () => {
    const store = make();
    const changes = ['a', 'b', 'c'].map((name) => ({ key: `key/${name}`, expected: undefined, value: name }));
    expect(await store.commit(changes)).toBe(true);
    expect(await Promise.all(['a', 'b', 'c'].map((name) => store.get(`key/${name}`)))).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  test('one commit may change as many values as replacing a trusted root needs', async () => {
    const store = make();
    const keys = Array.from({ length: 82 }, (_, i) => `log-id/${i}`);
    expect(await store.commit(keys.map((key) => ({ key, expected: undefined, value: key })))).toBe(true);
    expect(await store.getMany(keys)).toEqual(keys);
    expect(await store.getMany([])).toEqual([]);
  });

  test('lists page through a prefix in order, without keys outside of it', async () => {
    const store = make();
    const names = ['a', 'b', 'b.c', 'b-c', 'b_c', 'c0', 'z'].map((name) => `key/${name}`);
    for (const name of [...names].reverse()) await put(store, name, '1');
    for (const other of ['keys/x', 'ke/x', 'log/key', 'fingerprint/key']) await put(store, other, '1');
    for (const limit of [1, 2, 3, 7, 100]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await store.list('key/', limit, cursor);
        expect(page.keys.length).toBeLessThanOrEqual(limit);
        seen.push(...page.keys);
        cursor = page.cursor;
        pages++;
      } while (cursor !== undefined && pages < 20);
      expect(seen.toSorted()).toEqual(names.toSorted());
      expect(new Set(seen).size).toBe(names.length);
    }
    expect(await store.list('absent/', 10)).toEqual({ keys: [] });
  });
});

test('Deno KV: of two concurrent writers one loses', async () => {
  const store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
  const outcomes = await Promise.all([put(store, 'key/a', '1'), put(store, 'key/a', '2')]);
  expect(outcomes.toSorted()).toEqual([false, true]);
});

test('Deno KV refuses the cursor of another list; what fails otherwise is not the caller’s mistake', async () => {
  const failing = (error: Error) =>
    createDenoKvStore({
      ...makeDenoKv(),
      list: () => ({ cursor: '', [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }) }),
    } as unknown as DenoKv);
  const bad = new TypeError('invalid cursor');
  await expect(failing(bad).list('key/', 1, 'x')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  await expect(failing(bad).list('key/', 1)).rejects.toBe(bad);
  const down = new Error('down');
  await expect(failing(down).list('key/', 1, 'x')).rejects.toBe(down);
});

test('Deno KV is told in milliseconds how long a value stays, and writes only what changes', async () => {
  const kv = makeDenoKv() as unknown as DenoKv;
  const sets: unknown[][] = [];
  const { atomic } = kv;
  kv.atomic = () => {
    const change = atomic();
    const { set } = change;
    change.set = (...all) => {
      sets.push(all);
      return set(...all);
    };
    return change;
  };
  const store = createDenoKvStore(kv);
  await store.commit([{ key: 'key/a', expected: undefined, value: '1' }]);
  await store.commit([
    { key: 'key/a', expected: '1', value: '1' },
    { key: 'key/b', expected: undefined, value: '2', ttl: 70 },
  ]);
  expect(sets).toEqual([
    [['countersign', 'key', 'a'], '1', {}],
    [['countersign', 'key', 'b'], '2', { expireIn: 70_000 }],
  ]);
});

test('Workers KV is told how long an edge may remember what it read', async () => {
  const asked: unknown[] = [];
  const kv = { ...makeKv(), get: async (...all: unknown[]) => void asked.push(all) };
  const store = createWorkersKvStore(kv as unknown as KvNamespace);
  expect([await store.get('a'), await store.getMany(['b'])]).toEqual([undefined, [undefined]]);
  expect(asked).toEqual([
    ['a', { cacheTtl: 30 }],
    ['b', { cacheTtl: 30 }],
  ]);
});

test('Workers KV is told how long a value stays', async () => {
  const puts: unknown[][] = [];
  const kv = { ...makeKv(), put: async (...all: unknown[]) => void puts.push(all) };
  const store = createWorkersKvStore(kv as unknown as KvNamespace);
  const change = { key: 'key/a', expected: undefined };
  await store.commit([{ ...change, value: '1' }]);
  await store.commit([{ ...change, value: '1', ttl: 70 }]);
  kv.get = async () => '1';
  await store.commit([
    { key: 'key/a', expected: '1', value: undefined, meanwhile: { value: 'gone', ttl: 80 } },
  ]);
  expect(puts).toEqual([
    ['key/a', '1', {}],
    ['key/a', '1', { expirationTtl: 70 }],
    ['key/a', 'gone', { expirationTtl: 80 }],
  ]);
});
