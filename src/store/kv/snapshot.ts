// A request reads each value of the store once: what it has read is not read again, so nothing is judged half by an old value.
import type { KeyValueStore } from './key_value.ts';

export function snapshot(store: KeyValueStore): KeyValueStore {
  const known = new Map<string, Promise<string | undefined>>();
  return {
    get(key) {
      const reading = known.get(key) ?? store.get(key);
      known.set(key, reading);
      return reading;
    },
    async getMany(keys) {
      const unknown = [...new Set(keys.filter((key) => !known.has(key)))];
      if (unknown.length > 0) {
        const reading = store.getMany(unknown);
        for (const [at, key] of unknown.entries())
          known.set(
            key,
            reading.then((texts) => texts[at]),
          );
      }
      return Promise.all(keys.map((key) => known.get(key)));
    },
    list: (prefix, limit, cursor) => store.list(prefix, limit, cursor),
    commit: (changes) => store.commit(changes),
  };
}
