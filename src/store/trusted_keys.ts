// Converts stored keys to the form that the core uses. The stored text is read on every call, but it need not be parsed again.

import { isDigest } from '../core/crypto/digest.ts';
import { type PublicKey, parsePublicKeyPem } from '../core/crypto/public_key.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { createBoundedCache } from '../core/memory/bounded_cache.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import {
  indexKey,
  isAbout,
  type KeyRecord,
  type Revocation,
  readKeyRecord,
  readRevocation,
  recordKey,
  revocationKey,
} from './key_records.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { unreadable } from './records.ts';

/** In characters of records: some thousand keys, unless their descriptions are long. */
const MAX_PARSED = 1024 * 1024;
/** Parsed keys, by the record's text. */
const PARSED = createBoundedCache<TrustedKey>(MAX_PARSED);

/** Finds a key by id or fingerprint. */
export async function findTrustedKey(store: KeyValueStore, name: string): Promise<TrustedKey | undefined> {
  const id = isDigest(name) ? await store.get(indexKey(name)) : name;
  if (id === undefined) return undefined;
  const [text, revocationText] = await store.getMany([recordKey(id), revocationKey(id)]);
  if (text === undefined) return undefined;
  const trusted = await toTrustedKey(text, id);
  if (isDigest(name) && trusted.key.fingerprint !== name) return undefined;
  if (revocationText === undefined) return trusted;
  const revocation = readRevocation(revocationText, id);
  return isAbout(revocation, readKeyRecord(text, id))
    ? { ...trusted, revoked: revokedTerms(revocation) }
    : trusted;
}

async function toTrustedKey(text: string, id: string): Promise<TrustedKey> {
  const parsed = PARSED.get(text);
  if (parsed?.id === id) return parsed;
  const record = readKeyRecord(text, id);
  const trusted: TrustedKey = {
    id,
    key: await parseStoredKey(record),
    transparency: record.transparency,
    ...(record.validFrom !== undefined && { validFrom: Date.parse(record.validFrom) }),
    ...(record.validUntil !== undefined && { validUntil: Date.parse(record.validUntil) }),
    ...(record.scopes !== undefined && { scopes: record.scopes }),
    ...(record.revoked !== undefined && { revoked: revokedTerms(record.revoked) }),
  };
  PARSED.set(text, trusted, text.length);
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
