// Runs cases with an answer removed. The parent bundles it after the files with the cases, passes an id as its argument, and writes the
// fixtures to its input. It runs the cases in GOOD and then those with the id, and prints each outcome as a line of JSON, up to the first
// failure.
import { text } from 'node:stream/consumers';
import { allCases, type Fixtures, runCase, type Worker } from '../conformance/table.ts';
import { carries, GOOD } from './abuse_case.ts';

const [id = ''] = process.argv.slice(2);
const fixtures = JSON.parse(await text(process.stdin)) as Fixtures;
const { default: worker } = (await import('../../src/worker.ts')) as { default: Worker };
const chosen = [
  ...allCases().filter(({ name }) => GOOD.includes(name)),
  ...allCases().filter(({ name }) => carries(name, id)),
];
for (const entry of chosen) {
  const outcome = await runCase(entry, { fixtures, worker });
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(outcome)}\n`, resolve));
  // One failure is enough, whether of a case that should fail or of one that should not.
  if (outcome.result === 'failed') break;
}
process.exit();
