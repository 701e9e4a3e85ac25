// Typed access to parsed JSON. Every error names the field that it is about.
import type { Json, JsonObject } from './json.ts';
import { Malformed } from './malformed.ts';

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Throws `Malformed`. */
export function asObject(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) throw new Malformed(what, 'expected an object');
  return value;
}

/** Throws `Malformed`. */
export function asArray(value: Json | undefined, what: string): Json[] {
  if (!Array.isArray(value)) throw new Malformed(what, 'expected an array');
  return value;
}

/** Throws `Malformed`. */
export function asString(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw new Malformed(what, 'expected a string');
  return value;
}

/** A JSON integer ≥ 0 that a double represents exactly. Throws `Malformed`. */
export function asUnsigned(value: Json | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
    throw new Malformed(what, 'expected an integer from 0 to 2^53-1');
  }
  return value;
}

/** A JSON integer from 0 to 2^63-1: log indices and tree sizes are int64 in Rekor. Throws `Malformed`. */
export function asUint63(value: Json | undefined, what: string): bigint {
  const big =
    typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
  if (typeof big !== 'bigint' || big < 0n || big >= 1n << 63n)
    throw new Malformed(what, 'expected an integer from 0 to 2^63-1');
  return big;
}

/**
 * An object in which no name differs from a known one only in case: Go's parser would accept `Critical` as `critical`. Throws `Malformed`.
 */
export function asCaseExactObject(value: Json | undefined, what: string, known: string[]): JsonObject {
  const object = asObject(value, what);
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const folded = foldCase(name);
    if (known.some((other) => foldCase(other) === folded)) {
      throw new Malformed(what, `${JSON.stringify(name)} differs from a known name only in case`);
    }
  }
  return object;
}

/** Simple case folding as in Go's encoding/json: U+017F folds to s, and U+212A to k. */
function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** @throws Malformed for a field that is neither required nor optional, and for a missing required field */
export function exactFields(
  object: JsonObject,
  what: string,
  required: string[],
  optional: string[] = [],
): void {
  let known = 0;
  for (const name of required) {
    if (!Object.hasOwn(object, name)) throw new Malformed(what, `${name} is missing`);
    known++;
  }
  for (const name of optional) if (Object.hasOwn(object, name)) known++;
  const names = Object.keys(object);
  if (names.length === known) return;
  const unknown = names.find((name) => !required.includes(name) && !optional.includes(name));
  throw new Malformed(what, `unknown field ${JSON.stringify(unknown)}`);
}
