// The bundle check finds each forbidden construct, and the built bundle has none.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from '../../scripts/build.ts';
import { checkBundle } from '../../scripts/check_bundle.ts';
import { folderWith } from './temp_folder.ts';

async function problemsOf(code: string): Promise<string[]> {
  const folder = await folderWith({ 'bundle.js': code });
  return (await checkBundle(join(folder, 'bundle.js'))).problems;
}

test.each([
  ['plain code', 'export default { fetch: () => new Response("import x from y; use the require list") };'],
  [
    'the one way to a Node module',
    'const c = globalThis.process?.getBuiltinModule?.("node:crypto"); export default c;',
  ],
  ['the same, minified', 'var a=process.getBuiltinModule("node:crypto");export{a as default};'],
  [
    'names that only look alike',
    'const x = new ArrayBuffer(1), subprocess = {}; subprocess.run; export default x;',
  ],
])('%s passes', async (_, code) => {
  expect(await problemsOf(code)).toEqual([]);
});

test.each([
  ['a static import', 'import { z } from "zod"; export default z;', 'imports "zod"'],
  ['a re-export', 'export * from "./other.js";', 'imports "./other.js"'],
  ['a dynamic import', 'export default () => import("./other.js");', 'imports "./other.js"'],
  ['a computed import', 'export default (x) => import(x);', 'calls import()'],
  ['a require', 'export default (x) => require(x);', 'calls require()'],
  ['a Node module', 'export default "node:fs";', 'names a Node module'],
  ['another way to it', 'export default process.binding("fs");', 'uses process'],
  ['the environment', 'export default globalThis.process?.env.HOME;', 'uses process'],
  ['Buffer', 'export default Buffer.from("x");', 'uses Buffer'],
])('%s is refused', async (_, code, problem) => {
  expect(await problemsOf(code)).toContainEqual(expect.stringContaining(problem));
});

test('a bundle over its size is refused', async () => {
  const noise = randomBytes(200_000).toString('base64');
  expect(await problemsOf(`export default "${noise}";`)).toEqual([
    expect.stringContaining('bytes after gzip, more than'),
  ]);
});

test('the build leaves one module without imports, the same every time', async () => {
  const folder = await folderWith({
    'worker.ts':
      'import { answer } from "./answer.ts";\nexport default { fetch: () => new Response(answer) };\n',
    'answer.ts': '/*! a legal comment */\nexport const answer: string = "42";\n',
  });
  const outfile = join(folder, 'out', 'bundle.js');
  const first = await build({ entry: join(folder, 'worker.ts'), outfile });
  const second = await build({ entry: join(folder, 'worker.ts'), outfile });
  expect(second).toEqual(first);
  expect((await checkBundle(outfile)).problems).toEqual([]);
  expect(new TextDecoder().decode(first)).not.toMatch(/sourceMappingURL|legal comment|answer\.ts/);
});
