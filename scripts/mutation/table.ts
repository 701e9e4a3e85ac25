// Runs the table on Node against the instrumented sources: each change in its own process, with the cases that execute it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readFixtures } from '../../test/conformance/support/fixtures.ts';
import { ROOT } from '../paths.ts';
import { ACTIVE, type Instrumented, type Mutant } from './mutants.ts';

/** Cases that take longer run only with --left. */
const QUICK_MS = 80;
/** How many of the likeliest cases run first: most changes are detected by one of them. */
const LIKELIEST = 40;
/** Slower cases never run: under load, a case that counts milliseconds could fail without any change. */
const SLOW_MS = 1000;
/** A process that is silent for this long is considered stuck. */
const PATIENCE_MS = 15_000;

/** Which cases to run; the likeliest are a part of the quick ones. */
export type Pace = 'likeliest' | 'quick' | 'slow';

interface Covered {
  name: string;
  ms: number;
  covered: Set<string>;
}

interface Coverage {
  atStart: string[];
  cases: { name: string; ms: number; covered: string[] }[];
}

export class Table {
  /** The arguments of each process: the bundle and the file of fixtures. */
  readonly #program: string[];
  readonly #cases: Covered[];
  /** Changes in code that runs while modules load, which is not attributed to any case. */
  readonly #atStart: Set<string>;
  /** By case: the changes that it detected. */
  readonly #kills = new Map<string, Mutant[]>();

  private constructor(program: string[], cases: Covered[], atStart: Set<string>) {
    this.#program = program;
    this.#cases = cases;
    this.#atStart = atStart;
  }

  /** Bundles the table into the folder, and runs it once without a change. */
  static async load({ files }: Instrumented, folder: string): Promise<Table> {
    const module = join(folder, 'table.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'entry.ts')],
      outfile: module,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2024',
      logLevel: 'error',
      // The fixtures are found relative to the module's own folder.
      define: { 'import.meta.dirname': JSON.stringify(join(ROOT, 'test/conformance')) },
      plugins: [
        {
          name: 'instrumented',
          setup({ onLoad }) {
            onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
              const contents = files.get(path);
              return contents === undefined ? undefined : { contents, loader: 'ts' };
            });
          },
        },
      ],
    });
    const fixtures = join(folder, 'fixtures.json');
    writeFileSync(fixtures, JSON.stringify(await readFixtures()));
    const program = [module, fixtures];
    const { output } = await run(program, null, {}, 300_000);
    const { atStart, cases } = JSON.parse(output) as Coverage;
    const asked = cases
      .filter(({ ms }) => ms <= SLOW_MS)
      .map((one) => ({ ...one, covered: new Set(one.covered) }));
    return new Table(program, asked, new Set(atStart));
  }

  get size(): number {
    return this.#cases.length;
  }

  /** @returns the case that fails with the change, or how the process failed; undefined if no case detects it */
  async findFailure(mutant: Mutant, pace: Pace): Promise<string | undefined> {
    const names = this.#passingOver(mutant, pace);
    if (names.length === 0) return undefined;
    const { code, output } = await run(this.#program, names, { [ACTIVE]: mutant.id }, PATIENCE_MS);
    if (code !== 0) return code === null ? 'does not end' : 'ends the process';
    const { failed } = JSON.parse(output) as { failed?: string };
    if (failed !== undefined) this.#kills.set(failed, [...(this.#kills.get(failed) ?? []), mutant]);
    return failed;
  }

  /** The likeliest to fail come first: cases that failed for changes close by, then the fastest. */
  #passingOver(mutant: Mutant, pace: Pace): string[] {
    const isAtStart = this.#atStart.has(mutant.id);
    const names = this.#cases
      .filter(({ ms }) => ms <= QUICK_MS === (pace !== 'slow'))
      .filter(({ covered }) => isAtStart || covered.has(mutant.id))
      .map(({ name, ms }) => ({ name, ms, score: this.#closeness(name, mutant) }))
      .sort((a, b) => b.score - a.score || a.ms - b.ms)
      .map(({ name }) => name);
    return pace === 'likeliest' ? names.slice(0, LIKELIEST) : names;
  }

  #closeness(name: string, { fileName, location }: Mutant): number {
    const inFile = (this.#kills.get(name) ?? []).filter((earlier) => earlier.fileName === fileName);
    const lines = inFile.map((earlier) => Math.abs(earlier.location.start.line - location.start.line));
    return lines.reduce((sum, apart) => sum + 1 / (1 + apart), 0);
  }
}

/** @param patienceMs how long the process may be silent */
async function run(program: string[], names: string[] | null, environment: object, patienceMs: number) {
  const child = spawn(process.execPath, program, {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...environment },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
    timer.refresh();
  });
  // If a process ends before it has read this, its exit code says why.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(names));
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, output };
}
