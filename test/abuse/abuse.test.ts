// Every published failure has a row, tests and at least one removable answer, and the page shows exactly that.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../conformance/support/fixtures.ts';
import { abuseCases } from './cases/all.ts';
import { abusePage, PAGE, testsOf } from './page.ts';
import { applyEdits } from './without_check.ts';

test('the ids are A1 to A111, each once, in order', () => {
  expect(abuseCases.map(({ id }) => id)).toEqual(Array.from({ length: 111 }, (_, at) => `A${at + 1}`));
});

test('each has tests and removals, and every edit fits the source in one place', async () => {
  for (const { id, removals, beside } of abuseCases) {
    expect(testsOf(id), id).not.toEqual([]);
    expect(removals.length > 0 || beside !== undefined, id).toBe(true);
    for (const { edits } of removals) {
      expect(edits, id).not.toEqual([]);
      for (const { file } of edits) {
        const text = await readFile(join(projectRoot, 'src', file), 'utf8');
        expect(applyEdits(file, text, edits)).not.toBe(text);
      }
    }
  }
});

test('docs/abuse.md is as test/abuse/page.ts writes it', async () => {
  expect(await readFile(PAGE, 'utf8')).toBe(abusePage());
});
