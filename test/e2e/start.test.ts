// `npm start` as a new user runs it: the seed image verifies, the printed commands work, and it ends when told to.

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../../scripts/paths.ts';
import { SEED_DIGEST } from '../../scripts/seed/image.ts';
import { RUNTIMES } from '../../scripts/service/service.ts';
import { SETTINGS } from '../../scripts/service/settings.ts';
import { freePort } from './support/docker_registry.ts';

let stateDir: string;
let port: number;
let children: ChildProcess[];
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'countersign-state-'));
  port = await freePort();
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  await rm(stateDir, { recursive: true });
});

interface Run {
  child: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

function start(args: string[], settings: Record<string, string> = {}): Run {
  // `npm start` runs bootstrap.mjs; without npm in between, signals and the exit code are those of bootstrap.mjs.
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'scripts/start.ts', ...args], {
    cwd: ROOT,
    env: environment(settings),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  return {
    child,
    output: () => output,
    exited: once(child, 'close').then(([code]) => code as number | null),
  };
}

/** The environment without settings that the developer has made for a service of their own. */
function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name));
  return { ...Object.fromEntries(kept), STATE_DIR: stateDir, PORT: String(port), ...settings };
}

async function healthy({ child, output }: Run): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ended early:\n${output()}`);
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (response?.status === 200) return;
    await sleep(20);
  }
}

/** In CI a missing curl is a failure, not a reason to skip. */
const isCurlMissing = !process.env.CI && spawnSync('curl', ['--version']).error !== undefined;
const VERIFIED = new RegExp(`^verified ${SEED_DIGEST} .*#783606$`, 'm');

describe.each(RUNTIMES)('%s', (runtime) => {
  test('--once prints the verdict and exits with 0', async () => {
    const run = start(['--runtime', runtime, '--once']);
    expect(await run.exited, run.output()).toBe(0);
    expect(run.output()).toMatch(VERIFIED);
    expect(run.output()).not.toContain('curl');
  });

  test('it serves once everything is ready, keeps its state, and ends on a signal', async () => {
    const first = start(['--runtime', runtime]);
    await healthy(first);
    expect(first.output()).toMatch(VERIFIED);
    const token = (await readFile(join(stateDir, 'admin-token'), 'utf8')).trim();
    expect(first.output()).toContain(token);
    expect((await stat(join(stateDir, 'admin-token'))).mode & 0o777).toBe(0o600);

    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();

    const second = start(['--runtime', runtime]);
    await healthy(second);
    expect(second.output()).toContain(token);
    expect(second.output()).toMatch(VERIFIED);
    second.child.kill('SIGINT');
    expect(await second.exited).toBe(0);
  });

  test.skipIf(isCurlMissing)('the printed curl commands work', async () => {
    const run = start(['--runtime', runtime]);
    await healthy(run);
    const lines = run.output().match(/^ {2}curl .*$/gm) ?? [];
    const [json = '', text = '', keys = ''] = lines.map((line) =>
      execFileSync('sh', ['-c', line], { encoding: 'utf8' }),
    );
    expect(JSON.parse(json)).toMatchObject({ verdict: 'verified', subject: { digest: SEED_DIGEST } });
    expect(text).toMatch(VERIFIED);
    expect(keys).toContain('"seed"');
  });

  test.skipIf(isCurlMissing)("the printed curl commands work with the user's own token", async () => {
    const settings = { ADMIN_TOKEN: 'my-own-token-0123456789abcdef', ACCESS: 'token' };
    const run = start(['--runtime', runtime], settings);
    await healthy(run);
    const [line = ''] = run.output().match(/^ {2}curl .*$/m) ?? [];
    const call = { encoding: 'utf8', env: { ...process.env, ADMIN_TOKEN: settings.ADMIN_TOKEN } } as const;
    expect(JSON.parse(execFileSync('sh', ['-c', line], call))).toMatchObject({ verdict: 'verified' });
  });

  test("the user's settings are kept", async () => {
    const settings = { ADMIN_TOKEN: 'my-own-token-0123456789abcdef', ACCESS: 'token', REGISTRIES: 'ghcr.io' };
    const run = start(['--runtime', runtime], settings);
    await healthy(run);
    expect(run.output()).toMatch(VERIFIED);
    expect(run.output()).not.toContain(settings.ADMIN_TOKEN);
    const verify = `http://127.0.0.1:${port}/v1/verify`;
    expect((await fetch(`${verify}/ghcr.io/a/b?key=seed`)).status).toBe(401);
    const other = await fetch(`${verify}/quay.io/a/b?key=seed`, {
      headers: { Authorization: `Bearer ${settings.ADMIN_TOKEN}` },
    });
    expect(await other.json()).toMatchObject({ status: 400, code: 'REGISTRY_NOT_ALLOWED' });
  });

  test('a seed key that is stored under another id is used under that id', async () => {
    const first = start(['--runtime', runtime]);
    await healthy(first);
    const token = (await readFile(join(stateDir, 'admin-token'), 'utf8')).trim();
    const headers = { Authorization: `Bearer ${token}` };
    const keys = `http://127.0.0.1:${port}/v1/keys`;
    const pem = await (
      await fetch(`${keys}/seed`, { headers: { ...headers, Accept: 'application/x-pem-file' } })
    ).text();
    expect((await fetch(`${keys}/seed`, { method: 'DELETE', headers })).status).toBe(204);
    expect((await fetch(`${keys}/busybox`, { method: 'PUT', headers, body: pem })).status).toBe(201);
    first.child.kill('SIGTERM');
    await first.exited;

    const second = start(['--runtime', runtime, '--once']);
    expect(await second.exited, second.output()).toBe(0);
    expect(second.output()).toMatch(VERIFIED);
    expect(second.output()).toContain('by busybox ');
  });
});

test('it ends with its parent shell, in the way npm runs it', async () => {
  const command = `"${process.execPath}" scripts/bootstrap.mjs scripts/start.ts; true`;
  const shell = spawn('sh', ['-c', command], { cwd: ROOT, env: environment({}), stdio: 'ignore' });
  const health = () => fetch(`http://127.0.0.1:${port}/healthz`).then(({ status }) => status);
  await expect.poll(() => health().catch(() => 0), { timeout: 20_000 }).toBe(200);
  shell.kill('SIGKILL');
  await expect.poll(() => health().catch(() => 0), { timeout: 10_000 }).toBe(0);
  // The service writes to the state folder until it has ended.
  await sleep(500);
});

test('a port in use is reported before anything is done', async () => {
  const blocker = createServer().listen(port, '127.0.0.1');
  await once(blocker, 'listening');
  const run = start([]);
  expect(await run.exited).toBe(1);
  expect(run.output()).toMatch(/Port \d+ on 127\.0\.0\.1 is in use.*PORT=/);
  blocker.close();
});

test.each([
  [['--runtime', 'bun'], {}, 'Unknown runtime "bun"'],
  [['--onse'], {}, 'usage: npm start -- [--runtime workerd|deno] [--once]'],
  [['--port', '8080'], {}, 'From the environment: HOST (127.0.0.1), PORT (8787)'],
  [[], { PORT: '0x10' }, 'PORT must be a number'],
  [['--once'], { PUBLIC_LOG: 'sometimes' }, 'PUBLIC_LOG'],
])('invalid arguments or settings are reported: %j %j', async (args, settings, reason) => {
  const run = start(args, settings);
  expect(await run.exited).toBe(1);
  expect(run.output()).toContain(reason);
});
