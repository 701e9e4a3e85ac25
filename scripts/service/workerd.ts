// Runs the bundle on workerd, through miniflare: a Worker with its KV namespace, no Node compatibility, no Cloudflare account.

import { mkdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Miniflare } from 'miniflare';
import { ROOT } from '../paths.ts';
import { readCompatibility } from './compatibility.ts';
import { connectInspector } from './inspector.ts';
import type { Service, ServiceOptions } from './service.ts';

const NAME = 'countersign';

export async function startWorkerd(options: ServiceOptions): Promise<Service> {
  const {
    bundle,
    settings,
    host = '127.0.0.1',
    port = 0,
    stateDir,
    isLogged = false,
    isInspected = false,
  } = options;
  if (stateDir !== undefined) await mkdir(stateDir, { recursive: true });
  const name = basename(bundle);
  const compatibility = await readCompatibility();
  const texts = Object.entries(settings).map(
    ([key, value]) => [key, { type: 'text' as const, value }] as const,
  );
  const keepSignals = rememberSignalListeners();
  const miniflare = new Miniflare({
    host,
    port,
    // Does not look up this machine's location, which would need the internet.
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    ...(isInspected && { inspectorPort: 0 }),
    handleStructuredLogs: ({ message }) => {
      if (isLogged) process.stderr.write(`${message}\n`);
    },
    resourcePersistencePath: stateDir,
    workers: [
      {
        config: {
          name: NAME,
          ...compatibility,
          manifest: {
            mainModule: name,
            modulesRoot: '/',
            modules: { [name]: { type: 'esm', contents: await readFile(bundle, 'utf8') } },
          },
          env: { ...Object.fromEntries(texts), TRUST: { type: 'kv', id: 'TRUST' } },
        },
        dev: { rootPath: ROOT },
      },
    ],
  });
  keepSignals();
  const url = await miniflare.ready;
  return {
    url: url.origin,
    stop: () => miniflare.dispose(),
    ended: new Promise(() => {}),
    ...(isInspected && { heap: () => heapOf(miniflare, url.origin) }),
  };
}

async function heapOf(miniflare: Miniflare, origin: string): Promise<number> {
  const inspector = await connectInspector(await miniflare.getInspectorURL(), NAME);
  const ask = async (method: string) => {
    let isAnswered = false;
    const answer = inspector.ask(method).finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) await (await fetch(`${origin}/healthz`)).text();
    return answer;
  };
  for (const method of ['HeapProfiler.enable', 'HeapProfiler.collectGarbage', 'HeapProfiler.collectGarbage'])
    await ask(method);
  const { usedSize } = (await ask('Runtime.getHeapUsage')) as { usedSize: number };
  inspector.close();
  return usedSize;
}

/**
 * Miniflare makes every signal end this process at once, before its owner can shut down in order. The returned function
 * removes those listeners; miniflare still stops workerd when the process exits, whatever the reason.
 */
function rememberSignalListeners(): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)));
  return () => {
    for (const signal of signals) {
      for (const listener of process.listeners(signal))
        if (!before.has(listener)) process.off(signal, listener);
    }
  };
}
