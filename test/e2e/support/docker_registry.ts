// Debian's docker-registry as a separate process, with its storage in a temporary folder or in memory.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROGRAM = 'docker-registry';
const START_DEADLINE_MS = 10_000;

/** In CI a missing registry is a failure to start it, not a reason to skip. */
export const skipWithoutRegistry = !process.env.CI && spawnSync(PROGRAM, ['--version']).error !== undefined;

export const USER = 'e2e';
export const PASSWORD = 'correct-horse';
/** `htpasswd -Bbn -C 5 e2e correct-horse` */
const HTPASSWD = 'e2e:$2y$05$3QuypUKxNwIqhlFUuQhzOujG7RKOG6Kv5cMrT0HmgSbouSiaJEx1m';

export interface TokenAuth {
  realm: string;
  service: string;
  issuer: string;
  certificatePem: string;
}

export interface DockerRegistry {
  /** Origin. */
  url: string;
  stop(): Promise<void>;
}

/** Starts a registry without authentication, with a password, or with tokens of the given issuer. */
export async function startDockerRegistry(
  auth: 'none' | 'basic' | TokenAuth,
  storage: 'filesystem' | 'inmemory' = 'filesystem',
): Promise<DockerRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-registry-'));
  const port = await freePort();
  const config = join(folder, 'config.json');
  // The configuration is YAML, of which JSON is a subset.
  await writeFile(config, JSON.stringify(await configuration(folder, port, auth, storage)));
  const child = spawn(PROGRAM, ['serve', config], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([answering(`${url}/v2/`), exit.then(endedEarly, notStarted)]);
  return {
    url,
    async stop() {
      child.kill();
      await exit;
      await rm(folder, { recursive: true });
    },
  };
}

function notStarted(error: Error): never {
  throw new Error(`${error.message}. Install Debian's package docker-registry.`);
}

function endedEarly(): never {
  throw new Error(`${PROGRAM} ended before it answered`);
}

async function configuration(
  folder: string,
  port: number,
  auth: 'none' | 'basic' | TokenAuth,
  storage: 'filesystem' | 'inmemory',
) {
  return {
    version: 0.1,
    log: { level: 'error' },
    storage: { [storage]: storage === 'filesystem' ? { rootdirectory: join(folder, 'storage') } : {} },
    http: { addr: `127.0.0.1:${port}` },
    ...(auth === 'none' ? {} : { auth: await authentication(folder, auth) }),
  };
}

async function authentication(folder: string, auth: 'basic' | TokenAuth) {
  if (auth === 'basic') {
    const path = join(folder, 'htpasswd');
    await writeFile(path, `${HTPASSWD}\n`);
    return { htpasswd: { realm: 'e2e', path } };
  }
  const { certificatePem, ...token } = auth;
  const rootcertbundle = join(folder, 'root.pem');
  await writeFile(rootcertbundle, certificatePem);
  return { token: { ...token, rootcertbundle } };
}

/** A P-256 key and its self-signed certificate. */
export async function makeCertificate(): Promise<{ keyPem: string; certificatePem: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-certificate-'));
  const key = join(folder, 'key.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const certificatePem = execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-keyout', key, '-subj', '/CN=token-issuer', '-days', '1'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const keyPem = await readFile(key, 'utf8');
  await rm(folder, { recursive: true });
  return { keyPem, certificatePem };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(url: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
