// The cursors of lists of records: the store's own, after the list's prefix, because Workers KV takes the cursor of any list.
import { CallerError } from '../core/errors/caller_error.ts';

/** @param prefix such as `key/` */
export function listCursor(prefix: string, storeCursor: string): string {
  return `${prefix}${storeCursor}`;
}

/** @throws CallerError `BAD_REQUEST` when another list returned the cursor */
export function storeCursor(prefix: string, cursor: string): string {
  const own = cursor.startsWith(prefix) ? cursor.slice(prefix.length) : '';
  if (own === '') throw badCursor();
  return own;
}

export function badCursor(): CallerError {
  return new CallerError('BAD_REQUEST', 'cursor: not a cursor that this list returned.');
}
