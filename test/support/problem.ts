// Malformed input, as a value instead of an error.
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';

/** Returns the error message if the input is malformed, otherwise the result. */
export function problem(run: () => unknown): unknown {
  const result = attempt(run);
  return result instanceof Malformed ? result.message : result;
}

/** The result of a verification; malformed input counts as false, and any other error is thrown. */
export async function falseIfMalformed(verify: () => Promise<boolean>): Promise<boolean> {
  try {
    return await verify();
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}
