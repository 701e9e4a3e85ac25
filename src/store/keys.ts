// Trusted keys: one record a key, and an index from fingerprint to id so that one key has one id. The index is written first
// and counts only while the record agrees, so a half-made change is as if it had not been made.
import * as z from 'zod';
import { createBoundedCache } from '../core/bounded_cache.ts';
import { CallerError } from '../core/caller_error.ts';
import { type Digest, digestHex, isDigest } from '../core/digest.ts';
import { Malformed } from '../core/malformed.ts';
import { parseNamePattern } from '../core/name_pattern.ts';
import { algorithmName, type PublicKey, parsePublicKeyPem, publicKeyPem } from '../core/public_key.ts';
import type { TrustedKey } from '../core/trusted_key.ts';
import type { Change, KeyValueStore } from './key_value.ts';
import {
  checkPrecondition,
  idSchema,
  instantSchema,
  lostRace,
  type Precondition,
  readRecord,
  unreadable,
} from './records.ts';

const MAX_SCOPES = 100;
const MAX_DESCRIPTION = 1000;
/** Parsed records kept by their text: the text is read on every call, the parsing need not be repeated. */
const PARSED = createBoundedCache<TrustedKey>(1000);

const scopeSchema = z.string().superRefine((text, context) => {
  try {
    parseNamePattern(text);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
});

/** What an administrator says of a key, beside the key itself. */
export const keyTermsSchema = z.strictObject({
  description: z.string().max(MAX_DESCRIPTION).optional(),
  validFrom: instantSchema.optional(),
  validUntil: instantSchema.optional(),
  scopes: z
    .array(scopeSchema)
    .min(1, 'an empty list would allow nothing; leave it out for any image')
    .max(MAX_SCOPES)
    .optional(),
  transparency: z.enum(['required', 'unsafe-none']).optional(),
});
export type KeyTerms = z.infer<typeof keyTermsSchema>;

export const revocationSchema = z.strictObject({
  reason: z.string().min(1).max(MAX_DESCRIPTION),
  compromisedAt: instantSchema.optional(),
});
export type Revocation = z.infer<typeof revocationSchema>;

export const keyRecordSchema = keyTermsSchema.extend({
  id: idSchema,
  publicKey: z.string(),
  fingerprint: z.string().refine(isDigest),
  algorithm: z.string(),
  transparency: z.enum(['required', 'unsafe-none']),
  createdAt: z.string(),
  updatedAt: z.string(),
  revision: z.string(),
  revoked: revocationSchema.extend({ at: z.string() }).optional(),
});
export type KeyRecord = z.infer<typeof keyRecordSchema>;
export type KeyState = 'active' | 'not-yet' | 'expired' | 'revoked';

const recordKey = (id: string) => `key/${id}`;
const indexKey = (fingerprint: Digest) => `fingerprint/${digestHex(fingerprint)}`;

export async function getKey(store: KeyValueStore, id: string): Promise<KeyRecord | undefined> {
  return (await load(store, id)).record;
}

/** The key as the core takes it, by id or by fingerprint. */
export async function findTrustedKey(store: KeyValueStore, name: string): Promise<TrustedKey | undefined> {
  const id = isDigest(name) ? await store.get(indexKey(name)) : name;
  if (id === undefined) return undefined;
  const text = await store.get(recordKey(id));
  if (text === undefined) return undefined;
  const trusted = await toTrustedKey(text, id);
  return isDigest(name) && trusted.key.fingerprint !== name ? undefined : trusted;
}

export async function listKeys(store: KeyValueStore, limit: number, cursor?: string) {
  const page = await store.list('key/', limit, cursor);
  const records = await Promise.all(page.keys.map((key) => getKey(store, key.slice('key/'.length))));
  return {
    keys: records.filter((record) => record !== undefined),
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  };
}

/** Stores a key under an id, replacing what is there. Errors: `CONFLICT`, `PRECONDITION_FAILED`. */
export async function putKey(
  store: KeyValueStore,
  id: string,
  key: PublicKey,
  terms: KeyTerms,
  precondition: Precondition,
  now: number,
): Promise<{ record: KeyRecord; isNew: boolean }> {
  const existing = await load(store, id);
  checkPrecondition(precondition, existing.record?.revision);
  if (existing.record?.revoked !== undefined) {
    throw new CallerError(
      'CONFLICT',
      `The key ${id} is revoked and stays so; store the new key under a new id.`,
    );
  }
  const index = indexKey(key.fingerprint);
  const holder = await store.get(index);
  if (
    holder !== undefined &&
    holder !== id &&
    (await getKey(store, holder))?.fingerprint === key.fingerprint
  ) {
    throw new CallerError('CONFLICT', `This key is stored already, as ${holder}.`);
  }
  const at = instant(now);
  const record: KeyRecord = {
    ...terms,
    id,
    publicKey: publicKeyPem(key),
    fingerprint: key.fingerprint,
    algorithm: algorithmName(key),
    transparency: terms.transparency ?? 'required',
    createdAt: existing.record?.createdAt ?? at,
    updatedAt: at,
    revision: crypto.randomUUID(),
  };
  const changes: Change[] = [
    { key: index, expected: holder, value: id },
    { key: recordKey(id), expected: existing.text, value: JSON.stringify(record) },
  ];
  const old = existing.record?.fingerprint;
  if (old !== undefined && old !== key.fingerprint)
    changes.push({ key: indexKey(old), expected: id, value: undefined });
  if (!(await store.commit(changes))) throw lostRace();
  return { record, isNew: existing.record === undefined };
}

/** Revokes a key, for good. A second revocation may change when it was compromised. */
export async function revokeKey(
  store: KeyValueStore,
  id: string,
  revocation: Revocation,
  precondition: Precondition,
  now: number,
): Promise<KeyRecord> {
  const { record, text } = await load(store, id);
  if (record === undefined) throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
  checkPrecondition(precondition, record.revision);
  const revoked: KeyRecord = {
    ...record,
    updatedAt: instant(now),
    revision: crypto.randomUUID(),
    revoked: { ...revocation, at: record.revoked?.at ?? instant(now) },
  };
  if (!(await store.commit([{ key: recordKey(id), expected: text, value: JSON.stringify(revoked) }])))
    throw lostRace();
  return revoked;
}

export async function deleteKey(store: KeyValueStore, id: string, precondition: Precondition): Promise<void> {
  const { record, text } = await load(store, id);
  if (record === undefined) throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
  checkPrecondition(precondition, record.revision);
  const index = indexKey(record.fingerprint);
  const changes: Change[] = [{ key: recordKey(id), expected: text, value: undefined }];
  if ((await store.get(index)) === id) changes.push({ key: index, expected: id, value: undefined });
  if (!(await store.commit(changes))) throw lostRace();
}

/** What the key is at this moment; signatures made earlier may still count. */
export function keyState({ revoked, validFrom, validUntil }: KeyRecord, now: number): KeyState {
  if (revoked !== undefined) return 'revoked';
  if (validFrom !== undefined && now < Date.parse(validFrom)) return 'not-yet';
  return validUntil !== undefined && now > Date.parse(validUntil) ? 'expired' : 'active';
}

async function load(
  store: KeyValueStore,
  id: string,
): Promise<{ record?: KeyRecord; text: string | undefined }> {
  const text = await store.get(recordKey(id));
  if (text === undefined) return { text };
  return { record: ownRecord(text, id), text };
}

function ownRecord(text: string, id: string): KeyRecord {
  return readRecord(keyRecordSchema, recordKey(id), text, id);
}

async function toTrustedKey(text: string, id: string): Promise<TrustedKey> {
  const parsed = PARSED.get(text, 0);
  if (parsed?.id === id) return parsed;
  const record = ownRecord(text, id);
  const trusted: TrustedKey = {
    id,
    key: await parseStoredKey(record),
    transparency: record.transparency,
    ...(record.validFrom !== undefined && { validFrom: Date.parse(record.validFrom) }),
    ...(record.validUntil !== undefined && { validUntil: Date.parse(record.validUntil) }),
    ...(record.scopes !== undefined && { scopes: record.scopes }),
    ...(record.revoked !== undefined && { revoked: revokedTerms(record.revoked) }),
  };
  PARSED.set(text, trusted, 1, Number.POSITIVE_INFINITY);
  return trusted;
}

async function parseStoredKey(record: KeyRecord): Promise<PublicKey> {
  try {
    const key = await parsePublicKeyPem(record.publicKey);
    if (key.fingerprint === record.fingerprint) return key;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  throw unreadable(recordKey(record.id));
}

function revokedTerms({ compromisedAt }: Revocation): { compromisedAt?: number } {
  return compromisedAt === undefined ? {} : { compromisedAt: Date.parse(compromisedAt) };
}

function instant(now: number): string {
  return new Date(now).toISOString();
}
