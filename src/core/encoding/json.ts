// Strict JSON (RFC 8259) for bytes that are signed or decide trust. JSON.parse keeps the last of several duplicate fields and rounds
// large integers. Either lets two parsers see different things under one signature, so neither happens here.
import { fromUtf8 } from './bytes.ts';
import { readNatively } from './json_native.ts';
import { JsonReader } from './json_reader.ts';
import { MAX_JSON_VALUES, mostValuesIn } from './json_size.ts';
import type { Json, Numbers } from './json_value.ts';
import { Malformed } from './malformed.ts';

export type { Json, JsonObject } from './json_value.ts';

/**
 * Parses one JSON document.
 * @throws Malformed for duplicate fields, excessive depth, unpaired surrogates and anything that RFC 8259 forbids
 */
export function parseJson(text: string, what: string, numbers: Numbers = 'any'): Json {
  return readNatively(text, numbers) ?? new JsonReader(text, what, numbers).document();
}

/** @throws Malformed as `parseJson`, and for more than `MAX_JSON_VALUES` values and names */
export function parseJsonBytes(bytes: Uint8Array, what: string, numbers: Numbers = 'any'): Json {
  if (bytes.length > MAX_JSON_VALUES && mostValuesIn(bytes) > MAX_JSON_VALUES)
    throw new Malformed(what, `has more than ${MAX_JSON_VALUES} values and names`);
  return parseJson(fromUtf8(bytes, what), what, numbers);
}
