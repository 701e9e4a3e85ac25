// The cache stays within its weight, removes the least recently used value first, and returns no expired value. docs/abuse.md: A69.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBoundedCache } from '../../src/core/memory/bounded_cache.ts';

test('a value is returned until its expiry, and not at it', () => {
  const cache = createBoundedCache<string>(10);
  cache.set('a', 'A', 1, 100);
  expect(cache.get('a', 99)).toBe('A');
  expect(cache.get('a', 100)).toBeUndefined();
  expect(cache.get('a', 99)).toBeUndefined();
});

test('the least recently used value is removed first', () => {
  const cache = createBoundedCache<string>(3);
  for (const key of ['a', 'b', 'c']) cache.set(key, key, 1, 100);
  cache.get('a', 0);
  cache.set('d', 'd', 1, 100);
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key, 0))).toEqual(['a', undefined, 'c', 'd']);
});

test('a value heavier than the whole cache is not kept, and removes no other', () => {
  const cache = createBoundedCache<string>(3);
  cache.set('a', 'A', 2, 100);
  cache.set('huge', 'H', 4, 100);
  expect([cache.get('a', 0), cache.get('huge', 0)]).toEqual(['A', undefined]);
});

test('an expired value frees its weight', () => {
  const cache = createBoundedCache<string>(2);
  for (let time = 0; time < 10; time += 2) {
    cache.set('short', 'S', 1, time + 1);
    expect(cache.get('short', time + 1)).toBeUndefined();
  }
  cache.set('a', 'A', 1, 100);
  cache.set('b', 'B', 1, 100);
  expect([cache.get('a', 0), cache.get('b', 0)]).toEqual(['A', 'B']);
});

test('deleted and replaced values free their weight', () => {
  const cache = createBoundedCache<string>(2);
  for (let i = 0; i < 10; i++) cache.set('a', String(i), 2, 100);
  expect(cache.get('a', 0)).toBe('9');
  cache.delete('a');
  cache.delete('a');
  cache.set('b', 'B', 1, 100);
  cache.set('c', 'C', 1, 100);
  expect([cache.get('a', 0), cache.get('b', 0), cache.get('c', 0)]).toEqual([undefined, 'B', 'C']);
});

test('the total weight of readable values never exceeds the limit', () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    weight: fc.nat(6),
    now: fc.nat(20),
    until: fc.nat(30),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const cache = createBoundedCache<number>(10);
      for (const { key, weight, until, now, remove } of steps) {
        if (remove) cache.delete(key);
        else cache.set(key, weight, weight, until);
        const held = ['a', 'b', 'c', 'd'].map((name) => cache.get(name, now) ?? 0);
        expect(held.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(10);
      }
    }),
  );
});
