// Strict JSON: the fast path with the native parser and the careful reader agree on every text.
import { describe, expect, test } from 'vitest';
import { type Json, parseJson, parseJsonBytes } from '../../src/core/encoding/json.ts';
import { MAX_JSON_VALUES } from '../../src/core/encoding/json_size.ts';
import { stringifyJson } from '../../src/core/encoding/json_text.ts';
import { MAX_JSON_DEPTH } from '../../src/core/encoding/json_value.ts';
import { utf8 } from '../support/bytes.ts';
import { problem } from '../support/problem.ts';

describe('JSON', () => {
  test.each<[string, unknown]>([
    ['null', null],
    [' true ', true],
    ['\tfalse\r\n', false],
    ['0', 0],
    ['-0', -0],
    ['-1.5e+3', -1500],
    ['1E-2', 0.01],
    ['0.0', 0],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740992', -9007199254740992n],
    ['9007199254740992.0', 9007199254740992],
    ['1e16', 1e16],
    ['""', ''],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u00e9\\uD83D\\ude00x"', 'é😀x'],
    ['"é\\u0041"', 'éA'],
    ['[]', []],
    ['[ ]', []],
    ['[1,[2 , 3]]', [1, [2, 3]]],
    ['{}', {}],
    ['{ }', {}],
    ['{"a":1,"b":{"a":2}}', { a: 1, b: { a: 2 } }],
    ['{ "a" : [ { } ] }', { a: [{}] }],
    ['{"a\\":":1,"\\\\":{"\\\\\\"":",:"},"b":"\\\\"}', { 'a":': 1, '\\': { '\\"': ',:' }, b: '\\' }],
  ])('%s, by the native parser or by the careful reader', (text, value) => {
    for (const read of [parseJson(text, 'x'), readCarefully(text)]) {
      expect(read).toEqual(value);
      expect(Object.is(read, -0)).toBe(text === '-0');
    }
  });

  /** Parses with the careful reader, which handles any document that has an escape. */
  function readCarefully(text: string): Json | undefined {
    const [escaped, value] = parseJson(`["\\u0061",${text}]`, 'x') as [string, Json];
    expect(escaped).toBe('a');
    return value;
  }

  test.each([
    parseJson('{ "__proto__": 1, "toString": 2 }', 'x'),
    readCarefully('{ "__proto__": 1, "toString": 2 }'),
  ])('treats __proto__ and the names of inherited members like any other name', (json) => {
    const read = json as object;
    expect(Object.entries(read)).toEqual([
      ['__proto__', 1],
      ['toString', 2],
    ]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    const value = Object.getOwnPropertyDescriptor(read, '__proto__');
    expect(value).toEqual({ value: 1, enumerable: true, configurable: true, writable: true });
  });

  test.each<[string, string]>([
    ['', 'not a JSON value (offset 0)'],
    ['nul', 'not a JSON value (offset 0)'],
    ['truth', 'not a JSON value (offset 0)'],
    ['falsy', 'not a JSON value (offset 0)'],
    ['1 2', 'unexpected characters after the JSON value (offset 2)'],
    ['{}x', 'unexpected characters after the JSON value (offset 2)'],
    ['01', 'unexpected characters after the JSON value (offset 1)'],
    ['1.', 'unexpected characters after the JSON value (offset 1)'],
    ['1e', 'unexpected characters after the JSON value (offset 1)'],
    ['+1', 'not a JSON value (offset 0)'],
    ['.5', 'not a JSON value (offset 0)'],
    ['-', 'not a JSON value (offset 0)'],
    ['1e400', 'number out of range (offset 5)'],
    ['"', 'unterminated string (offset 1)'],
    ['"a', 'unterminated string (offset 2)'],
    ['"\\', 'bad escape (offset 1)'],
    ['"\\x"', 'bad escape (offset 1)'],
    ['"\\toString"x', 'unexpected characters after the JSON value (offset 11)'],
    ['"\\u12g4"', 'bad \\u escape (offset 1)'],
    ['"\\u123"', 'bad \\u escape (offset 1)'],
    ['"a\u0001"', 'control character in a string (offset 2)'],
    ['"a\n"', 'control character in a string (offset 2)'],
    ['"\\ud800"', 'unpaired surrogate in a string (offset 8)'],
    ['"\ud800"', 'unpaired surrogate in a string (offset 3)'],
    ['[1', 'expected a comma or ] (offset 2)'],
    ['[1}', 'expected a comma or ] (offset 2)'],
    ['[1,]', 'not a JSON value (offset 3)'],
    ['[,1]', 'not a JSON value (offset 1)'],
    ['{1:2}', 'expected a name in quotes (offset 1)'],
    ['{"a" 1}', 'expected a colon (offset 5)'],
    ['{"a":1', 'expected a comma or } (offset 6)'],
    ['{"a":1]', 'expected a comma or } (offset 6)'],
    ['{"a":1,}', 'expected a name in quotes (offset 7)'],
    ['{"a":1,"a":1}', 'duplicate field "a" (offset 10)'],
    ['{"a":1,"\\u0061":1}', 'duplicate field "a" (offset 15)'],
    ['{"\\n":1,"\\n":1}', 'duplicate field "\\n" (offset 12)'],
    ['{"\\\\":1,"\\\\":2}', 'duplicate field "\\\\" (offset 12)'],
    ['[{"a":1},{"b":[{"c":1,"c":2}]}]', 'duplicate field "c" (offset 25)'],
    ['{"__proto__":1,"__proto__":1}', 'duplicate field "__proto__" (offset 26)'],
    ['{\n"a": 1,\n}\n', 'expected a name in quotes (offset 10, line 3)'],
    ['[\r\n1\n', 'expected a comma or ] (offset 5, line 3)'],
    ['\u00a01', 'not a JSON value (offset 0)'],
    ['\ufeff1', 'not a JSON value (offset 0)'],
  ])('%j is malformed', (text, message) =>
    expect(problem(() => parseJson(text, 'place'))).toBe(`place: ${message}`),
  );

  test('in the mode for integers, accepts only numbers that are written as integers', () => {
    for (const text of [
      '1',
      '[-7,{"a":0}]',
      ' 9007199254740993 ',
      '"1.5"',
      '[true,false,null,"1e.",{"e.":2}]',
    ])
      expect(parseJson(text, 'x', 'integers')).toEqual(parseJson(text, 'x'));
    for (const [text, offset] of [
      ['1.5', 3],
      ['[1.0]', 4],
      ['{"a":1e3}', 8],
      [' 1.7487792e9', 12],
      ['1e+21', 5],
      ['-0.0', 4],
    ] as const) {
      expect(parseJson(text, 'x')).toBeDefined();
      expect(problem(() => parseJson(text, 'x', 'integers'))).toBe(
        `x: expected a number written as an integer (offset ${offset})`,
      );
    }
  });

  test.each([
    ['', '1'],
    [' ', '1'],
    ['', '"\\u0061"'],
  ])('has a maximum depth, laid out with "%s" around %s', (space, value) => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = (depth: number) =>
        `${`${open}${space}`.repeat(depth)}${value}${`${space}${close}`.repeat(depth)}`;
      expect(parseJson(deep(MAX_JSON_DEPTH), 'x')).toBeDefined();
      expect(() => parseJson(deep(MAX_JSON_DEPTH + 1), 'x')).toThrow('nested deeper than 64');
    }
    const empty = (depth: number) => `${'['.repeat(depth)}${space}${']'.repeat(depth)}`;
    expect(parseJson(empty(MAX_JSON_DEPTH + 1), 'x')).toBeDefined();
    expect(() => parseJson(empty(MAX_JSON_DEPTH + 2), 'x')).toThrow('nested deeper than 64');
  });

  test('has a maximum number of values and names, counted before it is parsed', () => {
    const list = (values: number) => utf8(`[${Array(values).fill(1).join(',')}]`);
    expect(parseJsonBytes(list(MAX_JSON_VALUES - 1), 'x')).toHaveLength(MAX_JSON_VALUES - 1);
    expect(() => parseJsonBytes(list(MAX_JSON_VALUES), 'x')).toThrow('x: has more than 1000000 values');
    const named = `[${'{"a":0},'.repeat(MAX_JSON_VALUES / 2)}0]`;
    expect(() => parseJsonBytes(utf8(named), 'x')).toThrow('x: has more than 1000000 values and names');
    const text = `\\"${'[{,:'.repeat(MAX_JSON_VALUES)}`;
    expect(parseJsonBytes(utf8(`["${text}",1]`), 'x')).toHaveLength(2);
  });

  test('is written with every digit of large integers', () => {
    expect(stringifyJson({ a: 2n ** 62n, b: [1, 'x'] })).toBe('{"a":4611686018427387904,"b":[1,"x"]}');
    expect(stringifyJson({ a: 1 })).toBe('{"a":1}');
    expect(() =>
      stringifyJson({
        toJSON() {
          throw new RangeError('other');
        },
      }),
    ).toThrow(RangeError);
  });
});
