// Wrappers for a store. To a caller, storage failures mean the same: the store could not be reached, so nothing was decided.
import { CallerError } from '../../core/errors/caller_error.ts';
import { isPlatformLimit } from '../../core/errors/platform_limit.ts';
import { Undecided, type UndecidedOptions } from '../../core/errors/undecided.ts';
import type { KeyValueStore } from './key_value.ts';

/** @param begin marks a store call as started and returns the function that marks its end */
export function guardStore(store: KeyValueStore, begin: (step: string) => () => void): KeyValueStore {
  const guard = async <T>(
    step: string,
    work: () => Promise<T>,
    options: Pick<UndecidedOptions, 'retryAfter'> = {},
  ): Promise<T> => {
    const end = begin(step);
    try {
      return await work();
    } catch (error) {
      if (error instanceof Undecided || error instanceof CallerError) throw error;
      if (isPlatformLimit(error)) throw tooManyCalls(step);
      throw storeFailure(step, 'could not be reached', options);
    } finally {
      end();
    }
  };
  return {
    get: (key) => guard('trust store read', () => store.get(key)),
    getMany: (keys) => guard('trust store read', () => store.getMany(keys)),
    list: (prefix, limit, cursor) => guard('trust store list', () => store.list(prefix, limit, cursor)),
    // Workers KV takes one write a second of each key.
    commit: (changes) => guard('trust store write', () => store.commit(changes), { retryAfter: '1' }),
  };
}

/** Limits the time of each operation. @param remaining milliseconds left @param late makes the error to throw after that */
export function limitStore(store: KeyValueStore, remaining: () => number, late: () => Error): KeyValueStore {
  const limit = async <T>(work: Promise<T>): Promise<T> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late()), Math.max(0, remaining()));
    });
    try {
      return await Promise.race([work, expired]);
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    get: (key) => limit(store.get(key)),
    getMany: (keys) => limit(store.getMany(keys)),
    list: (prefix, count, cursor) => limit(store.list(prefix, count, cursor)),
    commit: (changes) => limit(store.commit(changes)),
  };
}

function tooManyCalls(step: string): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    `The ${step} would exceed the calls that the platform allows a request. Ask for less.`,
    { upstream: { host: 'trust store', step }, retryable: false },
  );
}

/** @param options `retryable: false` if an operator has to act first */
export function storeFailure(
  step: string,
  problem: string,
  options: Pick<UndecidedOptions, 'retryable' | 'retryAfter'> = {},
): Undecided {
  return new Undecided('STORE_UNAVAILABLE', `The trust store ${problem}.`, {
    upstream: { host: 'trust store', step },
    ...options,
  });
}
