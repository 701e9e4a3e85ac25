// Signature algorithms by object identifier, as used in certificates (RFC 5758, RFC 4055, RFC 8410) and CMS (RFC 5754, RFC 8419). The
// key determines the algorithm to verify with; the identifier must agree with it.

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

/** Reads a certificate's AlgorithmIdentifier. @throws Malformed for SHA-1, RSASSA-PSS and anything else that is not listed */
export function readSignatureAlgorithm(reader: DerReader, what: string): SignatureAlgorithm {
  const oid = readOid(reader);
  const algorithm = ALGORITHMS[oid];
  if (algorithm === undefined) throw new Malformed(what, `signature algorithm ${oid} is not supported`);
  return algorithm;
}

/**
 * Reads a SignerInfo's AlgorithmIdentifier, which may leave the hash to SignerInfo's digest algorithm (RFC 5754 §3.2). Throws `Malformed`.
 */
export function readCmsSignatureAlgorithm(
  reader: DerReader,
  digest: HashName,
  what: string,
): SignatureAlgorithm {
  const oid = readOid(reader);
  const algorithm =
    oid === RSA_ENCRYPTION ? { key: 'RSASSA-PKCS1-v1_5' as const, hash: digest } : ALGORITHMS[oid];
  if (algorithm === undefined) throw new Malformed(what, `signature algorithm ${oid} is not supported`);
  // RFC 8419 §3: Ed25519 over signed attributes requires SHA-512.
  const expected = algorithm.hash === 'none' ? 'sha512' : algorithm.hash;
  if (expected !== digest) {
    throw new Malformed(
      what,
      `the digest algorithm is ${digest}, but the signature algorithm implies ${expected}`,
    );
  }
  return algorithm;
}

/** @throws Malformed when this key cannot make signatures with this algorithm */
export function assertFits(algorithm: SignatureAlgorithm, key: PublicKey, what: string): void {
  if (algorithm.key !== key.algorithm.name) {
    throw new Malformed(
      what,
      `the signature algorithm is for ${algorithm.key}, but the key is ${key.algorithm.name}`,
    );
  }
}

/** Parameters are absent; with RSA they may also be NULL, and both are in use (RFC 4055 §5). */
function readOid(reader: DerReader): string {
  const identifier = reader.sequence();
  const oid = identifier.oid();
  if (oid.startsWith('1.2.840.113549.1.1.') && identifier.nextTag === TAG.null) identifier.null();
  identifier.end();
  return oid;
}
