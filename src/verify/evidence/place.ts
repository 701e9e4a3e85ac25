// Where evidence is searched for, and what a search has found so far.
import type { Digest } from '../../core/crypto/digest.ts';
import type { Evidence } from '../../core/evidence/evidence.ts';
import type { RepositoryClient } from '../../registry/client.ts';
import type { Wanted } from '../../registry/find_evidence.ts';
import type { Subject } from '../subject.ts';
import type { Remembered } from './evidence_cache.ts';

/** A repository, and the digest to search it for. */
export interface Place {
  repository: RepositoryClient;
  name: string;
  digest: Digest;
  wanted: Wanted;
}

/** A search of one place. */
export interface Look {
  place: Place;
  /** What it has found so far. */
  soFar: Evidence[];
  /** Everything that it finds; not a promise if it came from the cache. */
  whole: Remembered | Promise<Remembered>;
  /** Whether what it has found so far is enough for whoever judges it. */
  isEnough?: () => Promise<boolean>;
}

export interface Gathered {
  subject: Subject;
  looks: Look[];
}
