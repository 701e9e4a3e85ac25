// Remembers the roots that logs have signed, by tree size. A log that signs two roots for one size shows different trees to different
// people (C2SP tlog-checkpoint forbids it). The memory is per isolate and ends with it: it can catch a log, but cannot clear one.

import { type Bytes, equalBytes } from '../../core/encoding/bytes.ts';
import type { Checkpoint } from '../../core/log/checkpoint.ts';
import { type BoundedCache, createBoundedCache } from '../../core/memory/bounded_cache.ts';
import type { TrustedLog } from '../../core/trust/trusted_log.ts';

/** In characters, of their names: some ten thousand roots, unless a log gives its trees names as long as a checkpoint may be. */
const MAX_NAMES = 2 * 1024 * 1024;

export type SeenRoots = BoundedCache<Bytes>;

export function createSeenRoots(): SeenRoots {
  return createBoundedCache(MAX_NAMES);
}

/**
 * Remembers the root in a checkpoint that the log has signed.
 * @returns a different root that the log signed earlier for the same origin and size
 */
export function noteRoot(
  seen: SeenRoots,
  { logId }: TrustedLog,
  { origin, size, root }: Checkpoint,
): Bytes | undefined {
  const name = `${logId} ${size} ${origin}`;
  const known = seen.get(name);
  // A copy: what is decoded shares a buffer with much else (core/memory/allocate.ts), and would keep all of that.
  if (known === undefined) seen.set(name, root.slice(), name.length);
  return known === undefined || equalBytes(known, root) ? undefined : known;
}
