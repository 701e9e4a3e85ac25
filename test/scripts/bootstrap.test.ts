// A fresh checkout whose node_modules is a link: `npm ci` would empty the folder that it leads to.
import { spawnSync } from 'node:child_process';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';
import { folderWith } from './temp_folder.ts';

test('nothing is installed through a link', async () => {
  const bootstrap = 'checkout/scripts/bootstrap.mjs';
  const folder = await folderWith({
    [bootstrap]: await readFile(join(ROOT, 'scripts', 'bootstrap.mjs'), 'utf8'),
    'checkout/package-lock.json': '{}',
    'elsewhere/kept': '',
  });
  const elsewhere = join(folder, 'elsewhere');
  await symlink(elsewhere, join(folder, 'checkout', 'node_modules'), 'junction');
  const { status, stderr } = spawnSync(process.execPath, [join(folder, bootstrap), 'x.ts'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('node_modules is a link')]);
  expect(await readdir(elsewhere)).toEqual(['kept']);
});
