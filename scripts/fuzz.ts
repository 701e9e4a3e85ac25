// `npm run fuzz -- 50`: the random tests, with fifty times as many runs as `npm test` makes of them. A failure prints its input and seed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

/** An hour for each test: they end with their runs. In milliseconds. */
const PATIENCE = 3_600_000;
const TESTS = [
  'parsers.test.ts',
  'test/differential',
  'test/core',
  'test/verify',
  'test/gate',
  'test/registry',
];

const [times = '20'] = process.argv.slice(2);
if (!/^[1-9][0-9]{0,4}$/.test(times)) {
  console.error('npm run fuzz -- TIMES: how many times the runs of npm test, from 1 to 99999');
  process.exit(2);
}
const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'unit',
    `--testTimeout=${PATIENCE}`,
    ...TESTS,
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, FUZZ: times } },
);
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
