// `npm run mutation [-- FILES --left]`: changes the core in one place at a time, and runs the table, the unit tests and the comparisons
// with other implementations against each change. It lists the changes that none of them detects, unless mutation/explained.ts says why
// they cannot be detected. FILES are paths or globs (default: all of src/core). --left retries the changes that the last run left
// undetected, with the slow cases too.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { mapLimited } from '../src/registry/map_limited.ts';
import { parseArguments } from './arguments.ts';
import { explanationOf } from './mutation/explained.ts';
import { instrument, type Mutant } from './mutation/mutants.ts';
import { Table } from './mutation/table.ts';
import { UnitTests } from './mutation/unit_tests.ts';
import { ROOT } from './paths.ts';

const { values, positionals } = parseArguments('npm run mutation [-- FILES --left]', {
  options: { left: { type: 'boolean' } },
  allowPositionals: true,
});
const LAST = join(ROOT, 'dist/mutation.json');
if (values.left === true && !existsSync(LAST)) {
  console.error('There is no earlier run: run it without --left first.');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'countersign-mutation-'));
try {
  process.exitCode =
    (await mutate(positionals.length > 0 ? positionals : ['src/core/**/*.ts'])) === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** @returns how many changes are neither detected nor explained */
async function mutate(patterns: string[]): Promise<number> {
  const instrumented = await instrument(patterns);
  const chosen = values.left === true ? ofLastTime(instrumented.mutants) : instrumented.mutants;
  const table = await Table.load(instrumented, folder);
  const unitTests = new UnitTests(instrumented, folder);
  if (await unitTests.failUnchanged()) throw new Error('the unit tests fail even without a change');
  console.log(`${chosen.length} changes, ${table.size} cases`);

  // From the fastest tests to the slowest.
  const isSeen = async (mutant: Mutant) =>
    (await table.findFailure(mutant, 'likeliest')) !== undefined ||
    (await unitTests.fail(mutant, 'own')) ||
    (await table.findFailure(mutant, 'quick')) !== undefined;
  const isSeenInTheEnd = async (mutant: Mutant) =>
    (await unitTests.fail(mutant, 'related')) ||
    (values.left === true && (await table.findFailure(mutant, 'slow')) !== undefined);
  const explained = new Map<string, number>();
  const left: string[] = [];
  let done = 0;
  // One more than there are processors, since cases sometimes wait.
  await mapLimited(chosen, availableParallelism() + 1, async (mutant) => {
    if (!(await isSeen(mutant))) {
      const why = explanationOf(mutant, sourceOf(mutant));
      if (why !== undefined) explained.set(why, (explained.get(why) ?? 0) + 1);
      else if (!(await isSeenInTheEnd(mutant))) {
        left.push(describe(mutant));
        console.log(describe(mutant));
      }
    }
    if (++done % 200 === 0) console.log(`${done} of ${chosen.length}`);
  });

  for (const [why, count] of explained) console.log(`${count} explained: ${why}`);
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  writeFileSync(LAST, JSON.stringify(left, null, 2));
  console.log(`${chosen.length} changes, ${left.length} neither detected nor explained`);
  return left.length;
}

function ofLastTime(mutants: Mutant[]): Mutant[] {
  const last = new Set(JSON.parse(readFileSync(LAST, 'utf8')));
  return mutants.filter((mutant) => last.has(describe(mutant)));
}

function sourceOf({ fileName }: Mutant): string[] {
  return readFileSync(fileName, 'utf8').split('\n');
}

/** Identifies the place by its text, which stays the same when lines are added elsewhere. */
function describe(mutant: Mutant): string {
  const { fileName, mutatorName, replacement, location } = mutant;
  const line = sourceOf(mutant)[location.start.line] ?? '';
  const shown = `${line.slice(0, location.start.column)}⟦${line.slice(location.start.column)}`.trim();
  return `${relative(join(ROOT, 'src'), fileName)} ${mutatorName}: ${shown}  →  ${replacement.split('\n').join(' ')}`;
}
