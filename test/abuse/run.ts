// `npm run abuse`: removes each answer to a published failure from the source, one at a time, and checks that a test with that id fails.
// Arguments select ids, whose tests are then also run with every answer in place, as the table runs all of them; `--verbose` prints the
// messages of the failed tests. The last line has only the totals.
import { availableParallelism } from 'node:os';
import { mapLimited } from '../../src/registry/map_limited.ts';
import type { Outcome } from '../conformance/table.ts';
import { type AbuseCase, carries, GOOD, type Removal } from './abuse_case.ts';
import { abuseCases } from './cases/all.ts';
import { testsOf } from './page.ts';
import { runWithout } from './without_check.ts';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isVerbose = process.argv.includes('--verbose');
const chosen = abuseCases.filter(({ id }) => wanted.length === 0 || wanted.includes(id));

interface Result {
  result: Outcome['result'];
  line: string;
}

/** Skipped if no test failed and a test was skipped because its fixtures are not beside this checkout. */
async function removed({ id }: AbuseCase, { without, edits }: Removal): Promise<Result> {
  const { outcomes, isStuck } = await runWithout(edits, id);
  const those = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result);
  const bad = those('failed');
  const ran = outcomes.filter(({ name }) => carries(name, id)).length;
  if (!isStuck && bad.length === 0 && ran !== testsOf(id).length)
    throw new Error(`${id}: ${ran} of its ${testsOf(id).length} tests ran`);
  const seen = bad.filter(({ name }) => carries(name, id));
  const broken = bad.filter(({ name }) => GOOD.includes(name));
  const line = (text: string) => `${id} without ${without}: ${text}`;
  if (bad.length === 0 && !isStuck && those('skipped').length > 0)
    return { result: 'skipped', line: line('its tests need fixtures that are not beside this checkout') };
  const isSeen = broken.length === 0 && (isStuck || seen.length > 0);
  return { result: isSeen ? 'passed' : 'failed', line: line(describe(isStuck, seen, broken)) };
}

/** A test that fails anyway detects nothing. */
async function untouched({ id }: AbuseCase): Promise<Result> {
  const { outcomes, isStuck } = await runWithout([], id);
  const bad = outcomes.filter(({ result }) => result === 'failed');
  const line = `${id} with every answer in place: ${isStuck ? 'a test never ends' : `${bad.length} of ${outcomes.length} tests fail`}`;
  return { result: bad.length === 0 && !isStuck ? 'passed' : 'failed', line: line + notes(bad) };
}

function describe(isStuck: boolean, seen: Outcome[], broken: Outcome[]): string {
  const names = (outcomes: Outcome[]) => outcomes.map(({ name }) => name).join('; ');
  if (broken.length > 0) return `also breaks: ${names(broken)}${notes(broken)}`;
  if (isStuck) return 'detected: a test never ends';
  return seen.length === 0 ? 'NOT DETECTED' : `detected by: ${names(seen)}${isVerbose ? notes(seen) : ''}`;
}

function notes(bad: Outcome[]): string {
  return bad.map(({ message = '' }) => `\n    ${message.replaceAll('\n', '\n    ')}`).join('');
}

const works = chosen.flatMap((abuse) => [
  ...(wanted.length > 0 ? [() => untouched(abuse)] : []),
  ...abuse.removals.map((removal) => () => removed(abuse, removal)),
]);
const results = await mapLimited(works, availableParallelism(), async (work) => {
  const result = await work().catch((error: Error): Result => ({ result: 'failed', line: error.message }));
  console.log(`${result.result.padEnd(7)} ${result.line}`);
  return result;
});
const count = (wanted: Outcome['result']) => results.filter(({ result }) => result === wanted).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') === 0 && count('passed') > 0 ? 0 : 1;
