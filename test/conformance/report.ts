// Prints the outcomes of a run, one line per case, and only the counts on the last line.
import type { Outcome } from './table.ts';

export function printOutcome({ name, result, message }: Outcome): void {
  const note =
    result === 'passed' || message === undefined ? '' : `\n    ${message.replaceAll('\n', '\n    ')}`;
  console.log(`${result.padEnd(7)} ${name}${note}`);
}

/** @returns the exit code; a run without cases is a failure too */
export function printSummary(outcomes: Outcome[]): number {
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  return count('failed') === 0 && count('passed') > 0 ? 0 : 1;
}
