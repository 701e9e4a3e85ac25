// `WWW-Authenticate` as RFC 9110 §11.6.1 specifies it, and whatever else a registry may send. docs/abuse.md: A35, A87.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/registry/challenge.ts';
import { runs } from '../support/fuzz.ts';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);

test.each([
  [
    'Bearer realm="https://a/token",service="s",scope="repository:x:pull"',
    [['bearer', { realm: 'https://a/token', service: 's', scope: 'repository:x:pull' }]],
  ],
  ['BEARER Realm=abc , SERVICE = "s"', [['bearer', { realm: 'abc', service: 's' }]]],
  ['Basic realm="a \\"quoted\\" \\\\ word"', [['basic', { realm: 'a "quoted" \\ word' }]]],
  [
    'Negotiate, Basic realm="x", Bearer realm="y"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y' }],
    ],
  ],
  ['Basic realm="x, Bearer realm=\\"evil\\""', [['basic', { realm: 'x, Bearer realm="evil"' }]]],
  ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
  [', ,Bearer realm="x",,', [['bearer', { realm: 'x' }]]],
  ['', []],
  ['realm="x"', []],
])('%s', (header, challenges) => {
  expect(read(header)).toEqual(challenges);
});

test('no header makes the parser throw', () => {
  const piece = fc.constantFrom(
    'Bearer',
    'Basic',
    ' ',
    ',',
    '=',
    '"',
    '\\',
    'realm',
    'realm="',
    '"x"',
    '\t',
    'é',
    '__proto__',
    '__proto__="x"',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
      ),
      (header) => {
        for (const { scheme, parameters } of parseChallenges(header)) {
          expect(scheme).toBe(scheme.toLowerCase());
          expect(Object.values(parameters).every((value) => typeof value === 'string')).toBe(true);
        }
      },
    ),
    runs(2000),
  );
});

test.each([
  ['quotes', '"'.repeat(4096), 0],
  ['schemes', 'a '.repeat(2048), 2048],
  ['a quoted string without an end', `Bearer realm="${'\\'.repeat(4000)}`, 1],
  ['commas', ','.repeat(4096), 0],
  ['parameters without a scheme', 'a='.repeat(2048), 0],
])('a header full of %s is read to the first thing that is no challenge', (_, header, challenges) =>
  expect(parseChallenges(header)).toHaveLength(challenges),
);

test('a header may have up to 4096 characters', () => {
  const padded = (length: number) => 'Bearer realm="x"'.padEnd(length);
  expect(read(padded(4096))).toEqual([['bearer', { realm: 'x' }]]);
  expect(read(padded(4097))).toEqual([]);
});
