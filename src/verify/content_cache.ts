// Caches manifests and blobs of evidence by their digest, so that a request that ran out of calls or time halfway has not spent them in vain.
import { type BoundedCache, createBoundedCache } from '../core/bounded_cache.ts';
import { type Digest, digestOf } from '../core/crypto/digest.ts';
import type { RawManifest } from '../registry/client.ts';

/** In bytes: a Worker has 128 MB for everything. */
const MAX_BYTES = 8 * 1024 * 1024;
/** In bytes: what one takes besides its own content. */
const OVERHEAD = 1024;

/** A blob has no content type. */
export type ContentCache = BoundedCache<RawManifest>;

export function createContentCache(): ContentCache {
  return createBoundedCache(MAX_BYTES);
}

/** Keeps content only if it has the digest that it was read by. @param until milliseconds since the epoch */
export async function rememberContent(
  cache: ContentCache,
  key: string,
  digest: Digest,
  content: RawManifest,
  until: number,
): Promise<void> {
  if ((await digestOf(content.bytes)) !== digest) return;
  cache.set(key, content, OVERHEAD + content.bytes.length, until);
}
