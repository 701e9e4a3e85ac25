// `npm test`: runs every check and every test that this machine can run, then prints a table, and the totals alone on the
// last line.
//
// A check counts as one test. Tests that need Debian's docker-registry, or files beside the checkout, are reported as
// skipped if these are missing; with CI=true that is a failure.

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArguments } from './arguments.ts';
import { ROOT } from './paths.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  name: string;
  /** @param say prints a line, for steps that do not write to the terminal themselves */
  run(say: (line: string) => void): Promise<Counts>;
  /** Whether it tests the built bundle. */
  needsBundle?: boolean;
}

/** Groups run one after another; the steps of one group run in parallel, since each keeps one core busy. */
const GROUPS: Step[][] = [
  ...['typecheck', 'lint', 'format:check', 'layers', 'build', 'bundle:check'].map((name) => [check(name)]),
  [vitest('unit')],
  [
    { ...runner('conformance workerd', 'conformance/run_workerd.ts'), needsBundle: true },
    { ...runner('conformance deno', 'conformance/run_deno.ts'), needsBundle: true },
  ],
  [runner('abuse', 'abuse/run.ts')],
  [{ ...vitest('e2e'), needsBundle: true }],
];

const TOTAL = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/** One of the scripts of package.json, as `npm run NAME` runs it. */
function check(name: string): Step {
  return {
    name,
    needsBundle: name === 'bundle:check',
    run: async () => {
      const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
      const exitCode = await execute(scripts[name], []);
      return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, skipped: 0 };
    },
  };
}

/** One of the projects of vitest.config.ts. */
function vitest(project: string): Step {
  return {
    name: project,
    run: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'countersign-test-'));
      const file = join(folder, 'report.json');
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json="${file}"`];
      const exitCode = await execute('vitest run', ['--project', project, ...reporters]);
      const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
      await rm(folder, { recursive: true });
      const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
      return honest(
        { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 0, skipped },
        exitCode,
      );
    },
  };
}

/** A runner of our own, whose output ends with the totals. Its lines for passed tests are not shown. */
function runner(name: string, file: string): Step {
  return {
    name,
    run: async (say) => {
      let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
      const exitCode = await execute(`node test/${file}`, [], (line) => {
        const total = TOTAL.exec(line);
        if (total !== null) {
          counts = { passed: Number(total[1]), failed: Number(total[2]), skipped: Number(total[3] ?? 0) };
        } else if (!line.startsWith('passed ')) say(line);
      });
      return honest(counts, exitCode);
    },
  };
}

/** Counts at least one failure for a step that failed, whatever it reported, or that ran nothing. */
function honest(counts: Counts, exitCode: number): Counts {
  const { passed, failed, skipped } = counts;
  if (process.env.CI && skipped > 0) {
    console.log(`${skipped} skipped: a failure in CI, which must provide everything they need`);
    return { passed, failed: failed + skipped, skipped: 0 };
  }
  const good = exitCode === 0 && passed > 0;
  return good || failed > 0 ? counts : { ...counts, failed: 1 };
}

/** Runs a command line with the project's own programs first, and returns its exit code. */
function execute(command: string, args: string[], onLine?: (line: string) => void): Promise<number> {
  const child = spawn([command, ...args].join(' '), {
    cwd: ROOT,
    shell: true,
    env: { ...process.env, PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` },
    stdio: ['ignore', onLine === undefined ? 'inherit' : 'pipe', 'inherit'],
  });
  if (onLine !== undefined && child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', onLine);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code ?? 1));
  });
}

function printTable(rows: (Counts & { name: string; seconds: number })[]): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const cell = (value: string | number) => String(value).padStart(8);
  console.log(`\n${''.padEnd(width)}${['passed', 'failed', 'skipped', 'seconds'].map(cell).join('')}`);
  for (const { name, passed, failed, skipped, seconds } of rows) {
    console.log(`${name.padEnd(width)}${[passed, failed, skipped, seconds.toFixed(1)].map(cell).join('')}`);
  }
}

parseArguments('npm test', { options: {} });
const rows: (Counts & { name: string; seconds: number })[] = [];
for (const group of GROUPS) {
  for (const { name } of group) console.log(`\n── ${name}`);
  rows.push(...(await Promise.all(group.map(runStep))));
}

async function runStep({ name, run, needsBundle }: Step) {
  const started = performance.now();
  const noBundle = needsBundle === true && rows.some((row) => row.name === 'build' && row.failed > 0);
  if (noBundle) console.log('not run: the build failed');
  const counts = noBundle
    ? { passed: 0, failed: 1, skipped: 0 }
    : await run((line) => console.log(`${name}: ${line}`));
  return { name, ...counts, seconds: (performance.now() - started) / 1000 };
}

printTable(rows);
const sum = (column: keyof Counts) => rows.reduce((total, row) => total + row[column], 0);
const skipped = sum('skipped') === 0 ? '' : `, ${sum('skipped')} skipped`;
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exit(sum('failed') === 0 ? 0 : 1);
