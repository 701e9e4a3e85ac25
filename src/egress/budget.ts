// What all calls of one request together may cost: their number, and the bytes of their responses.
import { type Asked, failure } from './failure.ts';

/** In bytes: a Worker has 128 MB for all its requests. */
const MAX_UPSTREAM_BYTES = 32 * 1024 * 1024;

export interface Budget {
  /** Counts a call before it is made. Throws `Undecided` if no more are allowed. */
  spendCall(asked: Asked): void;
  /** Counts bytes before they are kept. Throws `Undecided` if no more are allowed. */
  spendBytes(asked: Asked, length: number): void;
  callsLeft(): number;
}

export function createBudget(maxCalls: number): Budget {
  let calls = 0;
  let bytes = 0;
  return {
    spendCall(asked) {
      if (calls >= maxCalls) {
        throw failure(
          asked,
          'LIMIT',
          `would exceed the ${maxCalls} outbound calls allowed per request (SUBREQUESTS)`,
        );
      }
      calls++;
    },
    spendBytes(asked, length) {
      bytes += length;
      if (bytes > MAX_UPSTREAM_BYTES)
        throw failure(
          asked,
          'LIMIT',
          `would exceed the ${MAX_UPSTREAM_BYTES} bytes that one request may read from upstreams`,
        );
    },
    callsLeft: () => maxCalls - calls,
  };
}
