// What the gate needs for a request beyond verification: its memory, the live store, and the edge cache.
import { type BoundedCache, createBoundedCache } from '../core/memory/bounded_cache.ts';
import type { RawManifest } from '../registry/client.ts';
import type { KeyValueStore } from '../store/kv/key_value.ts';
import type { ParentRecord } from '../store/parents.ts';
import type { PolicyChoice } from '../verify/question.ts';
import type { Session } from '../verify/session.ts';

/** Records and the parents in them, a few hundred bytes each: some twenty thousand records, unless they are full. */
const MAX_RECORDED = 60_000;
/** In bytes: admitted manifests, by digest. */
const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

export interface GateMemory {
  /** By the record's key in the store. */
  parents: BoundedCache<ParentRecord>;
  /** By kind of caller (with credentials or anonymous), name and digest. */
  manifests: BoundedCache<RawManifest>;
}

export function createGateMemory(): GateMemory {
  return {
    parents: createBoundedCache(MAX_RECORDED),
    manifests: createBoundedCache(MAX_MANIFEST_BYTES),
  };
}

/**
 * A best-effort cache of texts that all isolates of one edge location share. Workers KV caches for a while that a record is missing;
 * this cache has it in the meantime.
 */
export interface EdgeCache {
  get(key: string): Promise<string | undefined>;
  put(key: string, text: string): Promise<void>;
}

export interface GateSession {
  session: Session;
  memory: GateMemory;
  /** The live store rather than the request's snapshot: records are written and read again. */
  store: KeyValueStore;
  edge: EdgeCache | undefined;
  policy: PolicyChoice;
}
