// How many values a JSON document has, before it is parsed: `{}` is three bytes in a list and takes twenty times that in memory.

const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b];

/** In one document. An SBOM of 8 MiB has fewer than half a million. */
export const MAX_JSON_VALUES = 1_000_000;

/** An upper bound: every value follows one of these bytes, apart from the outermost. They also occur in strings. */
export function mostValuesIn(json: Uint8Array): number {
  let values = 1;
  for (const byte of json) if (byte === COMMA || byte === BRACKET || byte === BRACE) values++;
  return values;
}
