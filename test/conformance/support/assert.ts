// The assertions that the cases need, since not every runtime has node:assert.

export function ok(value: unknown, what = 'the value'): asserts value {
  if (!value) throw new Error(`${what}: expected something true, got ${show(value)}`);
}

/** Deep equality of plain values, whatever the order of their fields. */
export function equal(actual: unknown, expected: unknown, what = 'the value'): void {
  const [a, b] = [show(actual), show(expected)];
  if (a !== b) throw new Error(`${what}:\n  expected ${shorten(b)}\n  actual   ${shorten(a)}`);
}

export function notEqual(actual: unknown, unwanted: unknown, what = 'the value'): void {
  if (show(actual) === show(unwanted)) throw new Error(`${what}: must not be ${shorten(show(unwanted))}`);
}

export function match(actual: unknown, pattern: RegExp, what = 'the text'): void {
  if (typeof actual !== 'string' || !pattern.test(actual))
    throw new Error(`${what}: expected ${pattern}, got ${shorten(show(actual))}`);
}

export function includes(list: readonly unknown[] | string, item: unknown, what = 'the list'): void {
  const found =
    typeof list === 'string' ? list.includes(String(item)) : list.some((one) => show(one) === show(item));
  if (!found) throw new Error(`${what}: expected ${show(item)} in ${shorten(show(list))}`);
}

export function excludes(text: string, part: string, what = 'the text'): void {
  if (text.includes(part)) throw new Error(`${what}: must not contain ${show(part)}, got ${shorten(text)}`);
}

/** Runs a function that must throw an error of this name. @returns the error */
export async function throws(run: () => unknown, name: string, what = 'the call'): Promise<Error> {
  let value: unknown;
  try {
    value = await run();
  } catch (error) {
    if (error instanceof Error && error.name === name) return error;
    throw new Error(`${what}: expected a ${name}, got ${error instanceof Error ? error.stack : error}`);
  }
  throw new Error(`${what}: expected a ${name}, got the value ${shorten(show(value))}`);
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, item) => {
      if (typeof item === 'bigint') return `${item}n`;
      if (item instanceof Set || item instanceof Map) throw new TypeError('compare the items in an array');
      if (item instanceof Uint8Array) return `bytes ${Array.from(item).join(' ')}`;
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
      return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? String(value)
  );
}

function shorten(text: string): string {
  return text.length > 1500 ? `${text.slice(0, 1500)}… (${text.length} characters)` : text;
}
