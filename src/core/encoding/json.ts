// Strict JSON (RFC 8259) for bytes that are signed or decide trust. JSON.parse keeps the last of several duplicate fields and rounds
// large integers. Either lets two parsers see different things under one signature, so neither happens here.
import { fromUtf8 } from './bytes.ts';
import { Malformed } from './malformed.ts';

/**
 * Integers beyond 2^53 become bigint. Every name is an own property, even `__proto__`; use Object.hasOwn to look up a name that is
 * itself data.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/** Deeper nesting is an attack, not a document: it would exhaust the stack of a recursive parser. */
export const MAX_JSON_DEPTH = 64;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPECIAL = /[\\\u0000-\u001f]/;
const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** `integers`: every number must be written as an integer. Go's parser does not accept `1.0` as one, so it must not become 1 here. */
export type Numbers = 'any' | 'integers';

/**
 * Parses one JSON document.
 * @throws Malformed for duplicate fields, excessive depth, unpaired surrogates and anything that RFC 8259 forbids
 */
export function parseJson(text: string, what: string, numbers: Numbers = 'any'): Json {
  return readNatively(text, numbers) ?? new Reader(text, what, numbers).document();
}

/**
 * Uses the native parser for text in which it cannot miss anything: it kept as many names as were written (no duplicates), and rounded no
 * number. Texts with \u escapes, large integers or excessive depth are left to `Reader`.
 * @returns undefined when the text needs `Reader`, valid or not
 */
function readNatively(text: string, numbers: Numbers): Json | undefined {
  if (text.includes('\\u') || !text.isWellFormed()) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return namesKept(value, 0) === namesWritten(text, numbers) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The number of names in all its objects; NaN when something needs `Reader`. */
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

/** The offset of the quote that ends the string starting at `start`: the next one preceded by an even number of backslashes. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
}

export function parseJsonBytes(bytes: Uint8Array, what: string, numbers: Numbers = 'any'): Json {
  return parseJson(fromUtf8(bytes, what), what, numbers);
}

class Reader {
  readonly #text: string;
  readonly #what: string;
  readonly #numbers: Numbers;
  #at = 0;

  constructor(text: string, what: string, numbers: Numbers) {
    this.#text = text;
    this.#what = what;
    this.#numbers = numbers;
  }

  document(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at !== this.#text.length) this.#fail('unexpected characters after the JSON value');
    return value;
  }

  #fail(problem: string): never {
    throw new Malformed(this.#what, `${problem} (offset ${this.#at})`);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #value(depth: number): Json {
    if (depth > MAX_JSON_DEPTH) this.#fail(`nested deeper than ${MAX_JSON_DEPTH}`);
    this.#space();
    const first = this.#text.charAt(this.#at);
    switch (first) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('not a JSON value');
    this.#at += word.length;
    return value;
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) this.#fail('not a JSON value');
    this.#at += match[0].length;
    const value = Number(match[0]);
    if (!Number.isFinite(value)) this.#fail('number out of range');
    const isInteger = match[1] === undefined && match[2] === undefined;
    if (!isInteger && this.#numbers === 'integers') this.#fail('expected a number written as an integer');
    return isInteger && !Number.isSafeInteger(value) ? BigInt(match[0]) : value;
  }

  /** Most strings have no escapes and are a single slice. */
  #string(): string {
    const start = this.#at + 1;
    const quote = this.#text.indexOf('"', start);
    if (quote === -1) return this.#escapedString();
    const plain = this.#text.slice(start, quote);
    if (SPECIAL.test(plain)) return this.#escapedString();
    this.#at = quote + 1;
    return this.#wellFormed(plain);
  }

  #escapedString(): string {
    this.#at++;
    let value = '';
    for (;;) {
      PLAIN.lastIndex = this.#at;
      const plain = PLAIN.exec(this.#text)?.[0] ?? '';
      value += plain;
      this.#at += plain.length;
      const next = this.#text.charAt(this.#at);
      if (next === '"') {
        this.#at++;
        return this.#wellFormed(value);
      }
      if (next !== '\\') this.#fail(next === '' ? 'unterminated string' : 'control character in a string');
      value += this.#escape();
    }
  }

  #wellFormed(value: string): string {
    if (!value.isWellFormed()) this.#fail('unpaired surrogate in a string');
    return value;
  }

  #escape(): string {
    const letter = this.#text.charAt(this.#at + 1);
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('bad \\u escape');
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) this.#fail('bad escape');
    this.#at += 2;
    return character;
  }

  #array(depth: number): Json[] {
    this.#at++;
    const items: Json[] = [];
    this.#space();
    if (this.#text.charAt(this.#at) === ']') {
      this.#at++;
      return items;
    }
    for (;;) {
      items.push(this.#value(depth + 1));
      if (this.#separator(']')) return items;
    }
  }

  #object(depth: number): JsonObject {
    this.#at++;
    const object: JsonObject = {};
    this.#space();
    if (this.#text.charAt(this.#at) === '}') {
      this.#at++;
      return object;
    }
    for (;;) {
      this.#space();
      if (this.#text.charAt(this.#at) !== '"') this.#fail('expected a name in quotes');
      const name = this.#string();
      if (Object.hasOwn(object, name)) this.#fail(`duplicate field ${JSON.stringify(name)}`);
      this.#space();
      if (this.#text.charAt(this.#at) !== ':') this.#fail('expected a colon');
      this.#at++;
      const value = this.#value(depth + 1);
      if (name === '__proto__')
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      else object[name] = value;
      if (this.#separator('}')) return object;
    }
  }

  /** Consumes a comma (false) or the closing bracket (true). */
  #separator(close: string): boolean {
    this.#space();
    const next = this.#text.charAt(this.#at);
    if (next !== ',' && next !== close) this.#fail(`expected a comma or ${close}`);
    this.#at++;
    return next === close;
  }
}
