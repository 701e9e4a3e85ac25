// Content digests (OCI image-spec descriptor.md "Digests"). This service identifies manifests and blobs by sha256 only; callers may
// identify an artifact by sha384 or sha512 too.
import { sha256 as sha256Here, sha384 as sha384Here, sha512 as sha512Here } from '@noble/hashes/sha2.js';
import { type Bytes, fromHex, toHex } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';

export type HashName = 'sha256' | 'sha384' | 'sha512';

/** The algorithm, a colon, and the hash in lower-case hexadecimal. */
export type ArtifactDigest = `${HashName}:${string}` & { readonly __digest: unique symbol };

/** `sha256:` and 64 lower-case hexadecimal digits: the digest of a manifest or blob. */
export type Digest = ArtifactDigest & `sha256:${string}`;

export const HASH_BYTES: Record<HashName, number> = { sha256: 32, sha384: 48, sha512: 64 };
export const HASH_NAMES = Object.keys(HASH_BYTES) as HashName[];
/** WebCrypto's names. */
export const WEB_HASH: Record<HashName, string> = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const ARTIFACT_DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

export function isArtifactDigest(text: unknown): text is ArtifactDigest {
  return typeof text === 'string' && ARTIFACT_DIGEST.test(text);
}

/** `sha256:` and 64 lower-case hexadecimal digits (OCI image-spec descriptor.md). Throws `Malformed`. */
export function parseDigest(text: unknown, what = 'digest'): Digest {
  if (!isDigest(text)) throw new Malformed(what, 'expected sha256: and 64 lower-case hexadecimal digits');
  return text;
}

export function isHashName(text: unknown): text is HashName {
  return typeof text === 'string' && Object.hasOwn(HASH_BYTES, text);
}

const HERE = { sha256: sha256Here, sha384: sha384Here, sha512: sha512Here };
/** In bytes. Up to this length, the round trip to WebCrypto takes longer than the hash itself. */
const SHORT = 1024;

export async function hashOf(algorithm: HashName, bytes: Bytes): Promise<Bytes> {
  if (bytes.length <= SHORT) return HERE[algorithm](bytes) as Bytes;
  return new Uint8Array(await crypto.subtle.digest(WEB_HASH[algorithm], bytes));
}

export function sha256(bytes: Bytes): Promise<Bytes> {
  return hashOf('sha256', bytes);
}

export async function digestOf(bytes: Bytes): Promise<Digest> {
  return digestFromHash(await sha256(bytes));
}

export function digestFromHash(hash: Uint8Array): Digest {
  return `sha256:${toHex(hash)}` as Digest;
}

/** The 64 hexadecimal digits without the algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** Algorithm and hash of a digest. */
export function splitDigest(digest: ArtifactDigest): { algorithm: HashName; hash: Bytes } {
  const algorithm = digest.slice(0, digest.indexOf(':')) as HashName;
  return { algorithm, hash: fromHex(digest.slice(algorithm.length + 1), 'digest') };
}

/** @throws Malformed when the text is not hexadecimal or has the wrong length */
export function parseHash(algorithm: HashName, hex: string, what: string): Bytes {
  const bytes = fromHex(hex, what);
  if (bytes.length !== HASH_BYTES[algorithm]) throw new Malformed(what, `is not a ${algorithm}`);
  return bytes;
}
