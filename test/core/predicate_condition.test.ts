// Conditions on predicates: RFC 6901 pointers, values that must be equal in type and value, and times that must be recent.
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/encoding/json.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import {
  describeCondition,
  describeFound as describeWhatIsFound,
  find,
  holds as holdsFor,
  MAX_POINTER_LENGTH,
  type PredicateCondition,
  parsePointer,
  type Scalar,
} from '../../src/core/policy/predicate_condition.ts';
import { predicate } from '../../src/core/steps/claims.ts';
import type { Verification } from '../../src/core/verification.ts';
import { utf8 } from '../support/bytes.ts';

/** The document of RFC 6901 §5, with fields for the edge cases of lists. */
const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
  '~1': 9,
  list: Array.from({ length: 12 }, (_, at) => at),
  nothing: null,
  yes: true,
};

const NOW = Date.parse('2026-11-30T12:00:00Z');

const holds = (condition: PredicateCondition, stated: Json | undefined, now: number) =>
  holdsFor(condition, find(condition.pointer, stated), now);
const describeFound = (condition: { pointer: string }, stated: Json | undefined) =>
  describeWhatIsFound(condition, find(condition.pointer, stated));

const says = (pointer: string, ...values: Scalar[]) => holds({ pointer, values }, DOCUMENT, NOW);

describe('a pointer', () => {
  test.each([
    ['/foo/0', 'bar'],
    ['/foo/1', 'baz'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/~01', 9],
    ['/list/10', 10],
    ['/list/11', 11],
    ['/nothing', null],
    ['/yes', true],
  ])('%s finds the value that RFC 6901 specifies', (pointer, value) => {
    expect(parsePointer(pointer)).toBe(pointer);
    expect(says(pointer, value)).toBe(true);
    expect(says(pointer, 'other')).toBe(false);
    expect(says(pointer, 'other', value)).toBe(true);
    expect(says(pointer)).toBe(false);
  });

  test.each([
    '/foo/2',
    '/foo/-',
    '/foo/01',
    '/foo/+1',
    '/foo/1x',
    '/foo/',
    '/foo/0/0',
    '/foo/length',
    '/list/1000000000',
  ])('%s finds nothing in a list', (pointer) =>
    expect(describeFound({ pointer }, DOCUMENT)).toBe(`${pointer} = nothing`),
  );

  test.each(['/toString', '/__proto__', '/constructor', '/none', '/nothing/x', '/yes/x'])(
    '%s finds nothing, since it is not an own member',
    (pointer) => expect(describeFound({ pointer }, DOCUMENT)).toBe(`${pointer} = nothing`),
  );

  test('that is empty finds the whole predicate, and nothing if there is none', () => {
    expect(holds({ pointer: '', values: ['x'] }, 'x', NOW)).toBe(true);
    expect(describeFound({ pointer: '' }, 'x')).toBe('(whole) = "x"');
    expect(describeFound({ pointer: '/x' }, { x: 2n ** 60n })).toBe(`/x = ${2n ** 60n}`);
    expect(holds({ pointer: '', values: ['x'] }, undefined, NOW)).toBe(false);
    expect(holds({ pointer: '', values: [] }, undefined, NOW)).toBe(false);
  });

  test.each(['x', 'x/', '/~', '/~2', '/a/~x', `/${'x'.repeat(MAX_POINTER_LENGTH)}`])(
    '%s is not a pointer',
    (text) => expect(() => parsePointer(text)).toThrow(Malformed),
  );

  test('may have up to 512 characters', () => {
    const longest = `/${'x'.repeat(MAX_POINTER_LENGTH - 1)}`;
    expect(parsePointer(longest)).toBe(longest);
    expect(parsePointer('')).toBe('');
  });
});

test.each<[Scalar, Scalar]>([
  [1, '1'],
  [true, 'true'],
  [null, 'null'],
  [0, false],
  ['', null],
])('%j is not %j', (one, other) => {
  expect(holds({ pointer: '/x', values: [one] }, { x: other }, NOW)).toBe(false);
  expect(holds({ pointer: '/x', values: [other] }, { x: one }, NOW)).toBe(false);
});

describe('a time that must be at most an hour ago', () => {
  const condition = { pointer: '/at', maxAge: { text: '1h', milliseconds: 3_600_000 } };
  test.each<[string, unknown, boolean]>([
    ['now', '2026-11-30T12:00:00Z', true],
    ['an hour ago', '2026-11-30T11:00:00Z', true],
    ['an hour ago, in nanoseconds and another zone', '2026-11-30T12:00:00.000000001+01:00', true],
    ['longer ago by a millisecond', '2026-11-30T10:59:59.999Z', false],
    ['ahead by as much as clocks may differ', '2026-11-30T12:05:00Z', true],
    ['ahead by more', '2026-11-30T12:05:00.001Z', false],
    ['a day alone', '2026-11-30', false],
    ['without a zone', '2026-11-30T12:00:00', false],
    ['not a day that exists', '2026-11-31T12:00:00Z', false],
    ['a number', NOW, false],
    ['a list', ['2026-11-30T12:00:00Z'], false],
    ['nothing', undefined, false],
  ])('%s: %j → %s', (_, at, isRecent) => expect(holds(condition, { at } as JsonObject, NOW)).toBe(isRecent));

  test('is shown as it was required', () =>
    expect(describeCondition(condition)).toBe('/at = a time at most 1h ago'));
});

test('a condition is shown with its pointer and every allowed value', () => {
  expect(describeCondition({ pointer: '/a', values: ['x', 1] })).toBe('/a = "x" or 1');
  expect(describeCondition({ pointer: '', values: [null] })).toBe('(whole) = null');
});

test('what is found is cut where no condition allows it any more, and a list or an object equals nothing', () => {
  const long = `${'a'.repeat(3000)}`;
  for (const value of [long, [long], { a: long }]) {
    const found = find('/x', { x: value });
    expect(String(found.value ?? '').length + found.text.length).toBeLessThan(5000);
    expect(found.text).toBe(JSON.stringify(value).slice(0, found.text.length));
    expect(holds({ pointer: '/x', values: [long, 'a'] }, { x: value }, NOW)).toBe(false);
  }
  const longest = 'é'.repeat(1024);
  expect(holds({ pointer: '/x', values: [longest] }, { x: longest }, NOW)).toBe(true);
});

test('a statement is parsed once for all that have conditions on it', async () => {
  const payload = utf8('{"predicate":{"a":1,"b":{"c":"x"}}}');
  const run = (...conditions: PredicateCondition[]) =>
    predicate.run({
      claims: { kind: 'in-toto', payload },
      requirements: { predicate: conditions },
      now: NOW,
    } as unknown as Verification);
  const [a, c] = [
    { pointer: '/a', values: [1] },
    { pointer: '/b/c', values: ['y'] },
  ];
  expect(await run(a)).toMatchObject({ pass: true });
  expect(await run(a, c)).toMatchObject({ pass: false, compared: { actual: '/b/c = "x"' } });
  payload.fill(0);
  expect(await run(a)).toMatchObject({ pass: true });
  expect(await run(c)).toMatchObject({ pass: false });
  expect(() => run({ pointer: '/none', values: [1] })).toThrow(Malformed);
});
