// Content digests, OCI image-spec descriptor.md "Digests". Only sha256 is a name for content here.
import { type Bytes, toHex } from './bytes.ts';
import { Malformed } from './malformed.ts';

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}` & { readonly __digest: unique symbol };

const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

export function parseDigest(text: unknown, what = 'digest'): Digest {
  if (!isDigest(text)) throw new Malformed(what, 'expected sha256: and 64 lower-case hexadecimal digits');
  return text;
}

export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
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
