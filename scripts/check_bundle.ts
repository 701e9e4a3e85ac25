// Fails unless the built bundle is what both runtimes can run: one file that imports nothing, calls no Node API but
// `process.getBuiltinModule`, and stays within its size.

import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { BUNDLE } from './paths.ts';

/** gzip bytes. A Worker on the free plan may have 3 MB; this is what keeps a cold start short. */
export const SIZE_BUDGET = 180_000;

/** The one way to a Node module: it works without an import, and where it is missing it can be asked for safely. */
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
  if (gzipBytes > SIZE_BUDGET) problems.push(`has ${gzipBytes} bytes gzipped, more than ${SIZE_BUDGET}`);
  return { problems, gzipBytes };
}

/** Every module the file asks for, found by a parser: the word "import" in a string is none. */
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
  console.log(`bundle: ${gzipBytes} bytes gzipped of ${SIZE_BUDGET}`);
  if (problems.length > 0) process.exit(1);
}
