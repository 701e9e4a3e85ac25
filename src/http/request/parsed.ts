// Parsers of the core, on what a caller sent: what they cannot parse is the caller's mistake.

import { Malformed } from '../../core/encoding/malformed.ts';
import { type CallerCode, CallerError } from '../../core/errors/caller_error.ts';

/** Parses. Throws `CallerError` with this code for what is malformed. */
export function parsed<T>(code: CallerCode, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw asCallerError(code, error);
  }
}

/** Like `parsed`, for parsers that compute. */
export async function parsedAsync<T>(code: CallerCode, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    throw asCallerError(code, error);
  }
}

/** @returns any error but `Malformed` as it is */
export function asCallerError(code: CallerCode, error: unknown): unknown {
  return error instanceof Malformed ? new CallerError(code, `${sentence(error.message)}.`) : error;
}

/** Begins with a capital letter. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
