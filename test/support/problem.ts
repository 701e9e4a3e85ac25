import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';

/** What is said of input that is malformed; else what comes of it. */
export function problem(run: () => unknown): unknown {
  const result = attempt(run);
  return result instanceof Malformed ? result.message : result;
}
