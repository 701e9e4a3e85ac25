// Many images under one deadline: once it is over, what each is told to be is final.
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { CallerError } from '../../src/core/errors/caller_error.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import type { AppEnv } from '../../src/http/context.ts';
import { identify, provideStore } from '../../src/http/request_scope.ts';
import { answerMany } from '../../src/http/routes/answer_many.ts';
import { createService } from '../../src/service.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';

test('an image that is finished after the deadline stays undecided, and is not told again', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<Response>();
  const service = createService({
    settings: { REGISTRIES: 'registry.example' },
    fetch: async () => (await answered).clone(),
    store: createMemoryStore(),
    now: () => Date.now(),
    background: 60_000,
    log: () => undefined,
  });
  const kept: Promise<unknown>[] = [];
  const told: [number, string][] = [];
  const app = new Hono<AppEnv>();
  app.use(identify, provideStore(service));
  app.get('/', async (context) => {
    const slow = {
      reference: parseImageReference('registry.example/app:1'),
      trust: { publicKeys: [], isLogWaived: false },
      annotations: [],
    };
    const wrong = new CallerError('BAD_REFERENCE', 'not a name');
    const outcomes = await answerMany(service, context, [slow, wrong], (index, { code }) =>
      told.push([index, code]),
    );
    return context.json(outcomes.map(({ code }) => code));
  });
  const waiting = { waitUntil: (one: Promise<unknown>) => kept.push(one), passThroughOnException() {} };
  const late = await app.request('/?timeout=50ms', {}, {}, waiting as never);
  expect(await late.json()).toEqual(['DEADLINE_EXCEEDED', 'BAD_REFERENCE']);
  answer(new Response('', { status: 404 }));
  await Promise.all(kept);
  expect(told).toEqual([[1, 'BAD_REFERENCE']]);
});
