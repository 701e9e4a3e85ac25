// Fails unless both runtimes can run the built bundle: one file that imports nothing, uses no Node API except
// `process.getBuiltinModule`, and stays within its size budget.

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { BUNDLE } from './paths.ts';

/** In bytes after gzip. A Worker on the free plan may have 3 MB; this lower budget keeps cold starts short. */
const SIZE_BUDGET = 184_000;

/** The only allowed way to load a Node module: it needs no import, and code can safely test whether it exists. */
const ALLOWED = /\bprocess(\?\.|\.)getBuiltinModule\b((\?\.)?\((["'`])node:\w+\4\))?/g;

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/node:\w*/, 'names a Node module'],
  [/\bBuffer\b/, 'uses Buffer'],
  [/\bprocess\??\.\w*|\bprocess\[/, 'uses process'],
  [/(?<![.\w$])require\s*\(/, 'calls require()'],
  [/(?<![.\w$])import\s*\(/, 'calls import()'],
];

export interface BundleReport {
  problems: string[];
  gzipBytes: number;
}

export async function checkBundle(file: string): Promise<BundleReport> {
  const source = await readFile(file);
  const problems = (await importsOf(file)).map((name) => `imports ${JSON.stringify(name)}`);
  const text = source.toString('utf8').replace(ALLOWED, '');
  for (const [pattern, problem] of FORBIDDEN) {
    const hit = pattern.exec(text);
    if (hit !== null) problems.push(`${problem}: …${excerpt(text, hit.index)}…`);
  }
  const gzipBytes = gzipSync(source, { level: 9 }).length;
  if (gzipBytes > SIZE_BUDGET) problems.push(`is ${gzipBytes} bytes after gzip, more than ${SIZE_BUDGET}`);
  return { problems, gzipBytes };
}

/** Every module that the file imports, found by a parser, so that the word "import" in a string does not count. */
async function importsOf(file: string): Promise<string[]> {
  const found: string[] = [];
  await esbuild({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'silent',
    plugins: [
      {
        name: 'list-imports',
        setup(host) {
          host.onResolve({ filter: /.*/ }, (request) => {
            if (request.kind === 'entry-point') return undefined;
            found.push(request.path);
            return { path: request.path, external: true };
          });
        },
      },
    ],
  });
  return found;
}

function excerpt(text: string, at: number): string {
  return text.slice(Math.max(0, at - 40), at + 60).replace(/\s+/g, ' ');
}

if (import.meta.main) {
  const { problems, gzipBytes } = await checkBundle(process.argv[2] ?? BUNDLE);
  for (const problem of problems) console.error(`bundle: ${problem}`);
  console.log(`bundle: ${gzipBytes} bytes after gzip, of at most ${SIZE_BUDGET}`);
  if (problems.length > 0) process.exit(1);
}
