// How long random tests go on, and inputs that are nearly valid.
import fc from 'fast-check';
import type { Bytes } from './bytes.ts';

/** `npm run fuzz -- 50` makes fifty times as many runs as `npm test`. */
export const FUZZ = Number(process.env.FUZZ ?? '1');

export function runs(usual: number): { numRuns: number } {
  return { numRuns: Math.round(usual * FUZZ) };
}

/** A change: where (as a share of the length), how many bytes are taken out, which are put in. */
export interface Edit {
  at: number;
  remove: number;
  insert: Uint8Array;
}

/** A few changes to what is valid. */
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
