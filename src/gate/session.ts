// What the gate needs for one request beyond a verification: its memory, the store as it is, and the edge's cache.
import { type BoundedCache, createBoundedCache } from '../core/bounded_cache.ts';
import type { RawManifest } from '../registry/client.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import type { ParentRecord } from '../store/parents.ts';
import type { PolicyChoice } from '../verify/question.ts';
import type { Session } from '../verify/session.ts';

/** Records of some hundred bytes each. */
const MAX_RECORDS = 20_000;
/** In bytes: manifests that were let through, by digest. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

export interface GateMemory {
  /** By the name in the store. */
  parents: BoundedCache<ParentRecord>;
  /** By kind of caller, name and digest. */
  manifests: BoundedCache<RawManifest>;
}

export function createGateMemory(): GateMemory {
  return {
    parents: createBoundedCache(MAX_RECORDS),
    manifests: createBoundedCache(MAX_MANIFEST_BYTES),
  };
}

/**
 * Texts that one location of the edge keeps for all its isolates, at best: Workers KV remembers for a while that a record was not there,
 * and this says that it is.
 */
export interface EdgeCache {
  get(key: string): Promise<string | undefined>;
  put(key: string, text: string): Promise<void>;
}

export interface GateSession {
  session: Session;
  memory: GateMemory;
  /** Not the request's snapshot: records are written and read again. */
  store: KeyValueStore;
  edge: EdgeCache | undefined;
  policy: PolicyChoice;
}
