// `npm run verify-build [-- FILE]`: builds the sources twice, here and in another folder, and says whether the two builds, and FILE if
// given, are identical. So anyone who has the commit can check what is deployed.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseArguments } from './arguments.ts';
import { build } from './build.ts';
import { ROOT } from './paths.ts';

/** The files that a build reads. */
const PARTS = ['src', 'scripts', 'package.json', 'tsconfig.json'];

/** Builds the same sources in a folder with another name. */
export async function buildElsewhere(root = ROOT): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-build-elsewhere-'));
  try {
    for (const part of PARTS) await cp(join(root, part), join(folder, part), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await promisify(execFile)(process.execPath, [join(folder, 'scripts', 'build.ts')], { cwd: folder });
    return await readFile(join(folder, 'dist', 'countersign.js'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

if (import.meta.main) {
  const { positionals } = parseArguments('npm run verify-build [-- FILE]', {
    options: {},
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file !== undefined && !existsSync(file)) {
    console.error(`There is no file ${file}.`);
    process.exit(2);
  }
  const digests = new Map([
    ['built here', digestOf(await build())],
    ['built elsewhere', digestOf(await buildElsewhere())],
  ]);
  if (file !== undefined) digests.set(file, digestOf(await readFile(file)));
  for (const [name, digest] of digests) console.log(`sha256:${digest}  ${name}`);
  const isEqual = new Set(digests.values()).size === 1;
  console.log(isEqual ? 'identical' : 'NOT identical');
  process.exit(isEqual ? 0 : 1);
}
