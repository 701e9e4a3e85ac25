// docs/compatibility.md is up to date with its script.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';

const shared = join(resolve(ROOT, process.env.SHARED ?? '../shared'), 'fixtures');

test.skipIf(!existsSync(shared))('docs/compatibility.md is as scripts/compatibility.ts writes it', () => {
  const run = () =>
    execFileSync(process.execPath, ['scripts/compatibility.ts', '--check'], { cwd: ROOT, stdio: 'pipe' });
  expect(run).not.toThrow();
});
