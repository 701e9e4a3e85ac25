// Caches the evidence found for a digest. It holds facts, not verdicts: who is trusted is decided afresh on every call. An empty result is
// cached only for seconds, and one with anything undecided never.

import { mostValuesIn } from '../../core/encoding/json_size.ts';
import { type Evidence, evidenceSize, type SignatureEvidence } from '../../core/evidence/evidence.ts';
import { readingOf } from '../../core/evidence/read_evidence.ts';
import { Unreadable } from '../../core/evidence/reading.ts';
import { type BoundedCache, createBoundedCache } from '../../core/memory/bounded_cache.ts';
import type { FoundEvidence } from '../../registry/find_evidence.ts';

/** In bytes, approximately: a Worker has 128 MB for everything. */
const MAX_BYTES = 16 * 1024 * 1024;
/**
 * How long "no signature", or none that counts, is answered from the cache, in milliseconds: a signature is often pushed moments after
 * its image, or after one by another key.
 */
const NOTHING_TTL = 3000;
/** In bytes: what one piece of evidence takes besides its own content. */
const OVERHEAD = 1024;
/** In bytes: what is computed about one later. Few are judged under more than a dozen keys; those that are may take three times as much. */
const FACTS = 4096;
/** In bytes: what an empty object takes, which JSON writes in three characters. */
const VALUE = 64;

/** The times of the search are milliseconds since the epoch. */
export interface Remembered extends FoundEvidence {
  /** The start: it may have missed what was pushed later. */
  since: number;
  /** The end. */
  at: number;
}

export type EvidenceCache = BoundedCache<Remembered>;

export function createEvidenceCache(): EvidenceCache {
  return createBoundedCache(MAX_BYTES);
}

/** @param ttl in milliseconds */
export function rememberEvidence(cache: EvidenceCache, key: string, found: Remembered, ttl: number): void {
  const { evidence, gaps, unopened, at } = found;
  if (gaps.length > 0 || evidence.some((item) => 'missing' in item)) return;
  if (isOvertaken(found, cache.get(key, at))) return;
  const until = at + (evidence.length === 0 ? Math.min(NOTHING_TTL, ttl) : ttl);
  if (until > at) cache.set(key, found, weigh(evidence) + unopened.length * OVERHEAD, until);
}

/** Whether a search that started later ended first. (What started after the end tells that the clock was set back.) */
function isOvertaken({ since, at }: Remembered, cached: Remembered | undefined): boolean {
  return cached !== undefined && cached.since > since && cached.since <= at;
}

/** Whether to look again before refusing: a good signature may have been pushed since. The clock may have been set back since, too. */
export function isWorthAnotherLook({ at }: Remembered, now: number): boolean {
  return Math.abs(now - at) > NOTHING_TTL;
}

function weigh(evidence: Evidence[]): number {
  return evidence.reduce(
    (sum, item) =>
      sum + OVERHEAD + ('missing' in item ? 0 : FACTS + Math.max(evidenceSize(item), VALUE * valuesIn(item))),
    OVERHEAD,
  );
}

/** How many values what was signed has, at most: those of its annotations and subjects stay in memory as they were parsed. */
function valuesIn(evidence: SignatureEvidence): number {
  const { content } = readingOf(evidence);
  if (content instanceof Unreadable || content.kind === 'artifact') return 0;
  return mostValuesIn(content.payload.bytes ?? new Uint8Array());
}
