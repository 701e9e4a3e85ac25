// What every request has: the time that is left for it.
import { Hono } from 'hono';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AppEnv } from '../../src/http/context.ts';
import { identify, provideStore } from '../../src/http/request_scope.ts';
import { createService } from '../../src/service.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';

test.each([
  ['the service states it', '/', 8000],
  ['the caller states a shorter one', '/?timeout=2s', 1800],
  ['the caller states a longer one', '/?timeout=1m', 8000],
])(
  'what has passed is taken off the time for the answer, down to a millisecond: %s',
  async (_, url, whole) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const service = createService({
      settings: { ADMIN_TOKEN: 'administrator', DEADLINE_MS: '8000' },
      fetch: () => Promise.reject(new Error('nothing is fetched')),
      store: createMemoryStore(),
      now: () => Date.now(),
      background: 0,
      log: () => undefined,
    });
    const app = new Hono<AppEnv>();
    app.use(identify, provideStore(service));
    app.get('/', (context) => {
      const left = [0, 300, 60_000].map((milliseconds) => {
        vi.advanceTimersByTime(milliseconds);
        return context.get('timeLeft')();
      });
      return context.json(left);
    });
    expect(await (await app.request(url)).json()).toEqual([whole, whole - 300, 1]);
  },
);
