// Conditional changes (RFC 9110 §13): a change states which revision of the record it is about, and never overwrites another silently.
import { CallerError } from '../core/errors/caller_error.ts';
import { Undecided } from '../core/errors/undecided.ts';
import type { Change, KeyValueStore } from './kv/key_value.ts';

/** `If-Match` and `If-None-Match: *`, compared with a record's revision. */
export interface Precondition {
  ifMatch?: string;
  ifNoneMatch?: string;
}

/** Who changes a record, when, and on which condition. */
export interface Edit {
  precondition: Precondition;
  /** The name of the caller, as in the audit log. */
  by: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Errors: `PRECONDITION_FAILED`, `BAD_REQUEST`. @param revision undefined if there is no record */
export function checkPrecondition(
  { ifMatch, ifNoneMatch }: Precondition,
  revision: string | undefined,
): void {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw new CallerError('BAD_REQUEST', 'If-None-Match must be * here.');
    if (revision !== undefined)
      throw new CallerError('PRECONDITION_FAILED', 'The record already exists (If-None-Match: *).');
  }
  if (ifMatch === undefined) return;
  const isMatch =
    revision !== undefined && (ifMatch.trim() === '*' || etags(ifMatch).includes(etagOf(revision)));
  if (!isMatch) throw new CallerError('PRECONDITION_FAILED', whyNot(ifMatch, revision));
}

function whyNot(ifMatch: string, revision: string | undefined): string {
  if (revision === undefined) return 'There is no such record (If-Match).';
  if (etags(ifMatch).includes(revision))
    return 'The ETag lacks its quotes (If-Match). Repeat the change with them.';
  // RFC 9110 §13.1.1: only a strong ETag matches, but a proxy that compresses makes every ETag weak, and Cloudflare is one.
  if (etags(ifMatch).includes(`W/${etagOf(revision)}`))
    return 'A proxy has made the ETag weak (If-Match). Repeat the change without its W/.';
  return 'The record has changed since you read it (If-Match). Read it again and repeat the change.';
}

function etags(header: string): string[] {
  return header.split(',').map((etag) => etag.trim());
}

export function etagOf(revision: string): string {
  return `"${revision}"`;
}

/**
 * Makes all changes or none. If someone else made a conflicting change at the same time, throws `PRECONDITION_FAILED` if that change
 * violates the precondition, else `CONFLICT`.
 * @param current reads the record that the precondition is about again
 */
export async function commitChanges(
  store: KeyValueStore,
  changes: Change[],
  precondition: Precondition,
  current: () => Promise<{ revision: string } | undefined>,
): Promise<void> {
  if (await store.commit(changes)) return;
  checkPrecondition(precondition, (await current())?.revision);
  throw lostRace();
}

export function lostRace(): CallerError {
  return new CallerError(
    'CONFLICT',
    'Someone else changed the record at the same time. Read it again and repeat the change.',
  );
}

/** For deletion: a record that cannot be parsed may still be deleted, unless the caller states a precondition. */
export function readToForget<T>({ ifMatch, ifNoneMatch }: Precondition, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Undecided) || (ifMatch ?? ifNoneMatch) !== undefined) throw error;
    return undefined;
  }
}
