// The number of runs of random tests, and inputs that are almost valid.
import fc from 'fast-check';
import type { Bytes } from './bytes.ts';

/** `npm run fuzz -- 50` makes fifty times as many runs as `npm test`. */
const FUZZ = Number(process.env.FUZZ ?? '1');

export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.round(usual * FUZZ) };
}

/** A change: where (as a fraction of the length), how many bytes to remove, and which to insert. */
export interface Edit {
  at: number;
  remove: number;
  insert: Uint8Array;
}

/** A few changes to a valid input. */
export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(3),
    insert: fc.uint8Array({ maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 4 },
);

export function edited(good: Uint8Array, changes: Edit[]): Bytes {
  let bytes = [...good];
  for (const { at, remove, insert } of changes)
    bytes = bytes.toSpliced(Math.floor(at * bytes.length), remove, ...insert);
  return Uint8Array.from(bytes);
}
