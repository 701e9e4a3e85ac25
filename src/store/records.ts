// What all stored records share: ids, instants, authorship, and parsing that fails closed.
import * as z from 'zod';
import { formatInstant } from '../core/encoding/instant.ts';
import { holdsPrivateKey } from '../core/encoding/pem.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import type { Undecided } from '../core/errors/undecided.ts';
import { listCursor, storeCursor } from './cursor.ts';
import { storeFailure } from './kv/guard.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import type { Edit } from './preconditions.ts';

export const ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const idSchema = z
  .string()
  .regex(ID_PATTERN, 'expected a-z, 0-9, ".", "_" and "-", at most 63 characters');
/** Accepts RFC 3339 with any offset and converts it to UTC. The year must have four digits, after the conversion too. */
export const instantSchema = z.iso
  .datetime({
    offset: true,
    error: ({ code }) =>
      code === 'invalid_format' ? 'expected a time such as 2027-01-31T00:00:00Z' : undefined,
  })
  .transform((text) => formatInstant(Date.parse(text)))
  .refine((text) => /^[0-9]{4}-/.test(text), 'expected a year up to 9999');

/** Who created a record and who changed it last, under the same names as in the audit log. */
export const authorshipFields = {
  createdAt: z.string(),
  createdBy: z.string().optional(),
  updatedAt: z.string(),
  updatedBy: z.string().optional(),
  revision: z.string(),
};
export type Authorship = z.infer<z.ZodObject<typeof authorshipFields>>;

export function authorshipOf(
  existing: Pick<Authorship, 'createdAt' | 'createdBy'> | undefined,
  { by, now }: Pick<Edit, 'by' | 'now'>,
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

/** Free text for a record, for writing only: text that is already stored is not checked again. @param most characters */
export function noteSchema(most: number) {
  return z
    .string()
    .max(most)
    .refine((text) => !holdsPrivateKey(text), 'looks like a private key, which must not be stored here');
}

/** In bytes. A value in Deno KV is limited to 64 KiB. */
const MAX_VALUE = 63 * 1024;

/** JSON with only Latin-1 characters, so that every store can keep one byte per character. */
export function narrowJson(record: object): string {
  return JSON.stringify(record).replace(
    /[^\x00-\xff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** @throws CallerError `TOO_LARGE` @param what the kind of record, for the message */
export function serialized(record: object, what: string): string {
  const value = narrowJson(record);
  if (value.length > MAX_VALUE)
    throw new CallerError(
      'TOO_LARGE',
      `The ${what} is larger than ${MAX_VALUE} bytes, the limit for one record.`,
    );
  return value;
}

/** Rejects a window that ends before it begins. Error: `BAD_REQUEST`. */
export function assertWindow({
  validFrom,
  validUntil,
}: {
  validFrom?: string | undefined;
  validUntil?: string | undefined;
}): void {
  if (validFrom !== undefined && validUntil !== undefined && Date.parse(validFrom) > Date.parse(validUntil)) {
    throw new CallerError('BAD_REQUEST', 'validUntil: must not be before validFrom.');
  }
}

/** Parses the record of an id. Throws `Undecided` if it does not match the schema or has another id, since the store is then unreliable. */
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

export function unreadable(key: string): Undecided {
  return storeFailure(key, `contains a record that cannot be read (${key})`, { retryable: false });
}

/**
 * A page of records, without any that were deleted in the meantime. Errors: `BAD_REQUEST` for a cursor of another list.
 * @param prefix such as `key/`
 */
export async function listRecords<T>(
  store: KeyValueStore,
  prefix: string,
  read: (id: string) => Promise<T | undefined>,
  limit: number,
  cursor: string | undefined,
): Promise<{ records: T[]; cursor?: string }> {
  const page = await store.list(
    prefix,
    limit,
    cursor === undefined ? undefined : storeCursor(prefix, cursor),
  );
  const records = await Promise.all(page.keys.map((key) => read(key.slice(prefix.length))));
  return {
    records: records.filter((record) => record !== undefined),
    ...(page.cursor !== undefined && { cursor: listCursor(prefix, page.cursor) }),
  };
}
