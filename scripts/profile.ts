// `npm run profile -- seed`: the CPU time of one verification on workerd, by function, in microseconds. The argument is a form from the
// benchmark (`seed`, `bundle`, `bundle-v2`, `attestation`); `floor/seed` profiles only the bare WebCrypto calls.
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { parseArguments } from './arguments.ts';
import { readCompatibility } from './service/compatibility.ts';
import { connectInspector } from './service/inspector.ts';

const WARM_UP = 3_000;
const RUNS = 10_000;
const ROWS = 25;
/** The sampling interval, in microseconds. */
const INTERVAL = 100;

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

const { positionals } = parseArguments('npm run profile [-- FORM]', { options: {}, allowPositionals: true });
const [form = 'seed'] = positionals;
const path = form.includes('/') ? form : `core/${form}`;
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'bench', 'worker.ts')],
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2024',
  write: false,
  logLevel: 'warning',
});
const miniflare = new Miniflare({
  cf: false,
  telemetry: { enabled: false },
  inspectorPort: 0,
  workers: [
    {
      config: {
        name: 'profile',
        ...(await readCompatibility()),
        manifest: {
          mainModule: 'worker.js',
          modulesRoot: '/',
          modules: { 'worker.js': { type: 'esm', contents: outputFiles[0]?.text ?? '' } },
        },
      },
    },
  ],
});
const url = await miniflare.ready;
const work = async (count: number) => {
  const response = await fetch(new URL(`/${path}?n=${count}`, url));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
};
await work(WARM_UP);
const profile = await profiled(() => work(RUNS));
print(profile);
await miniflare.dispose();

async function profiled(run: () => Promise<void>): Promise<Profile> {
  const inspector = await connectInspector(await miniflare.getInspectorURL(), 'profile');
  await inspector.ask('Profiler.enable');
  await inspector.ask('Profiler.setSamplingInterval', { interval: INTERVAL });
  await inspector.ask('Profiler.start');
  await run();
  const { profile } = (await inspector.ask('Profiler.stop')) as { profile: Profile };
  inspector.close();
  return profile;
}

function print({ nodes, samples, timeDeltas }: Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const own = new Map<string, number>();
  for (const [at, sample] of samples.entries()) {
    const frame = frames.get(sample);
    const name = `${frame?.functionName || '(anonymous)'}:${(frame?.lineNumber ?? 0) + 1}`;
    own.set(name, (own.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  }
  const rows = [...own].sort(([, a], [, b]) => b - a).slice(0, ROWS);
  for (const [name, time] of rows) console.log(`${(time / RUNS).toFixed(2).padStart(9)}  ${name}`);
}
