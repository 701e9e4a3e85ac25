import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';

/** Returns the error message if the input is malformed, otherwise the result. */
export function problem(run: () => unknown): unknown {
  const result = attempt(run);
  return result instanceof Malformed ? result.message : result;
}
