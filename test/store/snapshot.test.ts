// What one request sees of the store: each value as it was first read.
import { expect, test } from 'vitest';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { snapshot } from '../../src/store/kv/snapshot.ts';

test('a request reads each value once, whichever way, and sees no later change of it', async () => {
  const store = createMemoryStore();
  const reads: string[][] = [];
  const counting: KeyValueStore = {
    ...store,
    get: (key) => {
      reads.push([key]);
      return store.get(key);
    },
    getMany: (keys) => {
      reads.push(keys);
      return store.getMany(keys);
    },
  };
  const set = (key: string, expected: string | undefined, value: string) =>
    store.commit([{ key, expected, value }]);
  await set('a', undefined, '1');
  const seen = snapshot(counting);
  expect(await seen.get('a')).toBe('1');
  expect(await seen.getMany(['a', 'b', 'c', 'b'])).toEqual(['1', undefined, undefined, undefined]);
  await set('a', '1', '2');
  await set('b', undefined, '2');
  expect(await seen.getMany(['b', 'a'])).toEqual([undefined, '1']);
  expect(await seen.get('b')).toBeUndefined();
  expect(reads).toEqual([['a'], ['b', 'c']]);
  expect(await seen.list('a', 1)).toEqual({ keys: ['a'] });
  expect(await seen.commit([{ key: 'a', expected: '1', value: '3' }])).toBe(false);
  expect(await seen.commit([{ key: 'a', expected: '2', value: '3' }])).toBe(true);
  expect(await store.get('a')).toBe('3');
});
