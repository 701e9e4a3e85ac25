// The unit tests and the comparisons with other implementations, with one change made.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.ts';
import { ACTIVE, type Instrumented } from './mutants.ts';

const PATIENCE_MS = 90_000;

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
  test: { include: ['test/core/*.test.ts', 'test/verify/*.test.ts', 'test/differential/*.test.ts'], bail: 1, testTimeout: 30_000 },
};
`,
    );
  }

  /** @returns whether a test fails with the change, or without any */
  async fail(mutant: { id: string; fileName: string } | undefined): Promise<boolean> {
    const which = mutant === undefined ? ['run'] : ['related', '--run', mutant.fileName];
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
      { stdio: 'ignore', env: { ...process.env, ...(mutant !== undefined && { [ACTIVE]: mutant.id }) } },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    return code !== 0;
  }
}
