// What a caller learns of a store that fails, and how long one operation may take.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CallerError } from '../../src/core/errors/caller_error.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { guardStore, limitStore } from '../../src/store/kv/guard.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';

/** Calls each operation of a store in which `work` does all the work. */
function operations(wrap: (store: KeyValueStore) => KeyValueStore, work: () => Promise<unknown>) {
  const all = work as () => Promise<never>;
  const store = wrap({ get: all, getMany: all, list: all, commit: all });
  return {
    'trust store read': [() => store.get('a'), () => store.getMany(['a'])],
    'trust store list': [() => store.list('a/', 1)],
    'trust store write': [() => store.commit([])],
  };
}

describe('a guarded store', () => {
  const begun: string[] = [];
  let ended = 0;
  const guarded = (work: () => Promise<unknown>) =>
    operations(
      (store) =>
        guardStore(store, (step) => {
          begun.push(step);
          return () => ended++;
        }),
      work,
    );

  beforeEach(() => {
    begun.length = 0;
    ended = 0;
  });

  test.each([
    [new Error('KV GET failed: 500'), 'STORE_UNAVAILABLE', true],
    [new Error('Too many subrequests by single Worker invocation.'), 'LIMIT_EXCEEDED', false],
    [new Error('Too many API requests by single worker invocation.'), 'LIMIT_EXCEEDED', false],
  ])('says of %s in which step it met it, and whether to try again', async (error, code, retryable) => {
    for (const [step, calls] of Object.entries(guarded(() => Promise.reject(error)))) {
      for (const call of calls) {
        const retryAfter =
          step === 'trust store write' && code === 'STORE_UNAVAILABLE' ? { retryAfter: '1' } : {};
        await expect(call()).rejects.toMatchObject({
          code,
          retryable,
          upstream: { host: 'trust store', step },
          ...retryAfter,
        });
        expect(begun.pop()).toBe(step);
        expect(ended).toBe(1);
        ended = 0;
      }
    }
  });

  test('passes on what the store has to say itself, and values', async () => {
    for (const error of [
      new CallerError('BAD_REQUEST', 'x'),
      new Undecided('LIMIT_EXCEEDED', 'x', { retryable: false }),
    ])
      for (const calls of Object.values(guarded(() => Promise.reject(error))))
        for (const call of calls) await expect(call()).rejects.toBe(error);
    for (const calls of Object.values(guarded(async () => 'value')))
      for (const call of calls) expect(await call()).toBe('value');
  });
});

describe('a limited store', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const late = () => new Error('late');

  test('is late when the time that remains is over, and not before', async () => {
    const never = () => new Promise<never>(() => undefined);
    for (const remaining of [100, 0, -1]) {
      const calls = operations((store) => limitStore(store, () => remaining, late), never);
      for (const call of Object.values(calls).flat()) {
        let outcome = 'waiting';
        call().catch(({ message }) => {
          outcome = message;
        });
        await vi.advanceTimersByTimeAsync(Math.max(0, remaining - 1));
        if (remaining > 0) expect(outcome).toBe('waiting');
        await vi.advanceTimersByTimeAsync(1);
        expect(outcome).toBe('late');
      }
    }
  });

  test('returns or throws what the store does in time, and leaves no timer', async () => {
    const good = operations(
      (store) => limitStore(store, () => 100, late),
      async () => 'value',
    );
    for (const call of Object.values(good).flat()) expect(await call()).toBe('value');
    const bad = operations(
      (store) => limitStore(store, () => 100, late),
      () => Promise.reject(new Error('down')),
    );
    for (const call of Object.values(bad).flat()) await expect(call()).rejects.toThrow('down');
    expect(vi.getTimerCount()).toBe(0);
  });
});
