// Reads the fixtures for the runners. If the shared folder is missing, there are only the project's own vectors.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type { Fixtures } from '../table.ts';

const USED = [
  'cosign',
  'merkle/inclusion',
  'wycheproof',
  'oci',
  'rekor-api',
  'keys',
  'jcs',
  'conformance',
  'bundles',
  'npm-attestations',
];

export const projectRoot = resolve(import.meta.dirname, '../../..');
/** The built bundle under test; the variable BUNDLE names another. */
export const bundlePath = resolve(projectRoot, process.env.BUNDLE ?? 'dist/countersign.js');
const folder = join(resolve(projectRoot, process.env.SHARED ?? '../shared'), 'fixtures');

/** The shared fixtures, if there are any, and the project's own vectors. */
export async function readFixtures(): Promise<Fixtures> {
  const fixtures: Fixtures = {};
  for (const used of USED) await readInto(fixtures, folder, used);
  await readInto(fixtures, join(projectRoot, 'test'), 'vectors');
  return fixtures;
}

async function readInto(fixtures: Fixtures, root: string, below: string): Promise<void> {
  const files = await readdir(join(root, below), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    fixtures[relative(root, path).split(sep).join('/')] = await readFile(path, 'utf8');
  }
}
