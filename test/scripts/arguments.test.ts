import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';

test.each([
  ['load.ts', ['--nope'], /Unknown option '--nope'/],
  ['load.ts', ['--runtime', 'node'], /Unknown runtime "node"/],
  ['load.ts', ['--seconds', 'ten'], /Seconds must be numbers/],
  ['bench.ts', ['--nope'], /Unknown option '--nope'/],
  ['vectors.ts', ['--compre'], /Unknown option '--compre'/],
  ['profile.ts', ['--nope'], /Unknown option '--nope'/],
  ['verify_build.ts', ['--nope'], /Unknown option '--nope'/],
])('%s %j is answered with the usage', (script, args, says) => {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', script), ...args], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/^usage: npm run /m);
});
