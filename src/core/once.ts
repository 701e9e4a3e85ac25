// Look-ups and readings that are done once, whoever needs them.

/** Calls `find` once for each name. Whoever asks for the same name again gets the same promise, so it is for use within one request. */
export function once<T>(find: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (name) => {
    const known = found.get(name) ?? find(name);
    found.set(name, known);
    return known;
  };
}

/** Calls `read` once for each object, for as long as that exists. */
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
