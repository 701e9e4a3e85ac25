// What every parser of untrusted input must do: accept valid input, and for any other input return a value or throw one of its own
// errors, never any other error.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, text, utf8 } from './bytes.ts';
import { edited, edits, runs } from './fuzz.ts';

type ErrorType = abstract new (...args: never[]) => Error;

export interface Parser<T> {
  name: string;
  parse: (input: T) => unknown;
  valid: T[];
  /** What it may throw besides `Malformed`. */
  errors?: ErrorType[];
}

const anyBytes = fc.uint8Array({ maxLength: 400 }) as fc.Arbitrary<Bytes>;
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 300 }),
  fc.json(),
);

export function testByteParsers(parsers: Parser<Bytes>[]): void {
  for (const parser of parsers) testParser(parser, anyBytes, edited);
}

export function testTextParsers(parsers: Parser<string>[]): void {
  for (const parser of parsers)
    testParser(parser, anyText, (good, changes) => text(edited(utf8(good), changes)));
}

function testParser<T>(
  { name, parse, valid, errors = [] }: Parser<T>,
  anything: fc.Arbitrary<T>,
  change: (good: T, changes: Parameters<typeof edited>[1]) => T,
): void {
  const survives = async (input: T) => {
    try {
      await parse(input);
    } catch (error) {
      if (![Malformed, ...errors].some((type) => error instanceof type)) throw error;
    }
  };
  describe(name, () => {
    test('accepts valid input', async () => {
      for (const input of valid) await parse(input);
    });

    test('throws only its own errors on any input', () =>
      fc.assert(fc.asyncProperty(anything, survives), runs(500)));

    test('throws only its own errors on almost valid input', () =>
      fc.assert(
        fc.asyncProperty(fc.constantFrom(...valid), edits, (good, changes) =>
          survives(change(good, changes)),
        ),
        runs(500),
      ));
  });
}
