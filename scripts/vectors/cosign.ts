// The real cosign: one version, built with Go's own toolchain into a cache outside the checkout, and run without this machine's settings
// and without network access.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const COSIGN_VERSION = 'v3.1.3';
const FOLDER = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'countersign',
  `cosign-${COSIGN_VERSION}`,
);
const PROGRAM = join(FOLDER, 'cosign');
/** In milliseconds: a run that takes longer is waiting for something that will never come. */
const RUN_TIMEOUT = 60_000;

export function hasGo(): boolean {
  return spawnSync('go', ['version']).error === undefined;
}

export function hasCosign(): boolean {
  return existsSync(PROGRAM);
}

/** Returns cosign's path, and builds it if it is missing, which takes some minutes once. */
export function installCosign(): string {
  if (hasCosign()) return PROGRAM;
  if (!hasGo()) throw new Error('cosign is built with Go, which is not on the PATH');
  mkdirSync(FOLDER, { recursive: true });
  console.error(`building cosign ${COSIGN_VERSION} (once)…`);
  execFileSync('go', ['install', `github.com/sigstore/cosign/v3/cmd/cosign@${COSIGN_VERSION}`], {
    env: { ...process.env, GOBIN: FOLDER, GOFLAGS: '-mod=mod' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return PROGRAM;
}

export interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** @param home a folder of its own, in which cosign keeps state */
export function runCosign(home: string, args: string[], more: Record<string, string> = {}): Promise<Run> {
  const env = {
    ...more,
    PATH: process.env.PATH ?? '',
    HOME: home,
    COSIGN_PASSWORD: '',
    COSIGN_EXPERIMENTAL: '',
    // Short runs need no garbage collection.
    GOGC: 'off',
    // A proxy that does not exist blocks connections beyond this machine.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  };
  return new Promise((resolve) => {
    execFile(
      PROGRAM,
      args,
      { env, timeout: RUN_TIMEOUT, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** Why cosign refused: its error, or else its last line. */
export function reasonOf({ stderr }: Run): string {
  const lines = stderr.split('\n').filter((line) => line !== '');
  const error = lines.find((line) => line.startsWith('Error: ')) ?? lines.at(-1) ?? '';
  return anonymous(error.replace(/^Error: /, '')).slice(0, 300);
}

/** Removes ports and folders, which differ from run to run. */
function anonymous(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/g, 'localhost').replace(/\/tmp\/countersign-vectors-\w+\//g, '');
}
