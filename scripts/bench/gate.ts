// The gate compared with a bare proxy in the same runtime: time with an upstream at network speed, CPU time at full speed, memory, and
// many concurrent pulls.
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { BUNDLE, ROOT } from '../paths.ts';
import { type Runtime, type Service, startService } from '../service/service.ts';
import { type BlobRegistry, type Layer, MIB, startBlobRegistry } from './blob_registry.ts';
import type { Sample, Spread } from './measure.ts';
import { call, timeHere } from './measure.ts';
import { cpuTime, descendants, peakMemory, resetPeak } from './process_stats.ts';

const ADMIN_TOKEN = 'bench-admin-token-0123456789abcdef';
const SIZES = { small: 16, paced: 128, large: 1024 };
const ROUNDS = 5;
const AT_ONCE = 64;
const WARM_UP = 500;

export interface GateFigures {
  spreads: Map<string, Spread>;
  /** The runtime's peak memory, in MiB, while the small and the large layer passed through. */
  memory: { name: string; small: number; large: number }[];
  /** MiB/s of the large layer at full speed: directly from the registry, through the bare proxy, through the gate. */
  throughput: { registry: number; proxy: number; gate: number };
  /** How many of 64 concurrent pulls failed. */
  failed: number;
}

/** A service of the benchmark, with its processes. */
interface Part {
  service: Service;
  pids: number[];
}

export async function measureGate(runtime: Runtime): Promise<GateFigures> {
  const registry = await startBlobRegistry([SIZES.small, SIZES.paced, SIZES.large]);
  const beside = await startPart(() =>
    startService(runtime, { bundle: join(ROOT, 'dist', 'bench.js'), settings: {} }),
  );
  const gate = await startPart(() => startGate(runtime, registry));
  try {
    return await measure(registry, beside, gate);
  } finally {
    for (const part of [gate.service, beside.service, registry]) await part.stop();
  }
}

async function measure(registry: BlobRegistry, beside: Part, gate: Part): Promise<GateFigures> {
  const [small, paced, large] = registry.layers as [Layer, Layer, Layer];
  const direct = ({ digest }: Layer) => `http://${registry.host}/v2/large/blobs/${digest}`;
  const below = `${gate.service.url}/v2/${registry.host.replace(':', '__')}/large`;
  const throughGate = ({ digest }: Layer) => `${below}/blobs/${digest}`;
  const throughProxy = (layer: Layer, part = 'proxy') =>
    `${beside.service.url}/${part}?url=${encodeURIComponent(direct(layer))}`;
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
  const manifest = { url: `${below}/manifests/${registry.manifest.digest}`, headers };
  await call(manifest);

  const perMiB = async (url: string, layer: Layer) =>
    (await timeHere(() => pull(url, layer), 1)) / layer.size;
  const cpuPerMiB = async ({ pids }: Part, url: string, layer: Layer) => {
    const before = cpuTime(pids);
    await pull(url, layer);
    return (cpuTime(pids) - before) / layer.size;
  };
  const spreads = new Map<string, Spread>();
  const rounds = async (samples: Record<string, () => Promise<number>>) => {
    const values = new Map<string, number[]>(Object.keys(samples).map((name) => [name, []]));
    for (const sample of Object.values(samples)) await sample();
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, sample] of Object.entries(samples)) values.get(name)?.push(await sample());
    for (const [name, list] of values) spreads.set(name, spreadOf(list));
  };
  registry.isPaced = true;
  await rounds({
    'gate/bare-blob': () => perMiB(throughProxy(paced), paced),
    'gate/blob': () => perMiB(throughGate(paced), paced),
  });
  registry.isPaced = false;
  await rounds({
    'gate/hash-cpu': () => cpuPerMiB(beside, throughProxy(large, 'hash'), large),
    'gate/cpu': () => cpuPerMiB(gate, throughGate(large), large),
  });
  const manifestSample: Sample = {
    name: 'gate/manifest',
    count: 40,
    measure: (count) => timeHere(() => call(manifest), count),
  };
  const empty: Sample = {
    name: 'gate/empty',
    count: 40,
    measure: (count) => timeHere(() => call({ url: `${beside.service.url}/empty` }), count),
  };
  // Warm-up: engines optimise code once it has run a few hundred times.
  for (const { measure } of [empty, manifestSample]) await measure(WARM_UP);
  await rounds({
    'gate/empty': () => empty.measure(empty.count),
    'gate/manifest': () => manifestSample.measure(manifestSample.count),
  });
  const memory = [
    await memoryOf('gate/bare-blob', beside, (layer) => pull(throughProxy(layer), layer), small, large),
    await memoryOf('gate/blob', gate, (layer) => pull(throughGate(layer), layer), small, large),
  ];
  const speed = async (url: string) => 1_000_000 / (await perMiB(url, large));
  const throughput = {
    registry: await speed(direct(large)),
    proxy: await speed(throughProxy(large)),
    gate: await speed(throughGate(large)),
  };
  const pulls = await Promise.allSettled(
    Array.from({ length: AT_ONCE }, () => pull(throughGate(small), small)),
  );
  return { spreads, memory, throughput, failed: pulls.filter(({ status }) => status === 'rejected').length };
}

async function memoryOf(
  name: string,
  { pids }: Part,
  work: (layer: Layer) => Promise<void>,
  small: Layer,
  large: Layer,
) {
  const peak = async (layer: Layer) => {
    resetPeak(pids);
    await work(layer);
    return peakMemory(pids);
  };
  await work(large);
  return { name, small: await peak(small), large: await peak(large) };
}

async function startPart(start: () => Promise<Service>): Promise<Part> {
  const before = new Set(descendants());
  const service = await start();
  return { service, pids: descendants().filter((pid) => !before.has(pid)) };
}

async function startGate(runtime: Runtime, registry: BlobRegistry): Promise<Service> {
  const { host, signer } = registry;
  const settings = { ADMIN_TOKEN, REGISTRIES: host, INSECURE_REGISTRIES: host, CACHE_SECONDS: '3600' };
  const service = await startService(runtime, { bundle: BUNDLE, settings });
  const put = async (path: string, body: object) => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' };
    const response = await fetch(service.url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  await put('/v1/keys/ours', { publicKey: signer.pem, transparency: 'unsafe-none' });
  await put('/v1/policies/default', {
    rules: [{ name: 'ours', match: ['**'], require: { keys: ['ours'] } }],
  });
  return service;
}

/** Downloads a layer and checks its length. */
function pull(url: string, layer: Layer): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      let length = 0;
      response.on('data', (chunk) => {
        length += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200 && length === layer.size * MIB) resolve();
        else reject(new Error(`${url}: ${response.statusCode}, ${length} bytes`));
      });
    };
    request(url, { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }, answered)
      .on('error', reject)
      .end();
  });
}

function spreadOf(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { microseconds: at(0.5), low: at(0.1), high: at(0.9) };
}
