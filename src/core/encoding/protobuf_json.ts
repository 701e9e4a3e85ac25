// Parses protobuf's JSON form (protobuf.dev "ProtoJSON") strictly: unknown fields are errors; null fields count as absent, and absent
// fields have their default; 64-bit integers are decimal strings; bytes are base64.
import { type Bytes, fromBase64 } from './bytes.ts';
import type { Json, JsonObject } from './json.ts';
import { asArray, asObject, asString, asUint63 } from './json_fields.ts';
import { Malformed } from './malformed.ts';

const DECIMAL = /^(?:0|[1-9][0-9]{0,18})$/;

/** A message with only these fields. Null fields are dropped. Throws `Malformed`. */
export function asMessage(value: Json | undefined, what: string, fields: string[]): JsonObject {
  const message: JsonObject = {};
  for (const [name, field] of Object.entries(asObject(value, what))) {
    if (!fields.includes(name)) throw new Malformed(what, `unknown field ${JSON.stringify(name)}`);
    if (field !== null) message[name] = field;
  }
  return message;
}

/** A repeated field; absent means empty. Throws `Malformed`. */
export function asRepeated(value: Json | undefined, what: string, most: number): Json[] {
  const items = value === undefined ? [] : asArray(value, what);
  if (items.length > most) throw new Malformed(what, `more than ${most}`);
  return items;
}

/** A non-negative int64; absent means 0. Throws `Malformed`. */
export function asInt64(value: Json | undefined, what: string): bigint {
  if (value === undefined) return 0n;
  if (typeof value !== 'string') return asUint63(value, what);
  if (!DECIMAL.test(value)) throw new Malformed(what, 'expected a decimal integer');
  return asUint63(BigInt(value), what);
}

/** A required, non-empty bytes field. Throws `Malformed`. */
export function asBytes(value: Json | undefined, what: string): Bytes {
  const bytes = fromBase64(asString(value, what), what);
  if (bytes.length === 0) throw new Malformed(what, 'is empty');
  return bytes;
}
