// mapLimited runs at most the given number of calls at once, and returns results in order.
import { expect, test } from 'vitest';
import { mapLimited } from '../../src/registry/map_limited.ts';

test.each([
  [1, 5, 1],
  [3, 7, 3],
  [9, 4, 4],
  [2, 0, 0],
])('at most %d of %d calls run at once', async (limit, count, most) => {
  let running = 0;
  let seen = 0;
  const items = Array.from({ length: count }, (_, at) => at);
  const results = await mapLimited(items, limit, async (item) => {
    seen = Math.max(seen, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5 - item / 2));
    running--;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(seen).toBe(most);
});

test('an error of one call is thrown', async () => {
  const work = (item: number) => (item === 2 ? Promise.reject(new RangeError('two')) : Promise.resolve(item));
  await expect(mapLimited([1, 2, 3], 2, work)).rejects.toThrow('two');
});
