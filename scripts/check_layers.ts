// Fails unless every import in src points down the list of layers or stays in its own layer, and no file imports itself through others.
//
// That keeps the core pure: the code that decides a verdict is given its bytes, its trust and its clock, and can reach
// nothing else. Type imports count too, since a type is also knowledge of the layer above.

import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { transform } from 'esbuild';
import { SOURCE } from './paths.ts';

/**
 * From the top down; a name that ends in a slash is a folder. config.ts is fourth, so only the three files above it can
 * import it: settings are read once at the entry and passed down as arguments.
 */
const LAYERS = [
  'worker.ts',
  'app.ts',
  'service.ts',
  'config.ts',
  'http/routes/',
  'http/openapi/',
  'http/',
  'gate/',
  'admission/',
  'verify/',
  'registry/',
  'rekor/',
  'egress/',
  'store/',
  'core/',
  'trust_roots/',
] as const;

/** Packages that the core may import: pure arithmetic for what WebCrypto cannot do. */
const CORE_PACKAGES = /^@noble\/(?:curves|hashes)\//;

/** What the core must not even mention: the network, the runtime, the clock, the cache. */
const NOT_IN_CORE: readonly (readonly [RegExp, string])[] = [
  [/\bfetch\s*\(/, 'fetch('],
  [/\bDeno\b/, 'Deno'],
  [/\bDate\.now\s*\(/, 'Date.now('],
  [/\bcaches\b/, 'caches'],
];

const STATIC_IMPORT = /^import\s+(?:type\s+)?(?:[\w*{$][^'";()=]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
const RE_EXPORT = /^export\s+(?:type\s+)?[*{][^'";()=]*?\sfrom\s*['"]([^'"]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\s*\(\s*['"]([^'"]+)['"]/g;

export async function checkLayers(source: string): Promise<string[]> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  const known = new Set(files);
  const imported = new Map<string, string[]>();
  const problems: string[] = [];
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8');
    const layer = layerOf(file);
    if (layer === -1) {
      problems.push(`${file}: is in no layer`);
      continue;
    }
    if (!file.endsWith('.ts')) continue;
    const targets = importsOf(text);
    imported.set(
      file,
      targets.filter((target) => target.startsWith('.')).map((target) => pathFrom(file, target)),
    );
    for (const target of targets) {
      const problem = judge(file, layer, target, known);
      if (problem !== undefined) problems.push(`${file}: ${problem}`);
    }
    if (LAYERS[layer] === 'core/') problems.push(...(await forbiddenNames(file, text)));
  }
  const cycle = findCycle(imported);
  return cycle === undefined ? problems : [...problems, `imports in a circle: ${cycle.join(' → ')}`];
}

/** @returns files of which each imports the next, the first and the last being the same; undefined if there are none */
function findCycle(imported: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    for (const target of imported.get(file) ?? []) {
      const cycle = visit(target, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imported.keys()) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function importsOf(text: string): string[] {
  return [STATIC_IMPORT, RE_EXPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1] ?? ''),
  );
}

function judge(file: string, layer: number, target: string, known: Set<string>): string | undefined {
  if (!target.startsWith('.')) {
    const isRefused = LAYERS[layer] === 'core/' && !CORE_PACKAGES.test(target);
    return isRefused ? `the core imports the package ${target}` : undefined;
  }
  const path = pathFrom(file, target);
  if (!known.has(path)) return `imports ${target}, which is not a file under src`;
  const targetLayer = layerOf(path);
  if (targetLayer === -1) return `imports ${target}, which is in no layer`;
  if (targetLayer < layer) return `imports ${path}, which is above it`;
  return undefined;
}

function pathFrom(file: string, target: string): string {
  return normalize(join(dirname(file), target))
    .split(sep)
    .join('/');
}

function layerOf(file: string): number {
  return LAYERS.findIndex((layer) => file === layer || (layer.endsWith('/') && file.startsWith(layer)));
}

/** Searches the code without its comments, which may mention what the core leaves to others. */
async function forbiddenNames(file: string, text: string): Promise<string[]> {
  const { code } = await transform(text, { loader: 'ts', legalComments: 'none' });
  return NOT_IN_CORE.filter(([pattern]) => pattern.test(code)).map(
    ([, name]) => `${file}: the core uses ${name}`,
  );
}

if (import.meta.main) {
  const problems = await checkLayers(SOURCE);
  for (const problem of problems) console.error(`layers: ${problem}`);
  console.log(
    problems.length === 0
      ? 'layers: every import points down, and none in a circle'
      : `layers: ${problems.length} problems`,
  );
  if (problems.length > 0) process.exit(1);
}
