// Runs the unit tests and the comparisons with other implementations, with one change active.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../paths.ts';
import { ACTIVE, type Instrumented, type Mutant } from './mutants.ts';

/** The unit tests of the folders in src, and the comparisons. */
const TESTS = 'test/{admission,core,differential,egress,gate,http,registry,rekor,store,verify}/**/*.test.ts';
/** With a change, a test may never end; without one, all tests run, possibly on a busy machine. */
const PATIENCE_MS = { changed: 90_000, unchanged: 600_000 };

export class UnitTests {
  readonly #configuration: string;

  constructor({ files }: Instrumented, folder: string) {
    this.#configuration = join(folder, 'vitest.config.mjs');
    writeFileSync(join(folder, 'files.json'), JSON.stringify(Object.fromEntries(files)));
    writeFileSync(
      this.#configuration,
      `import { readFileSync } from 'node:fs';
const files = JSON.parse(readFileSync(${JSON.stringify(join(folder, 'files.json'))}, 'utf8'));
const instrumented = { name: 'instrumented', enforce: 'pre', load: (id) => files[id] };
export default {
  plugins: [instrumented],
  cacheDir: ${JSON.stringify(join(folder, 'vite'))},
  test: { include: [${JSON.stringify(TESTS)}], bail: 1, testTimeout: 30_000 },
};
`,
    );
  }

  /** @returns whether any test fails without a change */
  failUnchanged(): Promise<boolean> {
    return this.#fail(['run'], {}, PATIENCE_MS.unchanged);
  }

  /** @param which the tests that import the changed file directly, or all that depend on it */
  async fail({ id, fileName }: Mutant, which: 'own' | 'related'): Promise<boolean> {
    const own = testsImporting(fileName);
    if (which === 'own' && own.length === 0) return false;
    const tests = which === 'own' ? ['run', ...own] : ['related', '--run', fileName];
    return this.#fail(tests, { [ACTIVE]: id }, PATIENCE_MS.changed);
  }

  async #fail(which: string[], environment: object, patience: number): Promise<boolean> {
    const child = spawn(
      process.execPath,
      [
        join(ROOT, 'node_modules/vitest/vitest.mjs'),
        ...which,
        '--config',
        this.#configuration,
        '--root',
        ROOT,
        '--passWithNoTests',
      ],
      { stdio: 'ignore', env: { ...process.env, ...environment } },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return code !== 0;
  }
}

function testsImporting(fileName: string): string[] {
  const path = relative(ROOT, fileName);
  return globSync(TESTS, { cwd: ROOT }).filter((test) =>
    readFileSync(join(ROOT, test), 'utf8').includes(`/${path}'`),
  );
}
