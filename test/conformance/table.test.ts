// Runs the table on Node, against the source.
import { test } from 'vitest';
import './cases/all.ts';
import { readFixtures } from './support/fixtures.ts';
import { allCases, runCase, type Worker } from './table.ts';

const fixtures = await readFixtures();
const { default: worker } = (await import('../../src/worker.ts')) as { default: Worker };

for (const entry of allCases()) {
  test(entry.name, async ({ skip }) => {
    const { result, message } = await runCase(entry, { fixtures, worker });
    if (result === 'skipped') skip(message);
    if (result === 'failed') throw new Error(message);
  });
}
