// Strict JSON by the runtime's own parser, where that cannot miss anything: it takes a fraction of the time of `JsonReader`.
import { type Json, MAX_JSON_DEPTH, type Numbers } from './json_value.ts';

/**
 * Uses the native parser for text in which it cannot miss anything: it kept as many names as were written (no duplicates), and rounded no
 * number. Texts with \u escapes, large integers or excessive depth are left to `JsonReader`.
 * @returns undefined when the text needs `JsonReader`, valid or not
 */
export function readNatively(text: string, numbers: Numbers): Json | undefined {
  if (text.includes('\\u') || !text.isWellFormed()) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return namesKept(value, 0) === namesWritten(text, numbers) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The number of names in all its objects; NaN when something needs `JsonReader`. */
function namesKept(value: Json, depth: number): number {
  if (typeof value === 'number') return isExact(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth >= MAX_JSON_DEPTH) return Number.NaN;
  let names = 0;
  if (Array.isArray(value)) {
    for (const item of value) names += namesKept(item, depth + 1);
    return names;
  }
  // Objects from JSON.parse inherit nothing enumerable.
  for (const name in value) names += 1 + namesKept(value[name] as Json, depth + 1);
  return names;
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

const [QUOTE, COLON, BACKSLASH, POINT, EXPONENT] = [0x22, 0x3a, 0x5c, 0x2e, 0x65];

/**
 * The number of names written in JSON that the native parser has accepted: one per colon outside of strings.
 * @returns undefined when integers are required and some number may be written in another form
 */
function namesWritten(text: string, numbers: Numbers): number | undefined {
  let names = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) names++;
    else if (numbers === 'integers' && (code === POINT || (code | 0x20) === EXPONENT)) return undefined;
  }
  return names;
}

/** The offset of the quote that ends the string starting at `start`: the next one preceded by an even number of backslashes; -1 if none does. */
export function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
}
