// Stryker's instrumenter writes all changes into the sources at once, each switched on by an environment variable. It is installed into a
// cache outside the checkout, since only this script needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../paths.ts';

const VERSION = '10.1.1';
const CACHE = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'countersign',
  `stryker-instrumenter-${VERSION}`,
);
const PACKAGE = join(CACHE, 'node_modules/@stryker-mutator/instrumenter');

/** The environment variable that holds the id of the active change. */
export const ACTIVE = '__STRYKER_ACTIVE_MUTANT__';

export interface Mutant {
  id: string;
  fileName: string;
  mutatorName: string;
  replacement: string;
  /** Lines and columns count from 0. */
  location: { start: Place; end: Place };
}

interface Place {
  line: number;
  column: number;
}

export interface Instrumented {
  /** The sources with every change in them, by path. */
  files: Map<string, string>;
  mutants: Mutant[];
}

/** @param patterns paths or globs from the project's root */
export async function instrument(patterns: string[]): Promise<Instrumented> {
  install();
  const { Instrumenter } = await import(pathToFileURL(join(PACKAGE, 'dist/src/index.js')).href);
  const quiet = { debug() {}, info() {}, isDebugEnabled: () => false, warn: console.error };
  const sources = globSync(patterns, { cwd: ROOT })
    .map((name) => join(ROOT, name))
    .map((name) => ({ name, mutate: true, content: readFileSync(name, 'utf8') }));
  if (sources.length === 0) throw new Error(`no file matches ${patterns.join(' ')}`);
  const { files, mutants } = await new Instrumenter(quiet).instrument(sources, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  const texts = new Map(sources.map(({ name, content }) => [name, content.split('\n')]));
  return {
    files: new Map(files.map(({ name, content }: { name: string; content: string }) => [name, content])),
    mutants: mutants.filter((mutant: Mutant) => !isMessage(mutant, texts.get(mutant.fileName) ?? [])),
  };
}

/** Readers whose last argument says what they read, for error messages. */
const READERS =
  /(?:fromBase64|fromUtf8|fromHex|as[A-Z]\w+|\w*[pP]arse[A-Z]\w+|read[A-Z]\w+|DerReader|exactFields|record|hash|assertFits|this\.value)\(.*, $/;
/** The start of the name of a place inside another, in error messages. */
const PLACE = /^`\$\{what\}/;

/** Whether it changes a message: tests do not check the exact words of messages, only codes, names and forms. */
function isMessage({ mutatorName, location: { start, end } }: Mutant, lines: string[]): boolean {
  if (mutatorName !== 'StringLiteral') return false;
  if (start.line !== end.line) return true;
  const line = lines[start.line] ?? '';
  const before = line.slice(0, start.column).trimStart() || (lines[start.line - 1] ?? '');
  const text = line.slice(start.column, end.column);
  const isLabel =
    before.endsWith('new Malformed(') ||
    before.endsWith('const WHAT = ') ||
    before.endsWith('this.name = ') ||
    READERS.test(before);
  return isLabel || PLACE.test(text) || text.includes(' ');
}

function install(): void {
  if (existsSync(PACKAGE)) return;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, 'package.json'), '{}');
  execFileSync('npm', ['install', '--no-save', `@stryker-mutator/instrumenter@${VERSION}`], {
    cwd: CACHE,
    stdio: 'inherit',
  });
}
