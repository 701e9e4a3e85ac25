// Hash algorithms by object identifier (RFC 5754 §2), as used in CMS and timestamps.

import { type HashName, WEB_HASH } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';

/** SHA-1 is allowed only where RFC 2634 has no alternative: to name a certificate that is already trusted. */
export type NamingHash = HashName | 'sha1';

const HASHES: Record<string, HashName> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Reads an AlgorithmIdentifier. Its parameters are absent or NULL; both are in use. Throws `Malformed`. */
export function readHashAlgorithm(reader: DerReader, what: string): HashName {
  const identifier = reader.sequence();
  const oid = identifier.oid();
  if (identifier.nextTag === TAG.null) identifier.null();
  identifier.end();
  const hash = HASHES[oid];
  if (hash === undefined)
    throw new Malformed(what, `hash ${oid} is not supported; use SHA-256, SHA-384 or SHA-512`);
  return hash;
}

export async function namingHashOf(hash: NamingHash, bytes: Bytes): Promise<Bytes> {
  const name = hash === 'sha1' ? 'SHA-1' : WEB_HASH[hash];
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}
