// Trusted keys: one record per key, and an index from fingerprint to id, so that a key has only one id. The index is written first and
// counts only while the record agrees, so a partial change has no effect. A revocation is stored under its own store key, which storing a
// trusted key never writes, so even without compare-and-swap no later write can undo it.

import type { Digest } from '../core/crypto/digest.ts';
import { algorithmName, type PublicKey, publicKeyPem } from '../core/crypto/public_key.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import {
  indexKey,
  type KeyRecord,
  type KeyTerms,
  type LoadedKey,
  loadKey,
  readKeyRecord,
  readLoadedKey,
  readRevocation,
  recordKey,
  revocationKey,
  type StoredRevocation,
} from './key_records.ts';
import type { Change, KeyValueStore } from './kv/key_value.ts';
import { checkPrecondition, commitChanges, type Edit, readToForget } from './preconditions.ts';
import { indexChanges } from './record_index.ts';
import { authorshipOf, listRecords } from './records.ts';

/** In characters. A value in Deno KV is limited to 64 KiB, and a character may take two bytes there. */
const MAX_RECORD = 30_000;
/** How long the revocation of a deleted key stays, in seconds: several times as long as a read may lag. */
const FORGETTING = 300;

export async function getKey(store: KeyValueStore, id: string): Promise<KeyRecord | undefined> {
  return (await loadKey(store, id)).record;
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
 * Stores a key under an id, replacing the existing record. Errors: `CONFLICT`, `PRECONDITION_FAILED`, `TOO_LARGE`.
 * @param given `keep` keeps the terms if the key is the same; a different key gets none
 */
export async function putKey(
  store: KeyValueStore,
  id: string,
  key: PublicKey,
  given: KeyTerms | 'keep',
  edit: Edit,
): Promise<{ record: KeyRecord; isNew: boolean }> {
  const { precondition } = edit;
  const existing = await loadKey(store, id);
  const terms = given === 'keep' ? keptTerms(existing.record, key) : given;
  checkPrecondition(precondition, existing.record?.revision);
  const isRevoked = existing.revocationText !== undefined && !existing.isForgotten;
  if (existing.record?.revoked !== undefined || isRevoked) {
    throw new CallerError(
      'CONFLICT',
      `The key ${id} is revoked permanently. Store the new key under a new id.`,
    );
  }
  const index = await indexChanges(store, indexKey(key.fingerprint), id, 'key', recordKey, (text, other) => {
    return readKeyRecord(text, other).fingerprint === key.fingerprint;
  });
  const record: KeyRecord = {
    ...terms,
    id,
    publicKey: publicKeyPem(key),
    fingerprint: key.fingerprint,
    algorithm: algorithmName(key),
    transparency: terms.transparency ?? 'required',
    // Never as old as a deleted key of this id whose revocation is still there, even by a clock that was set back.
    ...authorshipOf(existing.record, { ...edit, now: Math.max(edit.now, justAfter(existing.forgotten)) }),
  };
  const value = JSON.stringify(record);
  if (value.length > MAX_RECORD)
    throw new CallerError('TOO_LARGE', `The key with its terms is longer than ${MAX_RECORD} characters.`);
  const changes: Change[] = [
    { key: revocationKey(id), expected: existing.revocationText, value: existing.revocationText },
    ...index,
    { key: recordKey(id), expected: existing.text, value },
  ];
  const old = existing.record?.fingerprint;
  if (old !== undefined && old !== key.fingerprint) changes.push(...(await unindexChange(store, old, id)));
  await commitChanges(store, changes, precondition, () => getKey(store, id));
  return { record, isNew: existing.record === undefined };
}

/**
 * Also deletes a revocation left behind by an interrupted deletion. Until it is gone, nobody can store a key under that id. Where reads lag,
 * the key of a revocation may seem to be gone and be there, and would count again: so it is deleted, too.
 * Errors: `KEY_NOT_FOUND`, `PRECONDITION_FAILED`, `CONFLICT`.
 */
export async function deleteKey(
  store: KeyValueStore,
  id: string,
  { precondition, now }: Pick<Edit, 'precondition' | 'now'>,
): Promise<void> {
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  const loaded = readToForget(precondition, () => readLoadedKey(id, text, revocationText));
  if (text === undefined && (revocationText === undefined || loaded?.isForgotten === true))
    throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
  const record = loaded?.record;
  checkPrecondition(precondition, record?.revision);
  const changes: Change[] = [
    { key: recordKey(id), expected: text, value: undefined, always: true },
    forgetRevocation(id, revocationText, loaded, now),
  ];
  if (record !== undefined) changes.push(...(await unindexChange(store, record.fingerprint, id)));
  await commitChanges(store, changes, precondition, () => getKey(store, id));
}

/**
 * Where reads lag, an edge might find the revocation gone and the key still there. So the revocation stays for a while, about that key only;
 * in place of one that cannot be read, one that can.
 */
function forgetRevocation(
  id: string,
  text: string | undefined,
  loaded: LoadedKey | undefined,
  now: number,
): Change {
  const change = { key: revocationKey(id), expected: text };
  if (text === undefined) return { ...change, value: undefined };
  if (loaded?.isForgotten === true) return { ...change, value: text };
  const value = JSON.stringify(
    loaded === undefined ? substituteRevocation(id, now) : forgotten(id, text, loaded, now),
  );
  return { ...change, value: undefined, meanwhile: { value, ttl: FORGETTING } };
}

function forgotten(id: string, text: string, { bare }: LoadedKey, now: number): StoredRevocation {
  // Of a deleted key nothing counts. Besides, the time of a compromise may have been withdrawn, unseen.
  const { compromisedAt: _, ...revocation } = readRevocation(text, id);
  // Of a key that is there and was not read here, the time is not known: it was made before now, by a clock that may be ahead of this one.
  const times = [bare?.createdAt ?? '', revocation.at, new Date(now).toISOString()];
  return { ...revocation, forgotten: times.sort().at(-1) };
}

function substituteRevocation(id: string, now: number): StoredRevocation {
  const at = new Date(now).toISOString();
  return { id, reason: 'The record could not be read.', at, revision: crypto.randomUUID(), forgotten: at };
}

function justAfter(time: string | undefined): number {
  return time === undefined ? 0 : Date.parse(time) + 1;
}

/** Deletes the index entry only if it belongs to this id: in a race, another id may have taken it. */
async function unindexChange(store: KeyValueStore, fingerprint: Digest, id: string): Promise<Change[]> {
  const key = indexKey(fingerprint);
  return (await store.get(key)) === id ? [{ key, expected: id, value: undefined }] : [];
}

function keptTerms(record: KeyRecord | undefined, key: PublicKey): KeyTerms {
  if (record?.fingerprint !== key.fingerprint) return {};
  const { description, validFrom, validUntil, scopes, transparency } = record;
  return { description, validFrom, validUntil, scopes, transparency };
}
