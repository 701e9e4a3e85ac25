// How many values a JSON document has, before and after it is parsed: `{},` is three bytes and takes twenty times that in memory.
import type { Json } from './json_value.ts';

const [QUOTE, COMMA, COLON, BRACKET, BACKSLASH, BRACE] = [0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x7b];

/**
 * In one document, with names: 900,000 different ones take more than a Worker has. npm's own SBOMs, without white space, have one value per
 * 22 bytes (CycloneDX) or 35 (SPDX): 8 MiB have fewer than 400,000, and as many names at most.
 */
export const MAX_JSON_VALUES = 1_000_000;

/**
 * An upper bound for the values and names that a parser reads before it meets an error: every value but the outermost follows one of these
 * characters.
 */
export function mostValuesIn(json: Uint8Array): number {
  let values = 1;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText) at += Number(byte === BACKSLASH);
    else if (byte === COMMA || byte === COLON || byte === BRACKET || byte === BRACE) values++;
  }
  return values;
}

/** The number of values inside a parsed one. */
export function countValues(json: Json): number {
  if (typeof json !== 'object' || json === null) return 0;
  return Object.values(json).reduce<number>((sum, value) => sum + 1 + countValues(value), 0);
}
