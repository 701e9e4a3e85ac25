// Time from process start to the first response: the runtime with the bundle, compared with an empty Worker.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE, ROOT } from '../paths.ts';
import { type Runtime, startService } from '../service/service.ts';
import { medianOf, type Spread } from './measure.ts';

const RUNS = 7;
const EMPTY = "export default { fetch: () => new Response('{}') };\n";

export async function measureColdStart(runtime: Runtime): Promise<Map<string, Spread>> {
  const empty = join(ROOT, 'dist', 'empty.js');
  await writeFile(empty, EMPTY);
  const times: Record<string, number[]> = { 'start/empty': [], 'start/bundle': [] };
  for (let run = 0; run < RUNS; run++) {
    times['start/empty']?.push(await timeStart(runtime, empty));
    times['start/bundle']?.push(await timeStart(runtime, BUNDLE));
  }
  return new Map(Object.entries(times).map(([name, values]) => [name, medianOf(values)]));
}

/** In microseconds. */
async function timeStart(runtime: Runtime, bundle: string): Promise<number> {
  const started = performance.now();
  const service = await startService(runtime, { bundle, settings: {} });
  await (await fetch(`${service.url}/healthz`)).text();
  const took = (performance.now() - started) * 1000;
  await service.stop();
  return took;
}
