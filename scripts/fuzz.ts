// `npm run fuzz -- 50`: runs the random tests with fifty times as many runs as `npm test`. A failure prints its input and seed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

/** The timeout of each test, in milliseconds: an hour, since tests end when their runs are done. */
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
  console.error('usage: npm run fuzz -- TIMES: multiplies the number of runs in npm test, from 1 to 99999');
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
