/** Calls `find` once for each name. Whoever asks for the same name again gets the same promise, so it is for use within one request. */
export function once<T>(find: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const found = new Map<string, Promise<T>>();
  return (name) => {
    const known = found.get(name) ?? find(name);
    found.set(name, known);
    return known;
  };
}
