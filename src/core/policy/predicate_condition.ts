// Conditions on an attestation's predicate: a JSON pointer (RFC 6901), and the values allowed there or the greatest age of the time there.

import { fromUtf8, utf8 } from '../encoding/bytes.ts';
import { parseInstant } from '../encoding/instant.ts';
import type { Json } from '../encoding/json.ts';
import { stringifyJson } from '../encoding/json_text.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';

export type Scalar = string | number | boolean | null;

export type PredicateCondition = { pointer: string } & (
  | {
      /** One of these must be equal, in type and value. */
      values: Scalar[];
    }
  | {
      /** There must be an RFC 3339 time, at most this long ago: the duration as text, for display, and in milliseconds. */
      maxAge: { text: string; milliseconds: number };
    }
);

/** In milliseconds: how far the signer's clock may be ahead. */
const CLOCK_SKEW = 5 * 60_000;

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;
/** In characters. */
export const MAX_POINTER_LENGTH = 512;

/** @throws Malformed */
export function parsePointer(text: string): string {
  if (text.length > MAX_POINTER_LENGTH || !POINTER.test(text))
    throw new Malformed('JSON pointer', 'expected "" or /name/name, with ~0 for ~ and ~1 for /');
  return text;
}

/** What is at a pointer. It is kept for whoever asks next, so it is small, whatever is there. */
export interface Found {
  /** Absent if there is nothing, a list or an object: no condition allows these. A text is cut where no condition allows it any more. */
  value?: Json;
  /** For display. */
  text: string;
}

/** In characters: more than a condition's text may have, and than is shown. */
const MAX_KEPT = 2100;

export function find(pointer: string, predicate: Json | undefined): Found {
  const found = at(pointer, predicate);
  if (found === undefined) return { text: 'nothing' };
  const text = beginning(stringifyJson(found));
  if (typeof found === 'object' && found !== null) return { text };
  return { value: typeof found === 'string' ? beginning(found) : found, text };
}

/** A copy: a slice would keep the whole text alive. */
function beginning(text: string): string {
  return text.length <= MAX_KEPT ? text : fromUtf8(utf8(text.slice(0, MAX_KEPT)), 'text');
}

/** @param now milliseconds since the epoch */
export function holds(condition: PredicateCondition, { value: found }: Found, now: number): boolean {
  if ('values' in condition) return condition.values.some((value) => value === found);
  if (typeof found !== 'string') return false;
  const time = attempt(() => parseInstant(found, 'time'));
  if (time instanceof Malformed) return false;
  return time >= now - condition.maxAge.milliseconds && time <= now + CLOCK_SKEW;
}

export function describeCondition(condition: PredicateCondition): string {
  const wanted =
    'values' in condition
      ? condition.values.map((value) => JSON.stringify(value)).join(' or ')
      : `a time at most ${condition.maxAge.text} ago`;
  return `${condition.pointer || '(whole)'} = ${wanted}`;
}

/** What was found at the pointer, as text for display. */
export function describeFound({ pointer }: Pick<PredicateCondition, 'pointer'>, { text }: Found): string {
  return `${pointer || '(whole)'} = ${text}`;
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
