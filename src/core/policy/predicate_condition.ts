// Conditions on an attestation's predicate: a JSON pointer (RFC 6901) and the values allowed there.
import type { Json } from '../encoding/json.ts';
import { stringifyJson } from '../encoding/json_text.ts';
import { Malformed } from '../encoding/malformed.ts';

export type Scalar = string | number | boolean | null;

export interface PredicateCondition {
  pointer: string;
  /** One of these must be equal, in type and value. */
  values: Scalar[];
}

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;
/** In characters. */
export const MAX_POINTER_LENGTH = 512;

/** @throws Malformed */
export function parsePointer(text: string): string {
  if (text.length > MAX_POINTER_LENGTH || !POINTER.test(text))
    throw new Malformed('JSON pointer', 'expected "" or /name/name, with ~0 for ~ and ~1 for /');
  return text;
}

export function holds({ pointer, values }: PredicateCondition, predicate: Json | undefined): boolean {
  const found = at(pointer, predicate);
  return values.some((value) => value === found);
}

export function describeCondition({ pointer, values }: PredicateCondition): string {
  return `${pointer || '(whole)'} = ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
}

/** The value at the pointer, as text for display. */
export function describeFound({ pointer }: PredicateCondition, predicate: Json | undefined): string {
  const found = at(pointer, predicate);
  return `${pointer || '(whole)'} = ${found === undefined ? 'nothing' : stringifyJson(found)}`;
}

/** RFC 6901 §4. Undefined if nothing is at the pointer, which is always so for `-`. */
function at(pointer: string, value: Json | undefined): Json | undefined {
  let found = value;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null) return undefined;
    if (Array.isArray(found)) found = /^(?:0|[1-9][0-9]{0,8})$/.test(name) ? found[Number(name)] : undefined;
    else found = Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}
