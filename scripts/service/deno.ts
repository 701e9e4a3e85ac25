// Runs the bundle on Deno, in a separate `deno serve` process with only the permissions it needs.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Service, ServiceOptions } from './service.ts';
import { SETTINGS } from './settings.ts';

const STOP_GRACE_MS = 5000;
const LISTENING = /Listening on (http:\/\/\S+?)\/?(\s|$)/;

export async function startDeno(options: ServiceOptions): Promise<Service> {
  const { bundle, settings, host = '127.0.0.1', port = 0, stateDir, isLogged = false } = options;
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true });
  const child = spawn(
    denoBinary(),
    [
      'serve',
      ...['--host', host, '--port', String(port)],
      ...['--no-prompt', '--allow-net', '--allow-env', '--unstable-kv'],
      ...(stateDir === undefined
        ? []
        : [`--allow-read=${flagValue(stateDir)}`, `--allow-write=${flagValue(stateDir)}`]),
      bundle,
    ],
    {
      env: {
        ...environmentWithoutSettings(),
        ...settings,
        DENO_KV_PATH: stateDir === undefined ? ':memory:' : join(stateDir, 'trust.sqlite3'),
        DENO_NO_UPDATE_CHECK: '1',
        DENO_NO_PACKAGE_JSON: '1',
        NO_COLOR: '1',
      },
      stdio: ['ignore', isLogged ? 2 : 'ignore', 'pipe'],
    },
  );
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`Deno could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`Deno exited with ${signal ?? `exit code ${code}`}`));
  });
  const url = await listening(child, exited);
  let stopping = false;
  return {
    url,
    stop: () => {
      stopping = true;
      return stop(child);
    },
    ended: new Promise((resolve) => {
      exited.then((how) => {
        if (!stopping) resolve(how);
      });
    }),
  };
}

/** The Deno executable itself: the package's launcher would come between it and our signals. */
export function denoBinary(): string {
  return createRequire(import.meta.url)('deno/install_api.cjs').runInstall();
}

/** Waits for the line that says where Deno listens, and forwards every other line to our own standard error. */
function listening(child: ChildProcess, exited: Promise<string>): Promise<string> {
  return new Promise((resolve, reject) => {
    exited.then((how) => reject(new Error(how)));
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      const match = LISTENING.exec(line);
      if (match?.[1] === undefined) process.stderr.write(`${line}\n`);
      else resolve(match[1]);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exit;
  clearTimeout(force);
}

/** Escapes commas, at which Deno splits the values of its permission flags. */
function flagValue(path: string): string {
  return path.replaceAll(',', ',,');
}

function environmentWithoutSettings(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name)));
}
