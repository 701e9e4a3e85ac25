// Builds the single file that is deployed: src/worker.ts and everything it imports, as an ES module without imports.
//
// The same bytes run on workerd and on Deno. They depend only on the sources and the lock file: they contain no time, no
// path and no source map, so two builds of one commit are identical.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build as esbuild } from 'esbuild';
import { BUNDLE, ROOT, SOURCE } from './paths.ts';

export interface BuildOptions {
  entry?: string;
  outfile?: string;
}

/** Bundles `entry` into `outfile` and returns the bytes written. */
export async function build({ entry = join(SOURCE, 'worker.ts'), outfile = BUNDLE }: BuildOptions = {}) {
  const result = await esbuild({
    entryPoints: [entry],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    target: 'es2024',
    minify: true,
    keepNames: false,
    legalComments: 'none',
    logLevel: 'warning',
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild produced no file');
  await mkdir(dirname(outfile), { recursive: true });
  await writeFile(outfile, file.contents);
  return file.contents;
}

if (import.meta.main) {
  // esbuild has already printed the error.
  const bytes = await build().catch(() => process.exit(1));
  console.log(`${relative(ROOT, BUNDLE)}: ${bytes.length} bytes`);
}
