// Roots that logs have signed, remembered by size: a log that signs two roots for one size shows different trees to different people
// (C2SP tlog-checkpoint forbids it). The memory is this isolate's and ends with it: it can catch a log, and cannot clear one.
import { type BoundedCache, createBoundedCache } from '../core/bounded_cache.ts';
import { equalBytes, fromHex, toHex } from '../core/encoding/bytes.ts';
import type { Checkpoint } from '../core/log/checkpoint.ts';
import type { TrustedLog } from '../core/trust/trusted_log.ts';

/** Some hundred bytes each. */
const MAX_ROOTS = 10_000;

export type SeenRoots = BoundedCache<string>;

export function createSeenRoots(): SeenRoots {
  return createBoundedCache(MAX_ROOTS);
}

/**
 * Remembers the root of a checkpoint that the log has signed.
 * @returns another root that the log has signed for the same tree and size
 */
export function noteRoot(seen: SeenRoots, { logId }: TrustedLog, { origin, size, root }: Checkpoint) {
  const name = `${logId} ${size} ${origin}`;
  const known = seen.get(name, 0);
  if (known === undefined) {
    seen.set(name, toHex(root), 1, Number.POSITIVE_INFINITY);
    return undefined;
  }
  const other = fromHex(known, 'root');
  return equalBytes(other, root) ? undefined : other;
}
