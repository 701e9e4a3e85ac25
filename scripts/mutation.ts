// `npm run mutation [-- FILES]`: Stryker changes the core, one place at a time, and runs the whole table and the unit tests of the core
// against each change. What no test sees is listed, unless mutation_explained.ts says why it cannot be seen. FILES are globs below src/,
// separated by commas (all of core: hours). Stryker is installed into a cache outside the checkout, and works on a copy of it.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { explanationOf, type Mutant } from './mutation_explained.ts';
import { ROOT } from './paths.ts';

const VERSION = '10.1.1';
const CACHE = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'countersign',
  `stryker-${VERSION}`,
);
/** Messages are not tested to the letter. */
const LEFT_OUT = ['StringLiteral'];
const COPIED = [
  'src',
  'test',
  'scripts',
  'package.json',
  'tsconfig.json',
  'wrangler.toml',
  'docs',
  'README.md',
];

/** The whole table on Node, and the properties of the core. */
const VITEST = `import { defineConfig } from 'vitest/config';
export default defineConfig({
  test: { include: ['test/conformance/table.test.ts', 'test/core/*.test.ts', 'test/verify/*.test.ts'], testTimeout: 30_000 },
});
`;

const [files = 'core/**/*.ts'] = process.argv.slice(2);
install();
const folder = mkdtempSync(join(tmpdir(), 'countersign-mutation-'));
try {
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(CACHE, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'vitest.mutation.ts'), VITEST);
  writeFileSync(join(folder, 'stryker.config.json'), JSON.stringify(configuration()));
  const { status } = spawnSync(process.execPath, [join(CACHE, 'node_modules/.bin/stryker'), 'run'], {
    cwd: folder,
    stdio: 'inherit',
    env: { ...process.env, SHARED: resolve(ROOT, process.env.SHARED ?? '../shared') },
  });
  process.exitCode =
    status === 0 ? report(JSON.parse(readFileSync(join(folder, 'mutation.json'), 'utf8'))) : (status ?? 1);
} finally {
  rmSync(folder, { recursive: true });
}

/** Beside the project's own packages, so that both resolve from one place. */
function install(): void {
  if (existsSync(join(CACHE, 'node_modules/.bin/stryker'))) return;
  mkdirSync(CACHE, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(ROOT, name), join(CACHE, name));
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: CACHE, stdio: 'inherit' });
  npm('ci');
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  npm('install', '--no-save', ...packages);
}

function configuration(): object {
  return {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'vitest.mutation.ts', related: false },
    mutate: files.split(',').map((file) => `src/${file}`),
    mutator: { excludedMutations: LEFT_OUT },
    coverageAnalysis: 'perTest',
    ignoreStatic: true,
    timeoutMS: 5000,
    inPlace: true,
    // Its own reader of this file needs an interface that TypeScript 7 has not.
    tsconfigFile: 'none.json',
    reporters: ['json', 'progress-append-only'],
    jsonReporter: { fileName: 'mutation.json' },
  };
}

interface Report {
  files: Record<string, { source: string; mutants: (Mutant & { status: string })[] }>;
}

/** @returns the exit code */
function report({ files: mutated }: Report): number {
  const explained = new Map<string, number>();
  let open = 0;
  let all = 0;
  for (const [file, { source, mutants }] of Object.entries(mutated)) {
    for (const mutant of mutants) {
      if (mutant.status === 'Ignored') continue;
      all++;
      if (mutant.status !== 'Survived' && mutant.status !== 'NoCoverage') continue;
      const why = explanationOf(source, mutant);
      if (why !== undefined) {
        explained.set(why, (explained.get(why) ?? 0) + 1);
        continue;
      }
      open++;
      const { line } = mutant.location.start;
      const text = source.split('\n')[line - 1]?.trim();
      console.log(`${basename(file)}:${line} ${mutant.mutatorName}: ${text}  →  ${mutant.replacement}`);
    }
  }
  for (const [why, count] of explained) console.log(`${count} explained: ${why}`);
  console.log(`${all} changes, ${open} that no test sees and nothing explains`);
  return open === 0 ? 0 : 1;
}
