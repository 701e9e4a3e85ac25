// Writing JSON whose integers may be larger than a double carries: log indices and whatever a signer put into its annotations.

/** `JSON.stringify` that writes bigint as digits. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? rawJson(String(item)) : item));
  }
}

/** ES2025 JSON.rawJSON: the text as it is. */
function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
