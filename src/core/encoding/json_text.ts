// Serializes JSON with integers that may exceed a double: log indices, and anything that a signer put into annotations.

/** `JSON.stringify` that writes bigint as digits. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? rawJson(String(item)) : item));
  }
}

/** JSON.rawJSON, which TypeScript does not know: emits the text verbatim. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
