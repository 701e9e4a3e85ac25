// Range headers: every small range, and random ones of any size. RFC 9110 §14; docs/abuse.md: A88.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseRange } from '../../src/gate/bodies/range.ts';
import { runs } from '../support/fuzz.ts';

/** A naive second implementation: the positions of the requested bytes. */
function meant(size: number, first: number | undefined, last: number | undefined): number[] {
  const all = Array.from({ length: size }, (_, at) => at);
  if (first === undefined) return last === 0 ? [] : all.slice(-(last ?? 0));
  return all.filter((at) => at >= first && (last === undefined || at <= last));
}

it('every range over every size up to 8 yields the requested bytes', () => {
  const ends = [undefined, 0, 1, 2, 3, 7, 8, 9];
  for (let size = 0; size <= 8; size++) {
    for (const first of ends) {
      for (const last of ends) {
        const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        const isNone =
          (first === undefined && last === undefined) ||
          (first !== undefined && last !== undefined && last < first);
        if (isNone) expect(range).toBeUndefined();
        else {
          const bytes = meant(size, first, last);
          if (bytes.length === 0) expect(range).toBe('unsatisfiable');
          else expect(range).toEqual({ first: bytes[0], last: bytes.at(-1) });
        }
      }
    }
  }
});

it('a range is never outside of the size, whatever the numbers', () => {
  const digits = fc.stringMatching(/^[0-9]{0,30}$/);
  fc.assert(
    fc.property(digits, digits, fc.nat(1_000_000), (from, to, size) => {
      const range = parseRange(`bytes=${from}-${to}`, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.first).toBeGreaterThanOrEqual(0);
      expect(range.last).toBeGreaterThanOrEqual(range.first);
      expect(range.last).toBeLessThan(size);
    }),
    runs(5000),
  );
});

it('any other text is not a range', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (/^\s*bytes=[0-9]*-[0-9]*\s*$/.test(text)) return;
      expect(parseRange(text, 100)).toBeUndefined();
    }),
  );
  for (const text of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=1',
    'bytes=1-2,3-4',
    'Bytes=0-1',
    'bytes =0-1',
  ])
    expect(parseRange(text, 100)).toBeUndefined();
});
