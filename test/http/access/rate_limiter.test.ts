// The rate limiter: one isolate's own count, and the platform's beyond it.
import { expect, test } from 'vitest';
import { createRateLimiter, type PlatformRateLimiter } from '../../../src/http/access/rate_limiter.ts';

const platform = (limit: PlatformRateLimiter['limit']): PlatformRateLimiter => ({ limit });
const isWithin = (success: boolean) => platform(async () => ({ success }));

test('without a limit and without a platform there is no limiter', () => {
  expect(createRateLimiter(undefined)).toBeUndefined();
});

test('callers are counted separately, within a minute from their first call', async () => {
  const limiter = createRateLimiter(2);
  const start = 5_000;
  expect(await limiter?.take('a', start)).toBeUndefined();
  expect(await limiter?.take('a', start + 1)).toBeUndefined();
  expect(await limiter?.take('b', start + 1)).toBeUndefined();
  expect(await limiter?.take('a', start + 2)).toBe(60);
  expect(await limiter?.take('a', start + 59_000)).toBe(1);
  expect(await limiter?.take('a', start + 59_999)).toBe(1);
  expect(await limiter?.take('a', start + 60_000)).toBeUndefined();
});

test('a caller is refused for no longer than a minute, even if the clock is set back', async () => {
  const limiter = createRateLimiter(1);
  const start = 3_600_000;
  expect(await limiter?.take('a', start)).toBeUndefined();
  expect(await limiter?.take('a', start)).toBe(60);
  expect(limiter?.peek('a', 0)).toBeUndefined();
  expect(await limiter?.take('a', 0)).toBeUndefined();
  expect(await limiter?.take('a', 1)).toBe(60);
});

test('looking does not count, and does not ask the platform', async () => {
  const limiter = createRateLimiter(
    1,
    platform(() => Promise.reject(new Error('asked'))),
  );
  expect(limiter?.peek('a', 0)).toBeUndefined();
  expect(limiter?.peek('a', 0)).toBeUndefined();
  expect(await limiter?.take('a', 0)).toBeUndefined();
  expect(limiter?.peek('a', 0)).toBe(60);
});

test.each([undefined, 5])(
  'with %s calls a minute here, the platform may refuse a call',
  async (perMinute) => {
    const asked: string[] = [];
    const limiter = createRateLimiter(
      perMinute,
      platform(async ({ key }) => {
        asked.push(key);
        return { success: asked.length < 2 };
      }),
    );
    expect(await limiter?.take('a', 0)).toBeUndefined();
    expect(await limiter?.take('b', 0)).toBe(60);
    expect(asked).toEqual(['a', 'b']);
  },
);

test('the platform is not asked about a call that this isolate refuses, and its failure refuses none', async () => {
  let asked = 0;
  const limiter = createRateLimiter(
    1,
    platform(async () => {
      asked++;
      throw new Error('down');
    }),
  );
  expect(await limiter?.take('a', 0)).toBeUndefined();
  expect(await limiter?.take('a', 0)).toBe(60);
  expect(asked).toBe(1);
  expect(await createRateLimiter(undefined, isWithin(true))?.take('a', 0)).toBeUndefined();
});
