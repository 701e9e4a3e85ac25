// Records of parents: when one is written again, what it says then, and what two of them say together.
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import type { Change } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { isRecorded, mergeParents, type Parent, saveParents, withParent } from '../../src/store/parents.ts';

const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}` as Digest;
const parent = (at: number, isWarned?: true): Parent => ({ digest: digest(at), size: 1, isWarned });
const names = ({ parents }: { parents: Parent[] }) =>
  parents.map(
    (one) => `${Number.parseInt(one.digest.slice(7), 16)}${one.isWarned === true ? ' warned' : ''}`,
  );

test.each<[string, number, true | undefined, number]>([
  ['one of the first four', 3, undefined, 7 * 24 * 3600],
  ['one behind them', 4, undefined, 3600],
  ['one with a warning, whose place is behind', 4, true, 7 * 24 * 3600],
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

test('a parent is recorded with its size, and as verified or warned; a verified one is so for both', () => {
  const record = { parents: [parent(1), parent(2, true)], at: 100 };
  const isIn = (one: Parent) => isRecorded(record, one, 100_000);
  expect([parent(1), parent(1, true), parent(2, true)].map(isIn)).toEqual([true, true, true]);
  expect([parent(2), parent(3), { ...parent(1), size: 2 }].map(isIn)).toEqual([false, false, false]);
  expect(isRecorded(undefined, parent(1), 100_000)).toBe(false);
});

test('a parent is put in front once, or at the end if it passed with a warning, and 32 are kept', () => {
  const known = { parents: [parent(1), parent(2), parent(3, true)], at: 1 };
  expect(names(withParent(undefined, parent(1), 0))).toEqual(['1']);
  expect(names(withParent(known, parent(4), 0))).toEqual(['4', '1', '2', '3 warned']);
  expect(names(withParent(known, parent(2), 0))).toEqual(['2', '1', '3 warned']);
  expect(names(withParent(known, parent(2, true), 0))).toEqual(['1', '3 warned', '2 warned']);
  expect(withParent(known, { ...parent(1), size: 7 }, 0).parents[0]?.size).toBe(7);
  expect(withParent(known, parent(4), 2_999).at).toBe(2);
  const full = { parents: Array.from({ length: 32 }, (_, at) => parent(at)), at: 1 };
  expect(names(withParent(full, parent(50), 0))).toEqual(['50', ...names(full).slice(0, 31)]);
  expect(names(withParent(full, parent(50, true), 0))).toEqual([...names(full).slice(0, 31), '50 warned']);
});

test('a record is kept for thirty days, and not written over another', async () => {
  const store = createMemoryStore();
  const { commit } = store;
  const made: Change[] = [];
  store.commit = (changes) => {
    made.push(...changes);
    return commit(changes);
  };
  const record = { parents: [parent(1)], at: 1 };
  const { isSaved, text } = await saveParents(store, 'parents/x', undefined, record);
  expect(isSaved).toBe(true);
  expect(await store.get('parents/x')).toBe(text);
  expect(made).toEqual([{ key: 'parents/x', expected: undefined, value: text, ttl: 30 * 24 * 3600 }]);
  expect((await saveParents(store, 'parents/x', undefined, record)).isSaved).toBe(false);
});
