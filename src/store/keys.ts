// Trusted keys: one record a key, and an index from fingerprint to id so that one key has one id. The index is written first
// and counts only while the record agrees, so a half-made change is as if it had not been made. A revocation stands under a
// key of its own that storing a key never writes: where there is no compare-and-swap, no later write can undo it.
import * as z from 'zod';
import { createBoundedCache } from '../core/bounded_cache.ts';
import { CallerError } from '../core/caller_error.ts';
import { type Digest, digestHex, isDigest } from '../core/crypto/digest.ts';
import { algorithmName, type PublicKey, parsePublicKeyPem, publicKeyPem } from '../core/crypto/public_key.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { parseNamePattern } from '../core/trust/name_pattern.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import type { Change, KeyValueStore } from './key_value.ts';
import { readableBy } from './readable_by.ts';
import {
  authorshipFields,
  authorshipOf,
  checkPrecondition,
  commitChanges,
  idSchema,
  instantSchema,
  listRecords,
  lostRace,
  noteSchema,
  type Precondition,
  readIndex,
  readRecord,
  readToForget,
  unreadable,
} from './records.ts';

const MAX_SCOPES = 100;
const MAX_DESCRIPTION = 1000;
/** In characters: a value of Deno KV ends at 64 KiB, and a character may take two bytes there. */
const MAX_RECORD = 30_000;
/** Parsed records kept by their text: the text is read on every call, the parsing need not be repeated. */
const PARSED = createBoundedCache<TrustedKey>(1000);

/** What an administrator says of a key, beside the key itself. */
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
/** What stands under `revocation/<id>`. */
const revocationRecordSchema = revocationSchema.extend({
  reason: z.string(),
  id: idSchema,
  at: z.string(),
  by: z.string().optional(),
  /** Of the last change; without it, `at`. */
  updatedAt: z.string().optional(),
  revision: z.string(),
});
export type KeyRecord = z.infer<typeof keyRecordSchema>;
export type KeyState = 'active' | 'not-yet' | 'expired' | 'revoked';

const recordKey = (id: string) => `key/${id}`;
const revocationKey = (id: string) => `revocation/${id}`;
const indexKey = (fingerprint: Digest) => `fingerprint/${digestHex(fingerprint)}`;

export async function getKey(store: KeyValueStore, id: string): Promise<KeyRecord | undefined> {
  return (await load(store, id)).record;
}

/** The key as the core takes it, by id or by fingerprint. */
export async function findTrustedKey(store: KeyValueStore, name: string): Promise<TrustedKey | undefined> {
  const id = isDigest(name) ? await store.get(indexKey(name)) : name;
  if (id === undefined) return undefined;
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  if (text === undefined) return undefined;
  const trusted = await toTrustedKey(text, id);
  if (isDigest(name) && trusted.key.fingerprint !== name) return undefined;
  if (revocationText === undefined) return trusted;
  return { ...trusted, revoked: revokedTerms(readRevocation(revocationText, id)) };
}

export async function listKeys(store: KeyValueStore, limit: number, cursor?: string) {
  const { records: keys, ...rest } = await listRecords(
    store,
    'key/',
    (id) => getKey(store, id),
    limit,
    cursor,
  );
  return { keys, ...rest };
}

/**
 * Stores a key under an id, replacing what is there. Errors: `CONFLICT`, `PRECONDITION_FAILED`, `TOO_LARGE`.
 * @param given `keep`: the terms of the same key stay, another key has none
 */
export async function putKey(
  store: KeyValueStore,
  id: string,
  key: PublicKey,
  given: KeyTerms | 'keep',
  precondition: Precondition,
  by: string,
  now: number,
): Promise<{ record: KeyRecord; isNew: boolean }> {
  const existing = await load(store, id);
  const terms = given === 'keep' ? keptTerms(existing.record, key) : given;
  checkPrecondition(precondition, existing.record?.revision);
  if (existing.record?.revoked !== undefined || existing.revocationText !== undefined) {
    throw new CallerError(
      'CONFLICT',
      `The key ${id} is revoked and stays so; store the new key under a new id.`,
    );
  }
  const index = indexKey(key.fingerprint);
  const holder = await readIndex(store, index, id, 'key', async (other) => {
    return (await getKey(store, other))?.fingerprint === key.fingerprint;
  });
  const record: KeyRecord = {
    ...terms,
    id,
    publicKey: publicKeyPem(key),
    fingerprint: key.fingerprint,
    algorithm: algorithmName(key),
    transparency: terms.transparency ?? 'required',
    ...authorshipOf(existing.record, by, now),
  };
  const value = JSON.stringify(record);
  if (value.length > MAX_RECORD)
    throw new CallerError('TOO_LARGE', `The key with its terms is longer than ${MAX_RECORD} characters.`);
  const changes: Change[] = [
    { key: revocationKey(id), expected: undefined, value: undefined },
    { key: index, expected: holder, value: id },
    { key: recordKey(id), expected: existing.text, value },
  ];
  const old = existing.record?.fingerprint;
  if (old !== undefined && old !== key.fingerprint) changes.push(...(await unindexChange(store, old, id)));
  await commitChanges(store, changes, precondition, () => getKey(store, id));
  return { record, isNew: existing.record === undefined };
}

/** More changes of one key than anybody makes while it is revoked. */
const REVOCATION_ATTEMPTS = 10;

/**
 * Revokes a key, for good. A second revocation may change when it was compromised. What changes at the same moment does not prevent it:
 * it is of the key that stands there then. Errors: `KEY_NOT_FOUND`, `PRECONDITION_FAILED`, `BAD_REQUEST`
 */
export async function revokeKey(
  store: KeyValueStore,
  id: string,
  revocation: Revocation,
  precondition: Precondition,
  by: string,
  now: number,
): Promise<KeyRecord> {
  if (revocation.compromisedAt !== undefined && Date.parse(revocation.compromisedAt) > now) {
    throw new CallerError(
      'BAD_REQUEST',
      'compromisedAt: is in the future; leave it out if nothing the key signed may count.',
    );
  }
  for (let attempt = 0; attempt < REVOCATION_ATTEMPTS; attempt++) {
    const loaded = await load(store, id);
    if (loaded.record === undefined) throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
    checkPrecondition(precondition, loaded.record.revision);
    const revoked = await writeRevocation(store, loaded, revocation, by, now);
    if (revoked !== undefined) return revoked;
  }
  throw lostRace();
}

/** @returns undefined where the key or its revocation has changed since it was loaded */
async function writeRevocation(
  store: KeyValueStore,
  { record, bare, text, revocationText }: Loaded,
  revocation: Revocation,
  by: string,
  now: number,
): Promise<KeyRecord | undefined> {
  if (bare === undefined) throw new TypeError('no key was loaded');
  const { id } = bare;
  const stored: z.infer<typeof revocationRecordSchema> = {
    ...revocation,
    id,
    at: record?.revoked?.at ?? instant(now),
    by,
    updatedAt: instant(now),
    revision: crypto.randomUUID(),
  };
  const changes = [
    { key: recordKey(id), expected: text, value: text },
    { key: revocationKey(id), expected: revocationText, value: JSON.stringify(stored) },
  ];
  const isWritten = await store.commit(changes);
  return isWritten ? withRevocation(bare, stored) : undefined;
}

/** A revocation that a deletion cut short has left behind goes too: until then nobody can store a key under that id. */
export async function deleteKey(store: KeyValueStore, id: string, precondition: Precondition): Promise<void> {
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  if (text === undefined && revocationText === undefined)
    throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
  const record = readToForget(precondition, () => readLoaded(id, text, revocationText).record);
  if (record !== undefined || text === undefined) checkPrecondition(precondition, record?.revision);
  const changes: Change[] = [
    { key: recordKey(id), expected: text, value: undefined },
    { key: revocationKey(id), expected: revocationText, value: undefined },
  ];
  if (record !== undefined) changes.push(...(await unindexChange(store, record.fingerprint, id)));
  await commitChanges(store, changes, precondition, () => getKey(store, id));
}

/** An index is the id's own unless a race has given it to another. */
async function unindexChange(store: KeyValueStore, fingerprint: Digest, id: string): Promise<Change[]> {
  const key = indexKey(fingerprint);
  return (await store.get(key)) === id ? [{ key, expected: id, value: undefined }] : [];
}

function keptTerms(record: KeyRecord | undefined, key: PublicKey): KeyTerms {
  if (record?.fingerprint !== key.fingerprint) return {};
  const { description, validFrom, validUntil, scopes, transparency } = record;
  return { description, validFrom, validUntil, scopes, transparency };
}

/** What the key is at this moment; signatures made earlier may still count. */
export function keyState({ revoked, validFrom, validUntil }: KeyRecord, now: number): KeyState {
  if (revoked !== undefined) return 'revoked';
  if (validFrom !== undefined && now < Date.parse(validFrom)) return 'not-yet';
  return validUntil !== undefined && now > Date.parse(validUntil) ? 'expired' : 'active';
}

interface Loaded {
  /** The record as it stands with its revocation, and without. */
  record?: KeyRecord;
  bare?: KeyRecord;
  text: string | undefined;
  revocationText: string | undefined;
}

async function load(store: KeyValueStore, id: string): Promise<Loaded> {
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  return readLoaded(id, text, revocationText);
}

function readLoaded(id: string, text: string | undefined, revocationText: string | undefined): Loaded {
  if (text === undefined) return { text, revocationText };
  const bare = ownRecord(text, id);
  const record =
    revocationText === undefined ? bare : withRevocation(bare, readRevocation(revocationText, id));
  return { record, bare, text, revocationText };
}

function readRevocation(text: string, id: string) {
  return readRecord(revocationRecordSchema, revocationKey(id), text, id);
}

/** The revision changes with either part. */
function withRevocation(record: KeyRecord, revocation: z.infer<typeof revocationRecordSchema>): KeyRecord {
  const { id: _, revision, updatedAt = revocation.at, ...revoked } = revocation;
  const updatedBy = revoked.by ?? record.updatedBy;
  return {
    ...record,
    updatedAt,
    ...(updatedBy !== undefined && { updatedBy }),
    revision: `${record.revision}.${revision}`,
    revoked,
  };
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
