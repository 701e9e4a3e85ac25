// The peer: a Go program around maintained libraries that parses the same inputs as our parsers, built once into a cache.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const SOURCE = join(import.meta.dirname, 'peer');
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'countersign');

const PROGRAM = join(CACHE, `peer-${sources()}`);

/** Whether the program has been built on this machine. */
export const hasPeer = existsSync(PROGRAM);

export interface Question {
  what: string;
  bytes: Uint8Array;
  index?: bigint;
  size?: bigint;
  proof?: Uint8Array[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers have a form for each question
export type Said = any;

/** @returns the path of the program, which is built first if necessary */
export function installPeer(): string {
  if (hasPeer) return PROGRAM;
  mkdirSync(CACHE, { recursive: true });
  execFileSync('go', ['build', '-o', PROGRAM, '.'], { cwd: SOURCE, stdio: ['ignore', 'ignore', 'inherit'] });
  return PROGRAM;
}

/** A hash of the program's sources, since other sources give another program. */
function sources(): string {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.mod', 'go.sum']) hash.update(readFileSync(join(SOURCE, file)));
  return hash.digest('hex').slice(0, 12);
}

/** The peer's results, in order. `refused` has the reason if it refuses an input. */
export async function askPeer(questions: Question[]): Promise<Said[]> {
  const child = spawn(PROGRAM, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = questions.map(
    ({ what, bytes, index = 0n, size = 0n, proof = [] }) =>
      // 64-bit numbers are written as text, since a JavaScript number would round them.
      `{"what":${JSON.stringify(what)},"bytes":"${base64(bytes)}","index":${index},"size":${size},"proof":${JSON.stringify(proof.map(base64))}}\n`,
  );
  child.stdin.end(lines.join(''));
  let text = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
  const answers = text.split('\n').slice(0, -1);
  if (answers.length !== questions.length)
    throw new Error(`${answers.length} answers to ${questions.length}`);
  return answers.map((line) => JSON.parse(line));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
