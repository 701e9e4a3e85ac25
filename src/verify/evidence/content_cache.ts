// Caches manifests and blobs of evidence by their digest, so that a request that ran out of calls or time halfway has not spent them in vain.

import { type Digest, digestOf } from '../../core/crypto/digest.ts';
import { type BoundedCache, createBoundedCache } from '../../core/memory/bounded_cache.ts';
import type { RawManifest } from '../../registry/client.ts';

/** In bytes: a Worker has 128 MB for everything. */
const MAX_BYTES = 8 * 1024 * 1024;
/** In bytes: what one takes besides its own content. */
const OVERHEAD = 1024;

/** A blob has no content type. */
export type ContentCache = BoundedCache<RawManifest>;

export function createContentCache(): ContentCache {
  return createBoundedCache(MAX_BYTES);
}

/** Keeps a copy of content, if it has the digest that it was read by. @param until milliseconds since the epoch */
export async function rememberContent(
  cache: ContentCache,
  key: string,
  digest: Digest,
  content: RawManifest,
  until: number,
): Promise<void> {
  if ((await digestOf(content.bytes)) !== digest) return;
  cache.set(key, copyOf(content), OVERHEAD + content.bytes.length, until);
}

/** @param now milliseconds since the epoch */
export function recallContent(cache: ContentCache, key: string, now: number): RawManifest | undefined {
  const known = cache.get(key, now);
  return known === undefined ? undefined : copyOf(known);
}

/** What is parsed from bytes stays in memory for as long as they do (core/memory/once.ts), and may take twenty times theirs: it must not stay here. */
function copyOf({ bytes, contentType }: RawManifest): RawManifest {
  return { bytes: bytes.slice(), contentType };
}
