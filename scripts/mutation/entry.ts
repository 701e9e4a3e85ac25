// The process that runs cases with one change active, bundled by its parent with the instrumented sources. It reads JSON from its input:
// given null, it runs every case and reports each case's time and the changes it executes; given names, it runs those until one fails.
import { readFileSync } from 'node:fs';
import '../../test/conformance/cases/all.ts';
import { allCases, runCase, type Worker } from '../../test/conformance/table.ts';

interface Stryker {
  currentTestId?: string;
  mutantCoverage?: {
    static: Record<string, number>;
    perTest: Record<string, Record<string, number>>;
  };
}

const global = globalThis as { __stryker__?: Stryker };
global.__stryker__ ??= {};
const stryker = global.__stryker__;
// With a change, the service may log after its case has ended, and the output is for the answer alone.
console.log = () => undefined;
const [, , fixturesFile = ''] = process.argv;
const fixtures = JSON.parse(readFileSync(fixturesFile, 'utf8'));
const { default: worker } = (await import('../../src/worker.ts')) as { default: Worker };

let input = '';
for await (const chunk of process.stdin) input += chunk;
const names: string[] | null = JSON.parse(input);
if (names === null) await tellCoverage();
else await runUntilFailure(names);
process.exit();

async function tellCoverage(): Promise<void> {
  const atStart = Object.keys(stryker.mutantCoverage?.static ?? {});
  const cases = [];
  for (const entry of allCases()) {
    stryker.currentTestId = entry.name;
    const before = performance.now();
    const { result } = await runCase(entry, { fixtures, worker });
    if (result !== 'passed') continue;
    const covered = Object.keys(stryker.mutantCoverage?.perTest[entry.name] ?? {});
    cases.push({ name: entry.name, ms: performance.now() - before, covered });
  }
  await tell({ atStart, cases });
}

async function runUntilFailure(wanted: string[]): Promise<void> {
  const cases = new Map(allCases().map((entry) => [entry.name, entry]));
  for (const name of wanted) {
    const entry = cases.get(name);
    if (entry === undefined) throw new Error(`there is no case "${name}"`);
    // Shows the parent that this process is not stuck.
    process.stdout.write('\n');
    const { result } = await runCase(entry, { fixtures, worker });
    if (result === 'failed') {
      await tell({ failed: name });
      return;
    }
  }
  await tell({});
}

function tell(answer: object): Promise<unknown> {
  return new Promise((resolve) => process.stdout.write(JSON.stringify(answer), resolve));
}
