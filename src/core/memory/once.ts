// Look-ups and readings that are done once, whoever needs them.

/**
 * Calls `find` once for the same arguments, which are JSON. Whoever asks again gets the same promise, failed or not, so it is for use within
 * one request.
 */
export function once<A extends unknown[], T>(find: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (...args) => {
    const name = JSON.stringify(args);
    const known = found.get(name) ?? find(...args);
    found.set(name, known);
    return known;
  };
}

/**
 * Calls `read` once for each object, for as long as that exists. What it returned takes memory as long: it must be small beside the object,
 * or the object not be kept in a cache (test/e2e/memory.test.ts).
 */
export function onceFor<K extends object, T extends object>(read: (from: K) => T): (from: K) => T {
  const known = new WeakMap<K, T>();
  return (from) => {
    const earlier = known.get(from);
    if (earlier !== undefined) return earlier;
    const value = read(from);
    known.set(from, value);
    return value;
  };
}
