// Strict JSON, character by character: it accepts what RFC 8259 does, and says where anything else is wrong.
import { endOfString } from './json_native.ts';
import { type Json, type JsonObject, MAX_JSON_DEPTH, type Numbers } from './json_value.ts';
import { Malformed } from './malformed.ts';

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /^["\\/bfnrt]/;
const UNICODE = /^u[0-9a-fA-F]{4}$/;

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

  /**
   * The native parser reads the string once its end is found. It copies: a slice would keep the whole text alive, wherever what was read is
   * cached. And it makes one string, where joining what each of a million escapes stands for makes as many.
   */
  #string(): string {
    const end = endOfString(this.#text, this.#at) + 1;
    const value = end === 0 ? undefined : readString(this.#text.slice(this.#at, end));
    if (value === undefined) return this.#failInString();
    this.#at = end;
    if (!value.isWellFormed()) this.#fail('unpaired surrogate in a string');
    return value;
  }

  /** Says what is wrong in a string that the native parser refuses. */
  #failInString(): never {
    this.#at++;
    for (;;) {
      PLAIN.lastIndex = this.#at;
      this.#at += PLAIN.exec(this.#text)?.[0].length ?? 0;
      const next = this.#text.charAt(this.#at);
      if (next !== '\\') this.#fail(next === '' ? 'unterminated string' : 'control character in a string');
      const escaped = this.#text.slice(this.#at + 1, this.#at + 6);
      const isUnicode = escaped.startsWith('u');
      if (isUnicode && !UNICODE.test(escaped)) this.#fail('bad \\u escape');
      if (!isUnicode && !ESCAPE.test(escaped)) this.#fail('bad escape');
      this.#at += isUnicode ? 6 : 2;
    }
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
      // A copy has room for no more than it holds. What was pushed to has room for 17 items, and `[0]` is three bytes.
      if (this.#separator(']')) return items.slice();
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

/** Undefined if it is no JSON string. */
function readString(quoted: string): string | undefined {
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}
