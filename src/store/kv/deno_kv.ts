// Storage in Deno KV (docs.deno.com/deploy/kv). Changes are atomic; a value is limited to 64 KiB.
import { badCursor } from '../cursor.ts';
import type { KeyValueStore } from './key_value.ts';

interface DenoEntry {
  key: string[];
  value: unknown;
  versionstamp: string | null;
}

/** The part of `Deno.Kv` that is used. */
export interface DenoKv {
  get(key: string[]): Promise<DenoEntry>;
  getMany(keys: string[][]): Promise<DenoEntry[]>;
  list(
    selector: { prefix: string[] },
    options: { limit: number; cursor?: string },
  ): AsyncIterable<DenoEntry> & { readonly cursor: string };
  atomic(): DenoAtomic;
}

interface DenoAtomic {
  check(entry: { key: string[]; versionstamp: string | null }): DenoAtomic;
  set(key: string[], value: string, options?: { expireIn?: number }): DenoAtomic;
  delete(key: string[]): DenoAtomic;
  commit(): Promise<{ ok: boolean }>;
}

export function createDenoKvStore(kv: DenoKv): KeyValueStore {
  return {
    async get(key) {
      return textOf(await kv.get(partsOf(key)));
    },
    async getMany(keys) {
      return (await readAll(kv, keys)).map(textOf);
    },
    async list(prefix, limit, cursor) {
      const entries = kv.list(
        { prefix: partsOf(prefix) },
        { limit, ...(cursor !== undefined && { cursor }) },
      );
      const keys: string[] = [];
      try {
        for await (const entry of entries) keys.push(entry.key.slice(1).join('/'));
      } catch (error) {
        if (cursor === undefined || !(error instanceof TypeError)) throw error;
        throw badCursor();
      }
      return { keys, ...(keys.length === limit && entries.cursor !== '' && { cursor: entries.cursor }) };
    },
    async commit(changes) {
      const current = await readAll(
        kv,
        changes.map(({ key }) => key),
      );
      let atomic = kv.atomic();
      for (const [index, { key, expected, value, ttl }] of changes.entries()) {
        const entry = current[index];
        if (entry === undefined || textOf(entry) !== expected) return false;
        const parts = partsOf(key);
        atomic = atomic.check({ key: parts, versionstamp: entry.versionstamp });
        if (value === expected) continue;
        atomic =
          value === undefined
            ? atomic.delete(parts)
            : atomic.set(parts, narrow(value), ttl === undefined ? {} : { expireIn: ttl * 1000 });
      }
      return (await atomic.commit()).ok;
    },
  };
}

/** The most keys that Deno KV reads in one call. */
const MAX_READ = 10;

async function readAll(kv: DenoKv, keys: string[]): Promise<DenoEntry[]> {
  const entries: DenoEntry[] = [];
  for (let at = 0; at < keys.length; at += MAX_READ) {
    entries.push(...(await kv.getMany(keys.slice(at, at + MAX_READ).map(partsOf))));
  }
  return entries;
}

/** Keys such as `key/seed` are stored under their parts. Prefixes end with a slash. */
function partsOf(key: string): string[] {
  return ['countersign', ...key.split('/').filter((part) => part !== '')];
}

/**
 * Rebuilds a string so that Latin-1 takes one byte per character. V8 keeps a string that was derived from a two-byte string at two bytes
 * per character, and Deno KV counts those bytes.
 */
function narrow(text: string): string {
  return [...text].join('');
}

function textOf({ value }: DenoEntry): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
