// Verifies a signature from a digest alone. WebCrypto cannot do this: it always hashes the message itself. ECDSA and Ed25519ph use
// @noble/curves; RSA PKCS#1 v1.5 (RFC 8017 §8.2.2) needs one modular exponentiation, and the entire encoded block is compared.
import { eddsa } from '@noble/curves/abstract/edwards.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, concat, equalBytes, toHex, utf8 } from '../encoding/bytes.ts';
import { encodeDer, TAG } from '../encoding/der.ts';
import type { HashName } from './digest.ts';
import type { CurveName } from './elliptic_curve.ts';
import { type PublicKey, rawEd25519Key, rsaNumbers } from './public_key.ts';

const CURVE = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };
/** The SPKI ends with an uncompressed point (RFC 5480 §2.2): 0x04 and two coordinates. */
const POINT_BYTES: Record<CurveName, number> = { 'P-256': 65, 'P-384': 97, 'P-521': 133 };

/** RFC 8032 §5.1, given the message's SHA-512 instead of the message, so `PH` is the identity. */
const ed25519phOfDigest = eddsa(ed25519.Point, sha512, {
  domain: (data: Uint8Array, context: Uint8Array, isPrehashed: boolean) =>
    concat(
      utf8('SigEd25519 no Ed25519 collisions'),
      Uint8Array.of(isPrehashed ? 1 : 0, context.length),
      context,
      data,
    ),
  prehash: Object.assign((digest: Uint8Array) => Uint8Array.from(digest), sha512),
  zip215: false,
});

/** The last byte of the hash OID in DigestInfo's AlgorithmIdentifier { OID, NULL } (RFC 8017 §9.2 note 1). */
const HASH_OID: Record<HashName, number> = { sha256: 1, sha384: 2, sha512: 3 };

/** @param signature as `rawSignature` returns it: r ‖ s for ECDSA, as long as the modulus for RSA, 64 bytes for Ed25519ph */
export function verifyPrehashed(key: PublicKey, hash: HashName, digest: Bytes, signature: Bytes): boolean {
  const { algorithm, spki } = key;
  switch (algorithm.name) {
    case 'ECDSA': {
      const point = spki.subarray(-POINT_BYTES[algorithm.curve]);
      return CURVE[algorithm.curve].verify(signature, digest, point, {
        prehash: false,
        lowS: false,
        format: 'compact',
      });
    }
    case 'RSASSA-PKCS1-v1_5':
      return verifyRsa(key, hash, digest, signature);
    case 'Ed25519':
      return ed25519phOfDigest.verify(signature, digest, rawEd25519Key(key));
  }
}

function verifyRsa(key: PublicKey, hash: HashName, digest: Bytes, signature: Bytes): boolean {
  const { modulus, exponent } = rsaNumbers(key);
  const s = toNumber(signature);
  if (s >= modulus) return false;
  const encoded = emsaPkcs1(hash, digest, signature.length);
  return equalBytes(toBytes(power(s, exponent, modulus), signature.length), encoded);
}

/** EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 0x00 0x01 0xFF… 0x00 DigestInfo. */
function emsaPkcs1(hash: HashName, digest: Bytes, length: number): Bytes {
  const oid = Uint8Array.of(0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, HASH_OID[hash]);
  const identifier = encodeDer(TAG.sequence, encodeDer(TAG.oid, oid), encodeDer(TAG.null));
  const info = encodeDer(TAG.sequence, identifier, encodeDer(TAG.octetString, digest));
  const padding = new Uint8Array(length - info.length - 3).fill(0xff);
  return concat(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info);
}

/** base^exponent mod modulus. All inputs are public, so it need not run in constant time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function toNumber(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function toBytes(value: bigint, length: number): Bytes {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
