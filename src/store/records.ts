// What all stored records share: an id, instants, a revision for conditional requests, and reading that fails closed.
import * as z from 'zod';
import { CallerError } from '../core/caller_error.ts';
import { formatInstant } from '../core/encoding/instant.ts';
import { Undecided } from '../core/undecided.ts';
import { storeFailure } from './guard.ts';
import type { Change, KeyValueStore } from './key_value.ts';

export const ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'expected a-z, 0-9, ".", "_" and "-", at most 63 characters');
/** RFC 3339 with any offset in, UTC out. Its years have four digits, after the conversion too. */
export const instantSchema = z.iso
  .datetime({ offset: true })
  .transform((text) => formatInstant(Date.parse(text)))
  .refine((text) => /^[0-9]{4}-/.test(text), 'expected a year up to 9999');

/** Who made a record and who changed it last: the names that the audit log has too. */
export const authorshipFields = {
  createdAt: z.string(),
  createdBy: z.string().optional(),
  updatedAt: z.string(),
  updatedBy: z.string().optional(),
  revision: z.string(),
};
export type Authorship = z.infer<z.ZodObject<typeof authorshipFields>>;

/** @param by who makes the change */
export function authorshipOf(
  existing: Pick<Authorship, 'createdAt' | 'createdBy'> | undefined,
  by: string,
  now: number,
): Authorship {
  const at = new Date(now).toISOString();
  const { createdAt, createdBy } = existing ?? { createdAt: at, createdBy: by };
  return {
    createdAt,
    ...(createdBy !== undefined && { createdBy }),
    updatedAt: at,
    updatedBy: by,
    revision: crypto.randomUUID(),
  };
}

/** What people write beside a record, as it is taken; what is stored already is read whatever it says. @param most characters */
export function noteSchema(most: number) {
  return z
    .string()
    .max(most)
    .refine((text) => !isPrivateKey(text), 'looks like a private key, which does not belong here');
}

/** PEM of one, whole or not. */
export function isPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY/.test(text);
}

/** In bytes: a value of Deno KV ends at 64 KiB. */
const MAX_VALUE = 63 * 1024;

/** Latin-1 alone, so that characters are bytes wherever it is kept. */
export function narrowJson(record: object): string {
  return JSON.stringify(record).replace(
    /[^\x00-\xff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @throws CallerError `TOO_LARGE` @param what the thing, for people */
export function serialized(record: object, what: string): string {
  const value = narrowJson(record);
  if (value.length > MAX_VALUE)
    throw new CallerError(
      'TOO_LARGE',
      `The ${what} is larger than the ${MAX_VALUE} bytes that one record holds.`,
    );
  return value;
}

/** A window that ends before it begins is a mistake, not a window. */
export function assertWindow({
  validFrom,
  validUntil,
}: {
  validFrom?: string | undefined;
  validUntil?: string | undefined;
}): void {
  if (validFrom !== undefined && validUntil !== undefined && Date.parse(validFrom) > Date.parse(validUntil)) {
    throw new CallerError('BAD_REQUEST', 'validUntil: is before validFrom.');
  }
}

/** Reads the record of an id. One that does not fit its schema, or is another's, is a store that cannot be relied on. */
export function readRecord<T extends { id: string }>(
  schema: z.ZodType<T>,
  key: string,
  text: string,
  id: string,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(key);
  }
  const result = schema.safeParse(value);
  if (!result.success || result.data.id !== id) throw unreadable(key);
  return result.data;
}

/** A record that nobody can read can be forgotten all the same, unless the caller wants a certain one gone. */
export function readToForget<T>({ ifMatch, ifNoneMatch }: Precondition, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Undecided) || (ifMatch ?? ifNoneMatch) !== undefined) throw error;
    return undefined;
  }
}

export function unreadable(key: string): Undecided {
  return storeFailure(key, `holds a record that cannot be read (${key})`);
}

/** RFC 9110 §13: `If-Match` and `If-None-Match: *`, against a record's revision. */
export interface Precondition {
  ifMatch?: string;
  ifNoneMatch?: string;
}

export function checkPrecondition(
  { ifMatch, ifNoneMatch }: Precondition,
  revision: string | undefined,
): void {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') throw new CallerError('BAD_REQUEST', 'If-None-Match takes * here.');
    if (revision !== undefined)
      throw new CallerError('PRECONDITION_FAILED', 'It exists already (If-None-Match: *).');
  }
  if (ifMatch === undefined) return;
  const isMatch =
    revision !== undefined && (ifMatch.trim() === '*' || etags(ifMatch).includes(etagOf(revision)));
  if (!isMatch)
    throw new CallerError(
      'PRECONDITION_FAILED',
      'It has changed since (If-Match); read it again and repeat the change.',
    );
}

function etags(header: string): string[] {
  return header.split(',').map((etag) => etag.trim());
}

export function etagOf(revision: string): string {
  return `"${revision}"`;
}

/**
 * Makes the changes, all or none of them. Errors: `PRECONDITION_FAILED` when what someone else made at the same moment breaks the
 * condition, else `CONFLICT`.
 * @param current the record that the condition is about, read anew
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
    'Someone else changed it at the same moment; read it again and repeat the change.',
  );
}

/** A page of records; one that was deleted meanwhile is left out. @param prefix as in `key/` */
export async function listRecords<T>(
  store: KeyValueStore,
  prefix: string,
  read: (id: string) => Promise<T | undefined>,
  limit: number,
  cursor: string | undefined,
): Promise<{ records: T[]; cursor?: string }> {
  const page = await store.list(prefix, limit, cursor);
  const records = await Promise.all(page.keys.map((key) => read(key.slice(prefix.length))));
  return {
    records: records.filter((record) => record !== undefined),
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  };
}

/**
 * What an index says now, for the change that will expect it. The id it names counts only while that id's record agrees.
 * @throws CallerError `CONFLICT` when another id holds the thing
 */
export async function readIndex(
  store: KeyValueStore,
  index: string,
  id: string,
  what: 'key' | 'log',
  agrees: (holder: string) => Promise<boolean>,
): Promise<string | undefined> {
  const holder = await store.get(index);
  if (holder !== undefined && holder !== id && (await agrees(holder))) {
    throw new CallerError('CONFLICT', `This ${what} is stored already, as ${holder}.`);
  }
  return holder;
}
