// The module that cases run from with an answer removed: its parent bundles it behind the files that hold them, names an id, and writes
// the fixtures to its input; the outcomes of those that show what is good still to be good, and then of those that carry it, are told
// back, up to the first that fails.
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
  // One that fails is enough, whether it is what should or what should not.
  if (outcome.result === 'failed') break;
}
process.exit();
