// A key in the store: its record under `key/<id>`, its revocation under `revocation/<id>`, which storing a key never writes, and an index
// from fingerprint to id. Wherever a key is shown, its revocation is part of it.
import * as z from 'zod';
import { type Digest, digestHex, isDigest } from '../core/crypto/digest.ts';
import { parseNamePattern } from '../core/trust/name_pattern.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { readableBy } from './readable_by.ts';
import { authorshipFields, idSchema, instantSchema, noteSchema, readRecord } from './records.ts';

const MAX_SCOPES = 100;
const MAX_DESCRIPTION = 1000;

/** What an administrator sets for a key, apart from the key itself. */
export const keyTermsSchema = z.strictObject({
  description: noteSchema(MAX_DESCRIPTION).optional(),
  validFrom: instantSchema.optional(),
  validUntil: instantSchema.optional(),
  scopes: z
    .array(readableBy(parseNamePattern))
    .min(1, 'an empty list would allow nothing; leave it out for any image')
    .max(MAX_SCOPES)
    .optional(),
  transparency: z.enum(['required', 'unsafe-none']).optional(),
});
export type KeyTerms = z.infer<typeof keyTermsSchema>;

export const revocationSchema = z.strictObject({
  reason: noteSchema(MAX_DESCRIPTION).min(1),
  compromisedAt: instantSchema.optional(),
});
export type Revocation = z.infer<typeof revocationSchema>;

export const keyRecordSchema = keyTermsSchema.extend({
  description: z.string().optional(),
  id: idSchema,
  publicKey: z.string(),
  fingerprint: z.string().refine(isDigest),
  algorithm: z.string(),
  transparency: z.enum(['required', 'unsafe-none']),
  ...authorshipFields,
  revoked: revocationSchema
    .extend({ reason: z.string(), at: z.string(), by: z.string().optional() })
    .optional(),
});
/** The record under `revocation/<id>`. */
const revocationRecordSchema = revocationSchema.extend({
  reason: z.string(),
  id: idSchema,
  at: z.string(),
  by: z.string().optional(),
  /** The time of the last change; if absent, `at`. */
  updatedAt: z.string().optional(),
  revision: z.string(),
  /**
   * Set when the key is deleted: that time, or the revocation's or the key's own if it is later. From then on the revocation is only about
   * keys made until then. It stays for a while because an edge of Workers KV may still read the key.
   */
  forgotten: z.iso.datetime().optional(),
});
export type KeyRecord = z.infer<typeof keyRecordSchema>;
export type StoredRevocation = z.infer<typeof revocationRecordSchema>;
export type KeyState = 'active' | 'not-yet' | 'expired' | 'revoked';

export const recordKey = (id: string) => `key/${id}`;
export const revocationKey = (id: string) => `revocation/${id}`;
export const indexKey = (fingerprint: Digest) => `fingerprint/${digestHex(fingerprint)}`;

/** The key's current state. Signatures made earlier may still count. */
export function keyState({ revoked, validFrom, validUntil }: KeyRecord, now: number): KeyState {
  if (revoked !== undefined) return 'revoked';
  if (validFrom !== undefined && now < Date.parse(validFrom)) return 'not-yet';
  return validUntil !== undefined && now > Date.parse(validUntil) ? 'expired' : 'active';
}

export interface LoadedKey {
  /** The record with its revocation, and without it. */
  record?: KeyRecord;
  bare?: KeyRecord;
  text: string | undefined;
  revocationText: string | undefined;
  /** Whether the revocation is only about a deleted key, and until when that may have been made. */
  isForgotten: boolean;
  forgotten?: string | undefined;
}

export async function loadKey(store: KeyValueStore, id: string): Promise<LoadedKey> {
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  return readLoadedKey(id, text, revocationText);
}

export function readLoadedKey(
  id: string,
  text: string | undefined,
  revocationText: string | undefined,
): LoadedKey {
  const revocation = revocationText === undefined ? undefined : readRevocation(revocationText, id);
  const bare = text === undefined ? undefined : readKeyRecord(text, id);
  const isForgotten = revocation !== undefined && !isAbout(revocation, bare);
  const texts = { text, revocationText, isForgotten, forgotten: revocation?.forgotten };
  if (bare === undefined) return texts;
  const record = revocation === undefined || isForgotten ? bare : withRevocation(bare, revocation);
  return { record, bare, ...texts };
}

/** Whether a revocation applies to this key: yes, unless it is about a deleted key that had the same id. */
export function isAbout({ forgotten }: StoredRevocation, key: KeyRecord | undefined): boolean {
  if (forgotten === undefined) return true;
  return key !== undefined && !(Date.parse(key.createdAt) > Date.parse(forgotten));
}

export function readRevocation(text: string, id: string) {
  return readRecord(revocationRecordSchema, revocationKey(id), text, id);
}

/** Combines the revisions, so that the result changes with either part. */
export function withRevocation(record: KeyRecord, revocation: StoredRevocation): KeyRecord {
  const { id: _, revision, updatedAt = revocation.at, forgotten: __, ...revoked } = revocation;
  const updatedBy = revoked.by ?? record.updatedBy;
  return {
    ...record,
    updatedAt,
    ...(updatedBy !== undefined && { updatedBy }),
    revision: `${record.revision}.${revision}`,
    revoked,
  };
}

export function readKeyRecord(text: string, id: string): KeyRecord {
  return readRecord(keyRecordSchema, recordKey(id), text, id);
}
