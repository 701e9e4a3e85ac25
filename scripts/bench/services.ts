// The services that are measured on one runtime, and the registry that they query.

import { join } from 'node:path';
import { build } from '../build.ts';
import { BUNDLE, ROOT } from '../paths.ts';
import { SEED_BUNDLE, SEED_DIGEST, SEED_PAYLOAD, SEED_SIGNATURE } from '../seed/image.ts';
import { type SeedRegistry, startSeedRegistry } from '../seed/registry.ts';
import { seedPath, storeSeedKey } from '../seed/verification.ts';
import { type Runtime, type Service, startService } from '../service/service.ts';
import { type Call, call } from './measure.ts';
import type { Requests } from './rows.ts';
import { makeTaggedImage, TAGGED, type TaggedImage } from './tagged_image.ts';

export const ADMIN_TOKEN = 'bench-admin-token-0123456789abcdef';

export interface Bench {
  /** The Worker for comparison: see worker.ts. */
  beside: Service;
  /** Caches results, as by default. */
  cached: Service;
  /** Caches nothing between calls. */
  cold: Service;
  registry: SeedRegistry;
  /** The key of the tagged image. */
  keyPem: string;
  stop(): Promise<void>;
}

export async function startBench(runtime: Runtime): Promise<Bench> {
  const besideBundle = join(ROOT, 'dist', 'bench.js');
  await build();
  await build({ entry: join(import.meta.dirname, 'worker.ts'), outfile: besideBundle });
  const image = makeTaggedImage();
  const registry = await startSeedRegistry(image.contents);
  const settings = {
    ADMIN_TOKEN,
    ACCESS: 'open',
    REGISTRIES: registry.host,
    INSECURE_REGISTRIES: registry.host,
  };
  const beside = await startService(runtime, { bundle: besideBundle, settings: {} });
  const cached = await startService(runtime, { bundle: BUNDLE, settings });
  const cold = await startService(runtime, { bundle: BUNDLE, settings: { ...settings, CACHE_SECONDS: '0' } });
  await storeKeys(cached, image);
  await storeKeys(cold, image);
  return {
    beside,
    cached,
    cold,
    registry,
    keyPem: image.keyPem,
    async stop() {
      for (const part of [beside, cached, cold, registry]) await part.stop();
    },
  };
}

async function storeKeys({ url }: Service, image: TaggedImage): Promise<void> {
  await storeSeedKey({ url, adminToken: ADMIN_TOKEN });
  const stored = await fetch(`${url}/v1/keys/tagged`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ publicKey: image.keyPem, transparency: 'unsafe-none' }),
  });
  if (!stored.ok) throw new Error(`the key was not stored: ${stored.status} ${await stored.text()}`);
}

/** The measured calls to the service. */
export function calls({ cached, cold, registry }: Bench): Record<string, Call> {
  return {
    'http/offline': {
      url: `${cached.url}/v1/verify/${SEED_DIGEST}?key=seed`,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        payload: Buffer.from(SEED_PAYLOAD).toString('base64'),
        signature: SEED_SIGNATURE,
        bundle: SEED_BUNDLE,
      }),
    },
    'http/registry-cold': { url: cold.url + seedPath(registry.host, 'seed') },
    'http/registry-cached': { url: cached.url + seedPath(registry.host, 'seed') },
    'http/tagged-cold': { url: tagged(cold, registry) },
    'http/tagged-cached': { url: tagged(cached, registry) },
  };
}

function tagged({ url }: Service, { host }: SeedRegistry): string {
  return `${url}/v1/verify/${host}/${TAGGED}?key=tagged`;
}

/** Counts the caching service's requests to the registry, cold and cached. It must not have verified the images before. */
export async function countRequests(runtime: Runtime, { cached, registry }: Bench): Promise<Requests[]> {
  const byDigest = cached.url + seedPath(registry.host, 'seed');
  const byTag = tagged(cached, registry);
  const counts: Requests[] = [];
  for (const [name, url] of [
    ['by digest, cold', byDigest],
    ['by digest, cached', byDigest],
    ['by tag, cold', byTag],
    ['by tag, cached', byTag],
  ] as const) {
    const before = registry.requests.length;
    await call({ url });
    counts.push({ runtime, name, requests: registry.requests.length - before });
  }
  return counts;
}
