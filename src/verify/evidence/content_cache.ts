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

/**
 * What is remembered, or what is read now. A copy of that is remembered if it has the digest that it was read by.
 * @param now milliseconds since the epoch
 * @param ttl in milliseconds
 */
export async function readThrough<C extends RawManifest | undefined>(
  cache: ContentCache,
  key: string,
  digest: Digest,
  { now, ttl }: { now: () => number; ttl: number },
  read: () => Promise<C>,
): Promise<C | RawManifest> {
  const known = cache.get(key, now());
  if (known !== undefined) return copyOf(known);
  const content = await read();
  if (content !== undefined && ttl > 0 && (await digestOf(content.bytes)) === digest)
    cache.set(key, copyOf(content), weightOf(content), now() + ttl);
  return content;
}

/** In bytes, approximately. The registry writes the content type, too. */
export function weightOf({ bytes, contentType }: RawManifest): number {
  return OVERHEAD + bytes.length + (contentType?.length ?? 0);
}

/** What is parsed from bytes stays in memory for as long as they do (core/memory/once.ts), and may take twenty times theirs: it must not stay here. */
function copyOf({ bytes, contentType }: RawManifest): RawManifest {
  return { bytes: bytes.slice(), contentType };
}
