// Storage in Workers KV (developers.cloudflare.com/kv/api). Reads may be up to 60 s old, and there is no compare-and-swap.
import type { KeyValueStore } from './key_value.ts';

/** The part of a KV namespace binding that is used. */
export interface KvNamespace {
  get(key: string, options?: { cacheTtl?: number }): Promise<string | null>;
  put(key: string, value: string, options?: { expirationTtl?: number }): Promise<void>;
  delete(key: string): Promise<void>;
  list(options: { prefix: string; limit: number; cursor?: string }): Promise<{
    keys: { name: string }[];
    list_complete: boolean;
    cursor?: string;
  }>;
}

/** In seconds: the shortest time for which an edge location may cache a read. A revocation may take this long to arrive there. */
const CACHE_TTL = 30;

export function createWorkersKvStore(namespace: KvNamespace): KeyValueStore {
  const get = async (key: string) => (await namespace.get(key, { cacheTtl: CACHE_TTL })) ?? undefined;
  return {
    get,
    getMany: (keys) => Promise.all(keys.map(get)),
    async list(prefix, limit, cursor) {
      const page = await namespace.list({ prefix, limit, ...(cursor !== undefined && { cursor }) });
      const next = page.list_complete ? undefined : page.cursor;
      return { keys: page.keys.map(({ name }) => name), ...(next !== undefined && { cursor: next }) };
    },
    async commit(changes) {
      const current = await Promise.all(changes.map(({ key }) => get(key)));
      if (changes.some(({ expected }, index) => current[index] !== expected)) return false;
      for (const { key, expected, value, always, ttl, meanwhile } of changes) {
        if (value === expected && always !== true) continue;
        const next = meanwhile ?? { value, ttl };
        if (next.value === undefined) await namespace.delete(key);
        else await namespace.put(key, next.value, next.ttl === undefined ? {} : { expirationTtl: next.ttl });
      }
      return true;
    },
  };
}
