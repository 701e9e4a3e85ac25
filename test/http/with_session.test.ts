// Work that outlives its answer: the runtime is asked to wait for it, and the operator learns of a defect in it.
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { CallerError } from '../../src/core/errors/caller_error.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { AppEnv } from '../../src/http/context.ts';
import { identify, provideStore } from '../../src/http/request_scope.ts';
import { withSession } from '../../src/http/with_session.ts';
import { createService } from '../../src/service.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { Refused } from '../../src/verify/refused.ts';

/** Answers late, and then lets the work fail. @returns the lines that are logged by the time the runtime need not wait any more */
async function failAfterAnswer(error: Error): Promise<Record<string, unknown>[]> {
  const lines: Record<string, unknown>[] = [];
  const service = createService({
    settings: { ADMIN_TOKEN: 'administrator' },
    fetch: () => Promise.reject(new Error('nothing is fetched')),
    store: createMemoryStore(),
    now: () => Date.now(),
    background: 60_000,
    log: (line) => lines.push(line),
  });
  const { promise: work, reject: fail } = Promise.withResolvers<object>();
  const kept: Promise<unknown>[] = [];
  const app = new Hono<AppEnv>();
  app.use(identify, provideStore(service));
  app.get('/', async (context) => {
    const answer = await withSession(
      service,
      context,
      () => work,
      ({ code }) => ({ code }),
    );
    return context.json(answer);
  });
  const waiting = { waitUntil: (one: Promise<unknown>) => kept.push(one), passThroughOnException() {} };
  const answer = await app.request('/?timeout=1ms', {}, {}, waiting as never);
  expect(await answer.json()).toEqual({ code: 'DEADLINE_EXCEEDED' });
  expect(kept).toHaveLength(1);
  fail(error);
  await Promise.all(kept);
  return lines;
}

test('a defect in it is logged, with the id of the request', async () => {
  expect(await failAfterAnswer(new TypeError('a defect'))).toEqual([
    { level: 'error', requestId: expect.any(String), error: 'TypeError: a defect' },
  ]);
});

test.each([
  new Refused('BLOB_DIGEST_MISMATCH', 'The manifest has another digest.'),
  new Undecided('REGISTRY_UNAVAILABLE', 'The registry is down.'),
  new CallerError('KEY_NOT_FOUND', 'There is no such key.'),
])('$name is no defect', async (error) => {
  expect(await failAfterAnswer(error)).toEqual([]);
});
