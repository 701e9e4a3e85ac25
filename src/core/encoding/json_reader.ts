// Strict JSON, character by character: it accepts what RFC 8259 does, and says where anything else is wrong.
import { type Json, type JsonObject, MAX_JSON_DEPTH, type Numbers } from './json_value.ts';
import { Malformed } from './malformed.ts';

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

export class JsonReader {
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
    const line = this.#line();
    throw new Malformed(this.#what, `${problem} (offset ${this.#at}${line === 1 ? '' : `, line ${line}`})`);
  }

  /** The number of the line that has been reached, as editors count. */
  #line(): number {
    let line = 0;
    let start = 0;
    do {
      line++;
      start = this.#text.indexOf('\n', start) + 1;
    } while (start > 0 && start <= this.#at);
    return line;
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
