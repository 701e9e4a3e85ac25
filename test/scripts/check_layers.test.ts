// The layer check finds each forbidden import and use.

import { expect, test } from 'vitest';
import { checkLayers } from '../../scripts/check_layers.ts';
import { folderWith } from './temp_folder.ts';

const problemsOf = async (files: Record<string, string>) => checkLayers(await folderWith(files));

const clean = {
  'worker.ts':
    "import { app } from './app.ts';\nimport { read } from './config.ts';\nexport default app(read());\n",
  'app.ts': "import { verify } from './verify/verify.ts';\nexport const app = verify;\n",
  'config.ts': "export * from './core/digest.ts';\n",
  'verify/verify.ts': "import type { Digest } from '../core/digest.ts';\nimport { hono } from 'hono';\n",
  'core/digest.ts':
    "// Deno and fetch() are left to others.\nimport { hex } from './hex.ts';\nexport type Digest = hex;\n",
  'core/hex.ts': "export const hex = 'fetched';\n",
};

test('imports from the same layer or a lower one are accepted', async () => {
  expect(await problemsOf(clean)).toEqual([]);
  const curves = { 'core/x.ts': "import { p256 } from '@noble/curves/nist.js';\n" };
  expect(await problemsOf({ ...clean, ...curves })).toEqual([]);
});

test.each([
  ['upwards', "import { x } from '../app.ts';\n", 'imports app.ts, which is above it'],
  ['upwards, a type', "import type { x } from '../config.ts';\n", 'imports config.ts, which is above it'],
  ['upwards, for side effects', "import '../worker.ts';\n", 'imports worker.ts, which is above it'],
  [
    'upwards, over several lines',
    "import {\n  x,\n  y,\n} from '../app.ts';\n",
    'imports app.ts, which is above it',
  ],
  ['upwards, re-exported', "export { x } from '../app.ts';\n", 'imports app.ts, which is above it'],
  ['upwards, dynamic', "const x = await import('../app.ts');\n", 'imports app.ts, which is above it'],
  ['outside src', "import { x } from '../../scripts/x.ts';\n", 'which is not a file under src'],
])('an import is refused: %s', async (_, code, problem) => {
  const problems = await problemsOf({ ...clean, 'verify/bad.ts': code });
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems[0]).toMatch(/^verify\/bad\.ts: /);
});

const typeFrom = (file: string) => `import { hex } from './hex.ts';\nimport type { X } from '${file}';\n`;

test.each<[string, Record<string, string>, string]>([
  ['of one file', { 'core/a.ts': typeFrom('./a.ts') }, 'core/a.ts → core/a.ts'],
  [
    'of two files',
    { 'core/a.ts': typeFrom('./b.ts'), 'core/b.ts': typeFrom('./a.ts') },
    'core/a.ts → core/b.ts → core/a.ts',
  ],
  [
    'of three files, reached from another one',
    {
      'core/a.ts': typeFrom('./b.ts'),
      'core/b.ts': typeFrom('./c.ts'),
      'core/c.ts': typeFrom('./d.ts'),
      'core/d.ts': typeFrom('./b.ts'),
    },
    'core/b.ts → core/c.ts → core/d.ts → core/b.ts',
  ],
])('a circle is refused even if only types are imported: %s', async (_, files, circle) => {
  expect(await problemsOf({ ...clean, ...files })).toEqual([`imports in a circle: ${circle}`]);
});

test('a file that is in no layer is refused', async () => {
  expect(await problemsOf({ ...clean, 'util/x.ts': '' })).toEqual(['util/x.ts: is in no layer']);
  expect(await problemsOf({ ...clean, 'other.ts': '' })).toEqual(['other.ts: is in no layer']);
});

test.each([
  ["import { z } from 'zod';\n", 'the core imports the package zod'],
  ["import type { z } from 'zod';\n", 'the core imports the package zod'],
  ["export const get = () => fetch('https://a.example');\n", 'the core uses fetch('],
  ['export const now = () => Date.now();\n', 'the core uses Date.now('],
  ["export const kv = Deno.env.get('A');\n", 'the core uses Deno'],
  ['export const cache = caches.default;\n', 'the core uses caches'],
  ["import { x } from '../store/x.ts';\n", 'imports store/x.ts, which is above it'],
])('in the core, this is refused: %s', async (code, problem) => {
  expect(await problemsOf({ ...clean, 'store/x.ts': '', 'core/bad.ts': code })).toEqual([
    `core/bad.ts: ${problem}`,
  ]);
});
