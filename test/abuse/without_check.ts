// Runs a part of the table with an answer removed from the source: bundled with the edits, in its own process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { projectRoot, readFixtures } from '../conformance/support/fixtures.ts';
import type { Outcome } from '../conformance/table.ts';
import { carries, type Edit, GOOD } from './abuse_case.ts';

/** Without a check, a test may never end; that also counts as a failure. */
const PATIENCE_MS = 20_000;
/** Node's exit code when a top-level await can never settle. */
const UNSETTLED = 13;

export interface Run {
  outcomes: Outcome[];
  /** Whether a test was still waiting at the timeout, or for a promise that could never settle. */
  isStuck: boolean;
}

/**
 * Runs the cases with the id, and those in `GOOD`, against the edited source.
 * @throws Error if an edit does not fit, or the result cannot be bundled or started
 */
export async function runWithout(edits: Edit[], id: string): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-abuse-'));
  try {
    const outfile = join(folder, 'table.mjs');
    await build({
      stdin: { contents: await entryFor(id), resolveDir: import.meta.dirname, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'es2024',
      logLevel: 'silent',
      plugins: [editing(edits)],
    });
    return await runBundle(outfile, id);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Read once and not by each process: reading so many small files takes as long as some of the runs. */
let fixtures: Promise<string> | undefined;

const CASES = join(import.meta.dirname, '../conformance/cases');

/** Imports only the files that are needed, since each generates keys. */
async function entryFor(id: string): Promise<string> {
  const files = (await readdir(CASES)).filter((file) => file !== 'all.ts');
  const texts = await Promise.all(files.map((file) => readFile(join(CASES, file), 'utf8')));
  const needed = files.filter((_, at) => {
    const text = texts[at] ?? '';
    return carries(text, id) || GOOD.some((name) => text.includes(name));
  });
  const imports = [...needed.map((file) => `../conformance/cases/${file}`), './entry_node.ts'];
  return imports.map((file) => `import '${file}';\n`).join('');
}

/** Applies the edits to a file's text. @throws Error if one does not occur exactly once */
export function applyEdits(file: string, text: string, edits: Edit[]): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((before, { find, replace }) => {
      const parts = before.split(find);
      if (parts.length !== 2) throw new Error(`${file}: ${parts.length - 1} places with: ${find}`);
      return parts.join(replace);
    }, text);
}

function editing(edits: Edit[]): Plugin {
  return {
    name: 'removal',
    setup({ onLoad }) {
      for (const file of new Set(edits.map((edit) => edit.file))) {
        const path = join(projectRoot, 'src', file);
        onLoad({ filter: exactly(path) }, async () => ({
          contents: applyEdits(file, await readFile(path, 'utf8'), edits),
          loader: 'ts',
        }));
      }
    },
  };
}

async function runBundle(path: string, id: string): Promise<Run> {
  const child = spawn(process.execPath, [path, id]);
  // If the process ends before it has read the fixtures, its exit code says why.
  child.stdin.on('error', () => {});
  fixtures ??= readFixtures().then(JSON.stringify);
  child.stdin.end(await fixtures);
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const output = { out: '', err: '' };
  child.stdout.on('data', (data) => {
    output.out += data;
  });
  child.stderr.on('data', (data) => {
    output.err += data;
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  const isStuck = signal !== null || code === UNSETTLED;
  if (code !== 0 && !isStuck) throw new Error(output.err.slice(-400));
  const outcomes = output.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Outcome);
  return { outcomes, isStuck };
}

function exactly(path: string): RegExp {
  return new RegExp(`^${path.replace(/[^\w/]/g, '\\$&')}$`);
}
