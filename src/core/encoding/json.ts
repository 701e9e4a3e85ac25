// Strict JSON (RFC 8259) for bytes that are signed or decide trust. JSON.parse keeps the last of several duplicate fields and rounds
// large integers. Either lets two parsers see different things under one signature, so neither happens here.
import { fromUtf8 } from './bytes.ts';
import { readNatively } from './json_native.ts';
import { JsonReader } from './json_reader.ts';

/**
 * Integers beyond 2^53 become bigint. Every name is an own property, even `__proto__`; use Object.hasOwn to look up a name that is
 * itself data.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/** `integers`: every number must be written as an integer. Go's parser does not accept `1.0` as one, so it must not become 1 here. */
export type Numbers = 'any' | 'integers';

/**
 * Parses one JSON document.
 * @throws Malformed for duplicate fields, excessive depth, unpaired surrogates and anything that RFC 8259 forbids
 */
export function parseJson(text: string, what: string, numbers: Numbers = 'any'): Json {
  return readNatively(text, numbers) ?? new JsonReader(text, what, numbers).document();
}

export function parseJsonBytes(bytes: Uint8Array, what: string, numbers: Numbers = 'any'): Json {
  return parseJson(fromUtf8(bytes, what), what, numbers);
}
