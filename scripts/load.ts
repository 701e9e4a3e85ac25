// `npm run load [-- --seconds 120 --warm-up 150 --runtime deno]`: sends mixed traffic at saturation to each runtime, compares every
// response with the expected one, and reports latency and memory (of Deno's process; on workerd, of the Worker's heap). It exits with 1
// if a response was wrong, or if memory grew by more than a tenth.

import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { endWithUsage, parseArguments } from './arguments.ts';
import { startBlobRegistry } from './bench/blob_registry.ts';
import { descendants, residentMemory } from './bench/process_stats.ts';
import { build } from './build.ts';
import { BUNDLE } from './paths.ts';
import { RUNTIMES, type Runtime, startService } from './service/service.ts';

const ADMIN_TOKEN = 'load-admin-token-0123456789abcdef';
const CONNECTIONS = 32;
/** Seconds from the last call until memory is measured. */
const SETTLE = 5;
const GROWTH = 1.1;

interface Kind {
  name: string;
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  /** Whether the response is the expected one. */
  isRight(status: number, body: Buffer): boolean;
}

async function kinds(host: string, digest: string, layer: string): Promise<Kind[]> {
  const code = (status: number, expected: string) => (got: number, body: Buffer) =>
    got === status && body.toString().includes(`"code":"${expected}"`);
  const image = `${host}/large@${digest}`;
  const other = `${host}/large@sha256:${'0'.repeat(64)}`;
  const below = `/v2/${host.replace(':', '__')}/large`;
  const pod = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    spec: { containers: [{ name: 'a', image: name }] },
  });
  const review = (name: string) =>
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', operation: 'CREATE', object: pod(name) },
    });
  const items = JSON.stringify({ items: [{ image }, { image: other }, { image, keys: ['ours'] }] });
  const isWhole = (status: number, body: Buffer) =>
    status === 200 && `sha256:${createHash('sha256').update(body).digest('hex')}` === layer;
  return [
    { name: 'verified', method: 'GET', path: `/v1/verify/${image}?key=ours`, isRight: code(200, 'VERIFIED') },
    { name: 'by policy', method: 'GET', path: `/v1/verify/${image}`, isRight: code(200, 'VERIFIED') },
    {
      name: 'refused',
      method: 'GET',
      path: `/v1/verify/${image}?key=theirs`,
      isRight: code(403, 'NO_TRUSTED_SIGNATURE'),
    },
    {
      name: 'unsigned',
      method: 'GET',
      path: `/v1/verify/${other}?key=ours`,
      isRight: code(403, 'NO_SIGNATURES'),
    },
    {
      name: 'mistake',
      method: 'GET',
      path: '/v1/verify/NOT%20A%20NAME?key=ours',
      isRight: code(400, 'BAD_REFERENCE'),
    },
    {
      name: 'batch',
      method: 'POST',
      path: '/v1/verify/batch',
      body: items,
      isRight: code(403, 'NO_SIGNATURES'),
    },
    {
      name: 'admitted',
      method: 'POST',
      path: '/v1/admission/default',
      body: review(image),
      isRight: (status, body) => status === 200 && body.includes('"allowed":true'),
    },
    {
      name: 'denied',
      method: 'POST',
      path: '/v1/admission/default',
      body: review(other),
      isRight: (status, body) => status === 200 && body.includes('"allowed":false'),
    },
    {
      name: 'manifest',
      method: 'GET',
      path: `${below}/manifests/${digest}`,
      isRight: (status) => status === 200,
    },
    { name: 'blob', method: 'GET', path: `${below}/blobs/${layer}`, isRight: isWhole },
    {
      name: 'not admitted',
      method: 'GET',
      path: `${below}/blobs/sha256:${'1'.repeat(64)}`,
      isRight: (status, body) => status === 403 && body.includes('NOT_ADMITTED'),
    },
    { name: 'unknown key', method: 'GET', path: '/v1/keys/none', isRight: code(404, 'KEY_NOT_FOUND') },
  ];
}

interface Outcome {
  answers: number;
  wrong: string[];
  /** In milliseconds. */
  p50: number;
  p99: number;
  /** In MiB. */
  before: number;
  after: number;
}

async function loadOn(runtime: Runtime, seconds: number, warmUp: number): Promise<Outcome> {
  const registry = await startBlobRegistry([1]);
  const { host, signer, manifest, layers } = registry;
  const known = new Set(descendants());
  const settings = { ADMIN_TOKEN, REGISTRIES: host, INSECURE_REGISTRIES: host };
  const service = await startService(runtime, {
    bundle: BUNDLE,
    settings,
    isInspected: runtime === 'workerd',
  });
  const pids = descendants().filter((pid) => !known.has(pid));
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
  const put = async (path: string, body: object) => {
    const response = await fetch(service.url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const { makeKey } = await import('../test/support/keys.ts');
  await put('/v1/keys/ours', { publicKey: signer.pem, transparency: 'unsafe-none' });
  await put('/v1/keys/theirs', { publicKey: (await makeKey()).pem, transparency: 'unsafe-none' });
  await put('/v1/policies/default', {
    rules: [{ name: 'ours', match: ['**'], require: { keys: ['ours'] } }],
  });
  const all = await kinds(host, manifest.digest, layers[0]?.digest ?? '');
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const call = ({ method, path, body }: Kind) =>
    new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
      const outgoing = request(service.url + path, { agent, method, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
      });
      outgoing.on('error', reject).end(body);
    });
  // A blob can be pulled only once its manifest has been admitted.
  await call(all.find(({ name }) => name === 'manifest') as Kind);
  const times: number[] = [];
  const wrong: string[] = [];
  let answers = 0;
  const drive = async (until: number) => {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, start) => {
        for (let i = start; performance.now() < until; i++) {
          const kind = all[i % all.length] as Kind;
          const began = performance.now();
          const { status, body } = await call(kind);
          times.push(performance.now() - began);
          answers++;
          if (!kind.isRight(status, body))
            wrong.push(`${kind.name}: ${status} ${body.toString().slice(0, 300)}`);
        }
      }),
    );
  };
  const pause = (length: number) => new Promise((resolve) => setTimeout(resolve, length * 1000));
  await drive(performance.now() + warmUp * 1000);
  await pause(SETTLE);
  // workerd's process also contains the local KV and whatever else stands in for the platform, so only the Worker's own heap counts there.
  const memory = async () =>
    service.heap === undefined ? residentMemory(pids) : (await service.heap()) / 2 ** 20;
  const before = await memory();
  times.length = 0;
  await drive(performance.now() + seconds * 1000);
  await pause(SETTLE);
  const after = await memory();
  agent.destroy();
  await service.stop();
  await registry.stop();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  return { answers, wrong, p50: at(0.5), p99: at(0.99), before, after };
}

const USAGE = 'npm run load [-- --seconds N --warm-up SECONDS --runtime workerd|deno]';
const { values } = parseArguments(USAGE, {
  options: {
    seconds: { type: 'string', default: '120' },
    // In the first two minutes, the engines' heaps grow to their working size, even for an empty Worker.
    'warm-up': { type: 'string', default: '150' },
    runtime: { type: 'string' },
  },
});
const runtimes = RUNTIMES.filter((one) => values.runtime === undefined || one === values.runtime);
if (runtimes.length === 0) endWithUsage(USAGE, `Unknown runtime ${JSON.stringify(values.runtime)}`);
const [seconds, warmUp] = [Number(values.seconds), Number(values['warm-up'])];
if (!(seconds > 0 && warmUp >= 0)) endWithUsage(USAGE, 'Seconds must be numbers');
await build();
let isGood = true;
for (const runtime of runtimes) {
  const { answers, wrong, p50, p99, before, after } = await loadOn(runtime, seconds, warmUp);
  const isLeaking = after > before * GROWTH;
  isGood &&= wrong.length === 0 && !isLeaking;
  console.log(
    `${runtime.padEnd(8)} ${answers} responses, ${wrong.length} wrong; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${(p99 / p50).toFixed(1)} ×); ` +
      `memory ${before.toFixed(1)} MiB before, ${after.toFixed(1)} after${isLeaking ? ': grew by more than a tenth' : ''}`,
  );
  for (const line of wrong.slice(0, 5)) console.log(`  ${line}`);
}
process.exit(isGood ? 0 : 1);
