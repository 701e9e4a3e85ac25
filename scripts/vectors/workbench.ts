// Everything that signing needs, on loopback: a real registry, two honest logs, a key of each algorithm, and the files that tell cosign
// what to trust and where to log.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DockerRegistry, startDockerRegistry } from '../../test/e2e/support/docker_registry.ts';
import { base64, unhex } from '../../test/support/bytes.ts';
import { type Run, runCosign } from './cosign.ts';
import { type LogService, startLogs } from './log_service.ts';

export const ALGORITHMS = ['p256', 'p384', 'p521', 'rsa2048', 'rsa3072', 'rsa4096', 'ed25519'] as const;
export type KeyName = (typeof ALGORITHMS)[number] | 'other';
export type LogName = 'v1' | 'v2' | 'none';

export interface Workbench {
  folder: string;
  registry: DockerRegistry;
  /** `127.0.0.1:PORT`. */
  host: string;
  logs: LogService;
  /** PEM by name. */
  publicKeys: Record<string, string>;
  cosign(args: string[], env?: Record<string, string>): Promise<Run>;
  path(file: string): string;
  stop(): Promise<void>;
}

export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-vectors-'));
  const registry = await startDockerRegistry('none', 'inmemory');
  const logs = await startLogs();
  const bench: Workbench = {
    folder,
    registry,
    host: new URL(registry.url).host,
    logs,
    publicKeys: {},
    cosign: (args, env) => runCosign(folder, args, env),
    path: (file) => join(folder, file),
    async stop() {
      await logs.stop();
      await registry.stop();
      await rm(folder, { recursive: true });
    },
  };
  for (const name of [...ALGORITHMS, 'other'] as const) await makeKeyPair(bench, name);
  await writeTrust(bench);
  return bench;
}

async function makeKeyPair(bench: Workbench, name: KeyName): Promise<void> {
  const file = bench.path(`${name}.openssl.pem`);
  await writeFile(file, generate(name));
  const run = await bench.cosign([
    'import-key-pair',
    '--key',
    file,
    '--output-key-prefix',
    bench.path(name),
    '--yes',
  ]);
  if (run.exitCode !== 0) throw new Error(`import-key-pair ${name}: ${run.stderr}`);
  bench.publicKeys[name] = await readFile(bench.path(`${name}.pub`), 'utf8');
}

/** A private key in the PEM format that `import-key-pair` accepts. */
function generate(name: KeyName): string {
  return generateKey(name).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function generateKey(name: KeyName): KeyObject {
  if (name === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (name.startsWith('rsa'))
    return generateKeyPairSync('rsa', { modulusLength: Number(name.slice(3)) }).privateKey;
  const namedCurve = name === 'other' ? 'P-256' : `P-${name.slice(1)}`;
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

/** Writes a trusted root with both logs, and signing configs that say where to log: one for each log, and one without a log. */
async function writeTrust({ logs, path }: Workbench): Promise<void> {
  const start = '2020-01-01T00:00:00Z';
  const tlog = (baseUrl: string, spki: Uint8Array, keyDetails: string, id: string) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spki), keyDetails, validFor: { start } },
    logId: { keyId: base64(unhex(id)) },
  });
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      tlog(logs.v1Url, logs.v1.signer.spki, 'PKIX_ECDSA_P256_SHA_256', logs.v1.id),
      tlog(logs.v2Url, logs.v2.signer.spki, 'PKIX_ED25519', logs.v2.id),
    ],
    certificateAuthorities: [],
    ctlogs: [],
    timestampAuthorities: [],
  };
  await writeFile(path('trusted_root.json'), JSON.stringify(root));
  await writeFile(path('rekor.v1.pub'), logs.v1.signer.pem);
  const service = (url: string, majorApiVersion: number) => ({
    url,
    majorApiVersion,
    validFor: { start },
    operator: 'test',
  });
  const configs: Record<LogName, object[]> = {
    v1: [service(logs.v1Url, 1)],
    v2: [service(logs.v2Url, 2)],
    none: [],
  };
  for (const [name, rekorTlogUrls] of Object.entries(configs)) {
    const config = {
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [],
      oidcUrls: [],
      rekorTlogUrls,
      tsaUrls: [],
      ...(rekorTlogUrls.length > 0 && { rekorTlogConfig: { selector: 'ANY' } }),
    };
    await writeFile(path(`signing_config.${name}.json`), JSON.stringify(config));
  }
}
