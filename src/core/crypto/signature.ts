// The only code that converts encoded signatures to WebCrypto's form, and the only code that calls `subtle.verify`. The key alone
// determines the algorithm, never anything that came with the signature. prehashed.ts handles what WebCrypto cannot verify: messages
// known only by their digest, and Ed25519ph.

import type { Bytes } from '../encoding/bytes.ts';
import { DerReader } from '../encoding/der.ts';
import { Malformed } from '../encoding/malformed.ts';
import { allocate } from '../memory/allocate.ts';
import { type HashName, WEB_HASH } from './digest.ts';
import { CURVES, type CurveName } from './elliptic_curve.ts';
import { hasHash, type Message, messageHash, messageOfBytes } from './message.ts';
import { verifyPrehashed } from './prehashed.ts';
import type { PublicKey } from './public_key.ts';

/** Completed imports only, never promises: on Workers, a request that awaits another request's promise hangs. */
const imported = new WeakMap<PublicKey, Map<SignatureHash, CryptoKey>>();

/** The hash that was signed. `none` is pure Ed25519, which hashes internally; Ed25519 with `sha512` is Ed25519ph (RFC 8032 §5.1). */
export type SignatureHash = HashName | 'none';

/** A signature in WebCrypto's form. Only `rawSignature` creates one. */
export type RawSignature = Bytes & { readonly __raw: unique symbol };

/**
 * Verifies one signature over one message.
 * @throws Malformed like `rawSignature`
 */
export async function verifySignature(
  key: PublicKey,
  hash: SignatureHash,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  return verifyRawSignature(key, hash, messageOfBytes(message), rawSignature(key, signature));
}

/** Whether enough of the message is known to verify a signature with this hash. */
export function isVerifiable(hash: SignatureHash, message: Message): boolean {
  return hash === 'none' ? message.bytes !== undefined : hasHash(message, hash);
}

/** Like `verifySignature`, for a message of which only a digest may be known. `isVerifiable` must be true. */
export async function verifyRawSignature(
  key: PublicKey,
  hash: SignatureHash,
  message: Message,
  signature: RawSignature,
): Promise<boolean> {
  const isEd25519ph = key.algorithm.name === 'Ed25519' && hash !== 'none';
  if (message.bytes !== undefined && !isEd25519ph) return verifyBytes(key, hash, message.bytes, signature);
  const digest = hash === 'none' ? undefined : await messageHash(message, hash);
  if (hash === 'none' || digest === undefined)
    throw new TypeError('neither the bytes nor the digest of the message are known');
  return verifyPrehashed(key, hash, digest, signature);
}

async function verifyBytes(
  key: PublicKey,
  hash: SignatureHash,
  message: Bytes,
  signature: RawSignature,
): Promise<boolean> {
  const { algorithm } = key;
  const parameters = algorithm.name === 'ECDSA' ? { name: 'ECDSA', hash: webHash(hash) } : algorithm.name;
  const ready = imported.get(key)?.get(hash) ?? (await importKey(key, hash));
  return crypto.subtle.verify(parameters, ready, signature, message);
}

/**
 * The signature in WebCrypto's form.
 * @throws Malformed when the bytes are not a signature by this kind of key: ECDSA is DER (RFC 3279 §2.2.3), RSA is as long as the
 *   modulus, Ed25519 has 64 bytes
 */
export function rawSignature({ algorithm }: PublicKey, signature: Bytes): RawSignature {
  switch (algorithm.name) {
    case 'ECDSA':
      return ecdsaRaw(signature, algorithm.curve) as RawSignature;
    case 'RSASSA-PKCS1-v1_5':
      if (signature.length !== Math.ceil(algorithm.bits / 8)) {
        throw new Malformed(
          'signature',
          `an RSA-${algorithm.bits} signature has ${Math.ceil(algorithm.bits / 8)} bytes`,
        );
      }
      return signature as RawSignature;
    case 'Ed25519':
      if (signature.length !== 64) throw new Malformed('signature', 'an Ed25519 signature has 64 bytes');
      return signature as RawSignature;
  }
}

/**
 * Converts DER `SEQUENCE { r INTEGER, s INTEGER }` with 1 ≤ r, s < n (SEC 1 §4.1.4) to r ‖ s, each padded to the curve's size. Throws
 * `Malformed`.
 */
export function ecdsaRaw(signature: Bytes, curve: CurveName): Bytes {
  const outer = new DerReader(signature, 'signature');
  const pair = outer.sequence();
  outer.end();
  const { size, order } = CURVES[curve];
  const raw = allocate(2 * size);
  for (const end of [size, 2 * size]) {
    const integer = pair.positiveInteger();
    if (integer.length > size) throw new Malformed('signature', `r or s is out of range for ${curve}`);
    raw.set(integer, end - integer.length);
    if (!isBelow(raw.subarray(end - size, end), order)) {
      throw new Malformed('signature', `r or s is out of range for ${curve}`);
    }
  }
  pair.end();
  return raw;
}

/** a < b for big-endian numbers of equal length. */
function isBelow(a: Bytes, b: Bytes): boolean {
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x !== y) return x < y;
  }
  return false;
}

async function importKey(key: PublicKey, hash: SignatureHash): Promise<CryptoKey> {
  const cryptoKey = await crypto.subtle.importKey('spki', key.spki, importParameters(key, hash), false, [
    'verify',
  ]);
  const byHash = imported.get(key) ?? new Map<SignatureHash, CryptoKey>();
  byHash.set(hash, cryptoKey);
  imported.set(key, byHash);
  return cryptoKey;
}

function importParameters({ algorithm }: PublicKey, hash: SignatureHash) {
  switch (algorithm.name) {
    case 'ECDSA':
      return { name: 'ECDSA', namedCurve: algorithm.curve };
    case 'RSASSA-PKCS1-v1_5':
      return { name: algorithm.name, hash: webHash(hash) };
    case 'Ed25519':
      return { name: 'Ed25519' };
  }
}

function webHash(hash: SignatureHash): string {
  if (hash === 'none') throw new TypeError('this key needs a hash');
  return WEB_HASH[hash];
}
