// Typed readers of JSON fields, plain and protobuf: what each accepts, and that a refusal names the place.
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/encoding/json.ts';
import {
  asArray,
  asCaseExactObject,
  asObject,
  asString,
  asUint63,
  asUnsigned,
  exactFields,
} from '../../src/core/encoding/json_fields.ts';
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';
import { asBytes, asInt64, asMessage, asRepeated } from '../../src/core/encoding/protobuf_json.ts';
import { problem } from '../support/problem.ts';

const KINDS: Record<string, Json | undefined> = {
  object: { a: 1 },
  array: [1],
  string: 'text',
  number: 1,
  bigint: 2n ** 60n,
  boolean: true,
  null: null,
  missing: undefined,
};
const takes = (read: (value: Json | undefined, what: string) => unknown) =>
  Object.keys(KINDS).filter((kind) => !(attempt(() => read(KINDS[kind], 'place')) instanceof Malformed));

test('each reader accepts only its own type', () => {
  expect(takes(asObject)).toEqual(['object']);
  expect(takes(asArray)).toEqual(['array']);
  expect(takes(asString)).toEqual(['string']);
  expect(takes(asUnsigned)).toEqual(['number']);
  expect(takes(asUint63)).toEqual(['number', 'bigint']);
  expect(takes(asInt64)).toEqual(['number', 'bigint', 'missing']);
  expect(takes(asBytes)).toEqual(['string']);
  expect(takes((value, what) => asRepeated(value, what, 9))).toEqual(['array', 'missing']);
  expect(takes((value, what) => asMessage(value, what, ['a']))).toEqual(['object']);
  expect(problem(() => asObject(null, 'place'))).toBe('place: expected an object');
});

test('integer readers accept integers in their range, and no other number', () => {
  const { MAX_SAFE_INTEGER } = Number;
  expect([0, 1, MAX_SAFE_INTEGER].map((value) => asUnsigned(value, 'x'))).toEqual([0, 1, MAX_SAFE_INTEGER]);
  for (const bad of [-1, -0, 0.5, MAX_SAFE_INTEGER + 1, Number.NaN])
    expect(problem(() => asUnsigned(bad, 'place'))).toBe('place: expected an integer from 0 to 2^53-1');
  expect([0, 7, 0n, 2n ** 63n - 1n].map((value) => asUint63(value, 'x'))).toEqual([
    0n,
    7n,
    0n,
    2n ** 63n - 1n,
  ]);
  for (const bad of [-1, -0, 0.5, MAX_SAFE_INTEGER + 1, -1n, 2n ** 63n])
    expect(problem(() => asUint63(bad, 'place'))).toBe('place: expected an integer from 0 to 2^63-1');
  expect(['0', '7', '9223372036854775807', 7, 7n].map((value) => asInt64(value, 'x'))).toEqual([
    0n,
    7n,
    2n ** 63n - 1n,
    7n,
    7n,
  ]);
  for (const bad of [
    '',
    '00',
    '07',
    '+7',
    '-7',
    ' 7',
    '7 ',
    '7x',
    'x7',
    '0x7',
    '1'.repeat(20),
    '9223372036854775808',
  ])
    expect(() => asInt64(bad, 'place')).toThrow(/^place: /);
});

describe('a record', () => {
  test('may have unknown names, but none that differs from a known name only in case', () => {
    expect(asCaseExactObject({ known: 1, other: 2 }, 'x', ['known'])).toEqual({ known: 1, other: 2 });
    for (const name of ['Known', 'KNOWN', '\u212anown'])
      expect(() => asCaseExactObject({ [name]: 1 }, 'place', ['known', 'more'])).toThrow(
        /^place: .* differs from a known name only in case$/,
      );
    expect(() => asCaseExactObject({ '\u017fig': 1 }, 'place', ['more', 'sig'])).toThrow(Malformed);
    expect(() => asCaseExactObject([], 'place', [])).toThrow('place: expected an object');
  });
});

describe('exact fields', () => {
  test('must all be present, and no others', () => {
    expect(exactFields({ a: 1, b: 2 }, 'x', ['a', 'b'])).toBeUndefined();
    expect(exactFields({ a: 1 }, 'x', ['a'], ['b', 'c'])).toBeUndefined();
    expect(exactFields({ a: 1, c: 2 }, 'x', ['a'], ['b', 'c'])).toBeUndefined();
    expect(problem(() => exactFields({ a: 1 }, 'place', ['a', 'b']))).toBe('place: b is missing');
    expect(problem(() => exactFields({}, 'place', ['toString']))).toBe('place: toString is missing');
    expect(problem(() => exactFields({ a: 1, b: 2, d: 3 }, 'place', ['a'], ['b', 'c']))).toBe(
      'place: unknown field "d"',
    );
    expect(problem(() => exactFields({ d: 3, a: 1, b: 2 }, 'place', ['a', 'b']))).toBe(
      'place: unknown field "d"',
    );
  });
});

describe('protobuf’s JSON', () => {
  test('drops null fields, and refuses unknown ones', () => {
    expect(asMessage({ a: null, b: 0 }, 'x', ['a', 'b', 'c'])).toEqual({ b: 0 });
    expect(problem(() => asMessage({ a: 1, z: null }, 'place', ['a']))).toBe('place: unknown field "z"');
  });

  test('has a maximum for repeated fields, and an empty list for an omitted one', () => {
    expect(asRepeated(undefined, 'x', 0)).toEqual([]);
    expect(asRepeated([1, 2], 'x', 2)).toEqual([1, 2]);
    expect(problem(() => asRepeated([1, 2, 3], 'place', 2))).toBe('place: more than 2');
  });

  test('has bytes fields in base64, with at least one byte', () => {
    expect(asBytes('AQI=', 'x')).toEqual(Uint8Array.of(1, 2));
    expect(problem(() => asBytes('', 'place'))).toBe('place: is empty');
    expect(() => asBytes('AQI', 'place')).toThrow(/^place: /);
  });
});
