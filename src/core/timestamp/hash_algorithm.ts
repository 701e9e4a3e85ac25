// Hashes by their object identifiers (RFC 5754 §2): what CMS and timestamps say they were made with.

import { type HashName, WEB_HASH } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';

/** SHA-1 only where RFC 2634 has nothing else: in naming a certificate that is trusted already. */
export type NamingHash = HashName | 'sha1';

const HASHES: Record<string, HashName> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Reads an AlgorithmIdentifier; its parameters are absent or NULL, both of which are in use. */
export function readHashAlgorithm(reader: DerReader, what: string): HashName {
  const identifier = reader.sequence();
  const oid = identifier.oid();
  if (identifier.nextTag === TAG.null) identifier.null();
  identifier.end();
  const hash = HASHES[oid];
  if (hash === undefined)
    throw new Malformed(what, `hash ${oid} is not supported; SHA-256, SHA-384 and SHA-512 are`);
  return hash;
}

export async function namingHashOf(hash: NamingHash, bytes: Bytes): Promise<Bytes> {
  const name = hash === 'sha1' ? 'SHA-1' : WEB_HASH[hash];
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}
