// The module that runs in Deno: argument 1 is the worker's module, argument 2 selects cases by name, standard input has the fixtures.
import './cases/all.ts';
import { printOutcome, printSummary } from './report.ts';
import { allCases, type Outcome, runCase, type Worker } from './table.ts';

declare const Deno: { args: string[]; stdin: { readable: ReadableStream }; exit(code: number): never };

const [module = '', only = ''] = Deno.args;
const fixtures = await new Response(Deno.stdin.readable).json();
const { default: worker } = (await import(module)) as { default: Worker };
const outcomes: Outcome[] = [];
for (const entry of allCases()) {
  if (!entry.name.includes(only)) continue;
  const outcome = await runCase(entry, { fixtures, worker });
  outcomes.push(outcome);
  printOutcome(outcome);
}
Deno.exit(printSummary(outcomes));
