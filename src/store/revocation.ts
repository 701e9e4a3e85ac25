// Revokes keys. A revocation is permanent and applies to the key that is stored at that moment.
import { CallerError } from '../core/errors/caller_error.ts';
import {
  indexKey,
  type KeyRecord,
  type LoadedKey,
  loadKey,
  type Revocation,
  recordKey,
  revocationKey,
  type StoredRevocation,
  withRevocation,
} from './key_records.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { checkPrecondition, type Edit, lostRace } from './preconditions.ts';

/** More often than anyone changes a key while it is being revoked. */
const REVOCATION_ATTEMPTS = 10;

/**
 * Revokes a key permanently. A second revocation may change the time of the compromise. A concurrent change does not prevent the
 * revocation: it applies to the key that is stored then. Errors: `KEY_NOT_FOUND`, `PRECONDITION_FAILED`, `BAD_REQUEST`, `CONFLICT`
 */
export async function revokeKey(
  store: KeyValueStore,
  id: string,
  revocation: Revocation,
  edit: Edit,
): Promise<KeyRecord> {
  if (revocation.compromisedAt !== undefined && Date.parse(revocation.compromisedAt) > edit.now) {
    throw new CallerError(
      'BAD_REQUEST',
      'compromisedAt: is in the future. Leave it out if no signature by this key should count.',
    );
  }
  for (let attempt = 0; attempt < REVOCATION_ATTEMPTS; attempt++) {
    const loaded = await loadKey(store, id);
    // A key that is gone since the first attempt was deleted at the same time, which violates If-Match.
    if (loaded.record !== undefined || attempt > 0)
      checkPrecondition(edit.precondition, loaded.record?.revision);
    if (loaded.record === undefined) throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
    const revoked = await writeRevocation(store, loaded, revocation, edit);
    if (revoked !== undefined) return revoked;
  }
  throw lostRace();
}

/** @returns undefined if the key or its revocation has changed since it was loaded */
async function writeRevocation(
  store: KeyValueStore,
  { record, bare, text, revocationText }: LoadedKey,
  revocation: Revocation,
  { by, now }: Edit,
): Promise<KeyRecord | undefined> {
  if (bare === undefined) throw new TypeError('no key was loaded');
  const { id } = bare;
  const stored: StoredRevocation = {
    ...revocation,
    id,
    at: record?.revoked?.at ?? instant(now),
    by,
    updatedAt: instant(now),
    revision: crypto.randomUUID(),
  };
  const index = indexKey(bare.fingerprint);
  const changes = [
    { key: recordKey(id), expected: text, value: text },
    { key: revocationKey(id), expected: revocationText, value: JSON.stringify(stored) },
    // A race may have stored the key under another id, too: by its fingerprint, it is found here.
    { key: index, expected: await store.get(index), value: id },
  ];
  const isWritten = await store.commit(changes);
  return isWritten ? withRevocation(bare, stored) : undefined;
}

function instant(now: number): string {
  return new Date(now).toISOString();
}
