// A small LRU cache with a limit on total weight and a time to live per entry. The clock is an argument.

export interface BoundedCache<V> {
  /** @param now milliseconds since the epoch; may be left out if entries have no time to live */
  get(key: string, now?: number): V | undefined;
  /** @param until milliseconds since the epoch; by default the entry has no time to live */
  set(key: string, value: V, weight: number, until?: number): void;
  delete(key: string): void;
}

/** @param maxWeight in the caller's unit of weight, such as entries or bytes */
export function createBoundedCache<V>(maxWeight: number): BoundedCache<V> {
  const entries = new Map<string, { value: V; weight: number; until: number }>();
  let total = 0;
  function remove(key: string): void {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }
  return {
    get(key, now = 0) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.until <= now) {
        total -= entry.weight;
        return undefined;
      }
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight, until = Number.POSITIVE_INFINITY) {
      remove(key);
      if (weight > maxWeight) return;
      entries.set(key, { value, weight, until });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= maxWeight) return;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
