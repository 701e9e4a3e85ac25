// Public keys: SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 5480, RFC 8410) and PKCS#1 (RFC 8017 §A.1.1). Both are parsed strictly, so
// that each key has exactly one encoding and the SHA-256 of that encoding identifies the key.
import { type Bytes, toHex } from '../encoding/bytes.ts';
import { DerReader, encodeDer, TAG } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';
import { encodePem, holdsPrivateKey, parsePem } from '../encoding/pem.ts';
import { certificateSpki } from './certificate.ts';
import { type Digest, digestOf } from './digest.ts';
import { CURVES, type CurveName, isEd25519Point, isOnCurve } from './elliptic_curve.ts';

export type KeyAlgorithm =
  | { name: 'ECDSA'; curve: CurveName }
  | { name: 'RSASSA-PKCS1-v1_5'; bits: number }
  | { name: 'Ed25519' };

export interface PublicKey {
  algorithm: KeyAlgorithm;
  /** DER SubjectPublicKeyInfo. */
  spki: Bytes;
  /** SHA-256 of `spki`. */
  fingerprint: Digest;
}

/** In bits. Smaller RSA keys (RFC 8017) can be factored; with larger ones a verification costs more than it proves. */
const RSA_BITS = { least: 2048, most: 4096 };
const RSA_EXPONENTS = new Set(['03', '010001']);
const OID = { rsa: '1.2.840.113549.1.1.1', ec: '1.2.840.10045.2.1', ed25519: '1.3.101.112' };
/** AlgorithmIdentifier { rsaEncryption, NULL }. */
const RSA_ALGORITHM = Uint8Array.from([
  0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
]);

/**
 * Parses one `PUBLIC KEY` or `RSA PUBLIC KEY` block.
 * @throws Malformed for any other label, and for any key that `parsePublicKey` rejects
 */
export async function parsePublicKeyPem(text: string): Promise<PublicKey> {
  if (holdsPrivateKey(text)) {
    throw new Malformed(
      'public key',
      'this is a private key, or has one in it: keep it secret and send the public key (cosign.pub) alone',
    );
  }
  const { label, der } = parsePem(text);
  if (label === 'CERTIFICATE')
    throw new Malformed('public key', 'this is a certificate; send the public key that it contains');
  return parsePublicKey(spkiFromPem(label, der));
}

/** The SubjectPublicKeyInfo of the key or certificate in a PEM block. */
export function spkiOfPemText(text: string): { spki: Bytes; isCertificate: boolean } {
  const { label, der } = parsePem(text);
  const isCertificate = label === 'CERTIFICATE';
  return { spki: isCertificate ? certificateSpki(der) : spkiFromPem(label, der), isCertificate };
}

function spkiFromPem(label: string, der: Bytes): Bytes {
  if (label === 'PUBLIC KEY') return der;
  if (label === 'RSA PUBLIC KEY') return spkiFromPkcs1(der);
  throw new Malformed('public key', `unexpected PEM label "${label}"; expected PUBLIC KEY or RSA PUBLIC KEY`);
}

/** Wraps PKCS#1's RSAPublicKey as SubjectPublicKeyInfo (RFC 3279 §2.3.1). */
function spkiFromPkcs1(der: Bytes): Bytes {
  return encodeDer(TAG.sequence, RSA_ALGORITHM, encodeDer(TAG.bitString, Uint8Array.of(0), der));
}

/**
 * Parses a DER SubjectPublicKeyInfo.
 * @throws Malformed for other algorithms, RSA keys that are too small or too large, and points that are not on their curve
 */
export async function parsePublicKey(spki: Bytes): Promise<PublicKey> {
  const outer = new DerReader(spki, 'public key');
  const info = outer.sequence();
  outer.end();
  const identifier = info.sequence();
  const oid = identifier.oid();
  const algorithm = readAlgorithm(oid, identifier, info.bitString());
  info.end();
  return { algorithm, spki, fingerprint: await digestOf(spki) };
}

function readAlgorithm(oid: string, identifier: DerReader, key: Bytes): KeyAlgorithm {
  switch (oid) {
    case OID.ec:
      return readEc(identifier, key);
    case OID.rsa:
      identifier.null();
      identifier.end();
      return readRsa(key);
    case OID.ed25519:
      identifier.end();
      if (!isEd25519Point(key))
        throw new Malformed('public key', 'not a 32-byte Ed25519 point of full order');
      return { name: 'Ed25519' };
    default:
      throw new Malformed(
        'public key',
        `algorithm ${oid} is not supported; use ECDSA P-256, P-384 or P-521, RSA, or Ed25519`,
      );
  }
}

function readEc(identifier: DerReader, point: Bytes): KeyAlgorithm {
  if (identifier.nextTag !== TAG.oid)
    throw new Malformed('public key', 'the EC parameters must name a curve (RFC 5480 §2.1.1)');
  const oid = identifier.oid();
  identifier.end();
  const curve = (Object.keys(CURVES) as CurveName[]).find((name) => CURVES[name].oid === oid);
  if (curve === undefined)
    throw new Malformed('public key', `curve ${oid} is not supported; use P-256, P-384 or P-521`);
  if (!isOnCurve(curve, point)) throw new Malformed('public key', `not an uncompressed point on ${curve}`);
  return { name: 'ECDSA', curve };
}

function readRsa(der: Bytes): KeyAlgorithm {
  const { modulus, exponent } = readRsaIntegers(der);
  const bits = 8 * modulus.length - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < RSA_BITS.least || bits > RSA_BITS.most) {
    throw new Malformed(
      'public key',
      `the RSA key has ${bits} bits; ${RSA_BITS.least} to ${RSA_BITS.most} are accepted`,
    );
  }
  const isOdd = (bytes: Bytes) => ((bytes.at(-1) ?? 0) & 1) === 1;
  if (!isOdd(modulus)) throw new Malformed('public key', 'the RSA modulus is even');
  if (!RSA_EXPONENTS.has(toHex(exponent)))
    throw new Malformed('public key', 'the RSA exponent must be 3 or 65537; workerd supports no other');
  return { name: 'RSASSA-PKCS1-v1_5', bits };
}

/** RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }. Both results are big-endian. */
function readRsaIntegers(der: Bytes): { modulus: Bytes; exponent: Bytes } {
  const outer = new DerReader(der, 'RSA public key');
  const key = outer.sequence();
  outer.end();
  const numbers = { modulus: key.positiveInteger(), exponent: key.positiveInteger() };
  key.end();
  return numbers;
}

/** The modulus and exponent of an RSA key that `parsePublicKey` accepted. */
export function rsaNumbers({ spki }: PublicKey): { modulus: bigint; exponent: bigint } {
  const info = new DerReader(spki, 'public key').sequence();
  info.sequence();
  const { modulus, exponent } = readRsaIntegers(info.bitString());
  return { modulus: BigInt(`0x${toHex(modulus)}`), exponent: BigInt(`0x${toHex(exponent)}`) };
}

/** The display name: `ecdsa-p256`, `rsa-3072`, `ed25519`. */
export function algorithmName({ algorithm }: PublicKey): string {
  switch (algorithm.name) {
    case 'ECDSA':
      return `ecdsa-${algorithm.curve.toLowerCase().replace('-', '')}`;
    case 'RSASSA-PKCS1-v1_5':
      return `rsa-${algorithm.bits}`;
    case 'Ed25519':
      return 'ed25519';
  }
}

/** The 32 bytes of an Ed25519 key (RFC 8410 §4): the end of its SPKI. */
export function rawEd25519Key(key: PublicKey): Bytes {
  return key.spki.subarray(-32);
}

export function publicKeyPem(key: PublicKey): string {
  return encodePem('PUBLIC KEY', key.spki);
}
