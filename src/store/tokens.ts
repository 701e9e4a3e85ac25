// Access tokens: what a caller may do, for which names, and until when. Only the token's hash is stored, under the id that is part of the
// token, so a single read decides.
import * as z from 'zod';
import { sha256 } from '../core/crypto/digest.ts';
import { fromHex, toHex, utf8 } from '../core/encoding/bytes.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { parseNamePattern } from '../core/trust/name_pattern.ts';
import { equalInConstantTime } from './constant_time.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { loneRecords } from './lone_records.ts';
import type { Edit } from './preconditions.ts';
import { readableBy } from './readable_by.ts';
import { authorshipFields, authorshipOf, idSchema, instantSchema, noteSchema } from './records.ts';

export const SCOPES = ['verify', 'inspect', 'pull', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const MAX_NAMES = 100;
/** In bytes. */
const SECRET_LENGTH = 32;
/** `cs_<id>_<random>`. */
const TOKEN = /^cs_([a-z0-9][a-z0-9._-]{0,62})_([0-9a-f]{64})$/;

export const tokenTermsSchema = z.strictObject({
  description: noteSchema(1000).optional(),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1, 'a token without a scope could do nothing')
    .refine((scopes) => new Set(scopes).size === scopes.length, 'a scope is listed twice'),
  names: z
    .array(readableBy(parseNamePattern))
    .min(1, 'an empty list would allow nothing; leave it out for any name')
    .max(MAX_NAMES)
    .optional()
    .meta({ description: 'Patterns over full names: what it may verify, inspect and pull' }),
  expiresAt: instantSchema.optional(),
});
export type TokenTerms = z.output<typeof tokenTermsSchema>;

export const tokenRecordSchema = tokenTermsSchema.extend({
  description: z.string().optional(),
  id: idSchema,
  /** SHA-256 of the whole token, lower-case hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  ...authorshipFields,
});
export type TokenRecord = z.output<typeof tokenRecordSchema>;

export const tokens = loneRecords<TokenRecord>('token', tokenRecordSchema, noToken);

/** Whether the token has the form of the ones that this service issues, which nobody can guess. */
export function isMadeHere(token: string): boolean {
  return TOKEN.test(token);
}

/**
 * The record of a presented token, if it is valid now. Reads the store once, or not at all if the text does not have the form of a token.
 * @param now milliseconds since the epoch
 */
export async function findToken(
  store: KeyValueStore,
  token: string,
  now: number,
): Promise<TokenRecord | undefined> {
  const id = TOKEN.exec(token)?.[1];
  if (id === undefined) return undefined;
  const record = await tokens.get(store, id);
  const isSecret = equalInConstantTime(
    await sha256(utf8(token)),
    fromHex(record?.hash ?? '00'.repeat(SECRET_LENGTH), 'hash'),
  );
  if (record === undefined || !isSecret) return undefined;
  return record.expiresAt !== undefined && now >= Date.parse(record.expiresAt) ? undefined : record;
}

/**
 * Creates a token, or changes what an existing one may do without changing its secret. Errors as for `LoneRecords.replace`.
 * @returns `secret` only for a new token; it is not stored anywhere
 */
export async function putToken(
  store: KeyValueStore,
  id: string,
  terms: TokenTerms,
  edit: Edit,
): Promise<{ record: TokenRecord; secret?: string }> {
  let secret: string | undefined;
  const record = await tokens.replace(store, id, edit.precondition, async (existing) => {
    secret = existing === undefined ? makeSecret(id) : undefined;
    const hash = secret === undefined ? existing?.hash : toHex(await sha256(utf8(secret)));
    if (hash === undefined) throw new TypeError('a token without a secret');
    return { ...terms, id, hash, ...authorshipOf(existing, edit) };
  });
  return { record, ...(secret !== undefined && { secret }) };
}

export function noToken(id: string): CallerError {
  return new CallerError('TOKEN_NOT_FOUND', `There is no token ${id}.`);
}

function makeSecret(id: string): string {
  return `cs_${id}_${toHex(crypto.getRandomValues(new Uint8Array(SECRET_LENGTH)))}`;
}
