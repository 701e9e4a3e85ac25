// Signature algorithms by their object identifiers, as certificates (RFC 5758, RFC 4055, RFC 8410) and CMS (RFC 5754, RFC 8419)
// name them. The key decides what is verified; the name must agree with it.

import type { HashName } from '../crypto/digest.ts';
import type { KeyAlgorithm, PublicKey } from '../crypto/public_key.ts';
import { type DerReader, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';

export interface SignatureAlgorithm {
  key: KeyAlgorithm['name'];
  hash: HashName | 'none';
}

const ALGORITHMS: Record<string, SignatureAlgorithm> = {
  '1.2.840.10045.4.3.2': { key: 'ECDSA', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ECDSA', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ECDSA', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { key: 'RSASSA-PKCS1-v1_5', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'RSASSA-PKCS1-v1_5', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'RSASSA-PKCS1-v1_5', hash: 'sha512' },
  '1.3.101.112': { key: 'Ed25519', hash: 'none' },
};
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/** Reads a certificate's AlgorithmIdentifier. Errors: SHA-1, RSASSA-PSS and whatever else is not listed. */
export function readSignatureAlgorithm(reader: DerReader, what: string): SignatureAlgorithm {
  const oid = readOid(reader);
  const algorithm = ALGORITHMS[oid];
  if (algorithm === undefined) throw new Malformed(what, `signature algorithm ${oid} is not supported`);
  return algorithm;
}

/** Reads a SignerInfo's AlgorithmIdentifier, which may leave the hash to the digest algorithm beside it (RFC 5754 §3.2). */
export function readCmsSignatureAlgorithm(
  reader: DerReader,
  digest: HashName,
  what: string,
): SignatureAlgorithm {
  const oid = readOid(reader);
  const algorithm =
    oid === RSA_ENCRYPTION ? { key: 'RSASSA-PKCS1-v1_5' as const, hash: digest } : ALGORITHMS[oid];
  if (algorithm === undefined) throw new Malformed(what, `signature algorithm ${oid} is not supported`);
  // RFC 8419 §3: Ed25519 over signed attributes goes with SHA-512.
  const expected = algorithm.hash === 'none' ? 'sha512' : algorithm.hash;
  if (expected !== digest) {
    throw new Malformed(
      what,
      `the digest algorithm is ${digest}, and the signature algorithm says ${expected}`,
    );
  }
  return algorithm;
}

/** @throws Malformed when a signature of this algorithm cannot be one of this key */
export function assertFits(algorithm: SignatureAlgorithm, key: PublicKey, what: string): void {
  if (algorithm.key !== key.algorithm.name) {
    throw new Malformed(
      what,
      `the signature algorithm is ${algorithm.key}, and the key is ${key.algorithm.name}`,
    );
  }
}

/** Parameters are absent, or NULL for RSA, where both are in use (RFC 4055 §5). */
function readOid(reader: DerReader): string {
  const identifier = reader.sequence();
  const oid = identifier.oid();
  if (oid.startsWith('1.2.840.113549.1.1.') && identifier.nextTag === TAG.null) identifier.null();
  identifier.end();
  return oid;
}
