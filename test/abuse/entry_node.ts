// The module that the table runs from with an answer removed: its parent bundles it, and names an id; the outcomes of the cases that carry
// it, and of those that show what is good still to be good, are told back.
import '../conformance/cases/all.ts';
import { readFixtures } from '../conformance/fixtures.ts';
import { allCases, runCase, type Worker } from '../conformance/table.ts';
import { carries, GOOD } from './abuse_case.ts';

const [id = ''] = process.argv.slice(2);
const fixtures = await readFixtures();
const { default: worker } = (await import('../../src/worker.ts')) as { default: Worker };
for (const entry of allCases()) {
  if (!carries(entry.name, id) && !GOOD.includes(entry.name)) continue;
  const outcome = await runCase(entry, { fixtures, worker });
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(outcome)}\n`, resolve));
}
process.exit();
