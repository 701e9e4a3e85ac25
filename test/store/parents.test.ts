// Records of parents: when one is written again, and what two of them say together.
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { isRecorded, mergeParents, type Parent } from '../../src/store/parents.ts';

const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}` as Digest;
const parent = (at: number, isWarned?: true): Parent => ({ digest: digest(at), size: 1, isWarned });
const names = ({ parents }: { parents: Parent[] }) =>
  parents.map(
    (one) => `${Number.parseInt(one.digest.slice(7), 16)}${one.isWarned === true ? ' warned' : ''}`,
  );

test.each<[string, number, true | undefined, number]>([
  ['one of the first four', 3, undefined, 24 * 3600],
  ['one behind them', 4, undefined, 3600],
  ['one with a warning, whose place is behind', 4, true, 24 * 3600],
])('a record is written again for %s, after its time', (_, place, isWarned, seconds) => {
  const parents = Array.from({ length: 6 }, (_, at) => parent(at, at === place ? isWarned : undefined));
  const isStill = (after: number) => isRecorded({ parents, at: 100 }, parent(place, isWarned), after * 1000);
  expect([isStill(100 + seconds - 1), isStill(100 + seconds)]).toEqual([true, false]);
});

test('of two records, the parents of the later come first, and those with a warning last', () => {
  const older = { parents: [parent(1), parent(2), parent(3, true)], at: 1 };
  const newer = { parents: [parent(4), parent(2), parent(5, true)], at: 2 };
  for (const merged of [mergeParents(older, newer), mergeParents(newer, older)]) {
    expect(names(merged)).toEqual(['4', '2', '1', '5 warned', '3 warned']);
    expect(merged.at).toBe(2);
  }
  expect(mergeParents(older, undefined)).toBe(older);
  const full = { parents: Array.from({ length: 32 }, (_, at) => parent(at + 10, true)), at: 3 };
  expect(names(mergeParents(full, older)).slice(0, 3)).toEqual(['1', '2', '10 warned']);
  expect(mergeParents(full, older).parents).toHaveLength(32);
});
