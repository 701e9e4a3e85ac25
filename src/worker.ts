// The entry point of the bundle. It detects the runtime, assembles the ports, and hands requests to the app.
import type { ExecutionContext } from 'hono';
import { createApp, createUnconfiguredApp } from './app.ts';
import type { RawSettings } from './config.ts';
import { CallerError } from './core/errors/caller_error.ts';
import { createWorkersEdgeCache } from './gate/workers_edge_cache.ts';
import type { PlatformRateLimiter } from './http/access/rate_limiter.ts';
import type { AnalyticsDataset } from './http/metrics.ts';
import { createService, type Surroundings } from './service.ts';
import { createDenoKvStore, type DenoKv } from './store/kv/deno_kv.ts';
import { storeFailure } from './store/kv/guard.ts';
import type { KeyValueStore } from './store/kv/key_value.ts';
import { createWorkersKvStore, type KvNamespace } from './store/kv/workers_kv.ts';

/** How long work may continue after a response, in milliseconds: Workers ends it after 30 s; Deno sets no limit. */
const BACKGROUND = { workers: 29_000, deno: 120_000 };

/** What the runtime provides besides `fetch`, the clock and the console. */
type Runtime = Omit<Surroundings, 'fetch' | 'now' | 'log'>;

/** What `deno serve` passes besides the request. */
interface DenoServeInfo {
  remoteAddr?: { hostname?: string };
}

/** The bindings on Workers besides the settings. */
interface WorkersBindings {
  TRUST?: KvNamespace;
  RATE_LIMITER?: PlatformRateLimiter;
  METRICS?: AnalyticsDataset;
}

interface DenoGlobal {
  env: { toObject(): Record<string, string> };
  openKv?(path?: string): Promise<DenoKv>;
}

type App = ReturnType<typeof createApp>;

/** One application per set of bindings, for the life of the isolate. */
const apps = new WeakMap<object, App>();
const DENO_BINDINGS = {};

export default {
  async fetch(request: Request, env?: object, context?: ExecutionContext): Promise<Response> {
    const hasBindings = env !== undefined && env !== null && 'TRUST' in env;
    const deno = hasBindings ? undefined : (globalThis as { Deno?: DenoGlobal }).Deno;
    const bindings = deno === undefined ? (env ?? {}) : DENO_BINDINGS;
    const app =
      apps.get(bindings) ?? assemble(deno === undefined ? workersRuntime(bindings) : denoRuntime(deno));
    apps.set(bindings, app);
    const address =
      deno === undefined
        ? request.headers.get('CF-Connecting-IP')
        : (env as DenoServeInfo | undefined)?.remoteAddr?.hostname;
    return app.fetch(request, address == null ? {} : { address }, deno === undefined ? context : undefined);
  },
};

function assemble(runtime: Runtime): App {
  try {
    return createApp(createService({ ...runtime, fetch, now, log }));
  } catch (error) {
    if (!(error instanceof CallerError)) throw error;
    return createUnconfiguredApp(error, log);
  }
}

const fetch = (url: string, init: RequestInit) => globalThis.fetch(url, init);
const now = () => Date.now();
const log = (line: Record<string, unknown>) => console.log(JSON.stringify(line));

function workersRuntime(env: object): Runtime {
  const { TRUST, RATE_LIMITER, METRICS, ...settings } = env as WorkersBindings & RawSettings;
  return {
    settings,
    background: BACKGROUND.workers,
    edge: createWorkersEdgeCache(),
    store: TRUST === undefined ? unboundStore() : createWorkersKvStore(TRUST),
    ...(RATE_LIMITER !== undefined && { rateLimiter: RATE_LIMITER }),
    ...(METRICS !== undefined && { dataset: METRICS }),
  };
}

/** Opens the database once, on first use. If that fails, the next request tries again. */
function denoRuntime(deno: DenoGlobal): Runtime {
  const settings = deno.env.toObject();
  let opening: Promise<KeyValueStore> | undefined;
  const open = (): Promise<KeyValueStore> => {
    opening ??= openDenoStore(deno, settings.DENO_KV_PATH).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    settings,
    background: BACKGROUND.deno,
    store: {
      get: async (key) => (await open()).get(key),
      getMany: async (keys) => (await open()).getMany(keys),
      list: async (prefix, limit, cursor) => (await open()).list(prefix, limit, cursor),
      commit: async (changes) => (await open()).commit(changes),
    },
  };
}

async function openDenoStore(deno: DenoGlobal, path: string | undefined): Promise<KeyValueStore> {
  if (deno.openKv === undefined)
    throw storeFailure('open', 'is not configured: start Deno with --unstable-kv', { retryable: false });
  const kv = await deno.openKv(path || undefined).catch(() => {
    throw storeFailure(
      'open',
      'could not be opened: check DENO_KV_PATH, and that Deno may read and write there; on Deno Deploy, that the app has a database',
    );
  });
  return createDenoKvStore(kv);
}

function unboundStore(): KeyValueStore {
  const missing = () =>
    Promise.reject(
      storeFailure('open', 'is not configured: bind a KV namespace as TRUST', { retryable: false }),
    );
  return { get: missing, getMany: missing, list: missing, commit: missing };
}
