// Storage in memory, for tests and embedding.
import type { KeyValueStore } from './key_value.ts';

export function createMemoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    async get(key) {
      return values.get(key);
    },
    async getMany(keys) {
      return keys.map((key) => values.get(key));
    },
    async list(prefix, limit, cursor) {
      const keys = [...values.keys()]
        .filter((key) => key.startsWith(prefix) && (cursor === undefined || key > cursor))
        .sort();
      const page = keys.slice(0, limit);
      const last = page.at(-1);
      return { keys: page, ...(keys.length > limit && last !== undefined && { cursor: last }) };
    },
    async commit(changes) {
      if (changes.some(({ key, expected }) => values.get(key) !== expected)) return false;
      for (const { key, value } of changes) {
        if (value === undefined) values.delete(key);
        else values.set(key, value);
      }
      return true;
    },
  };
}
