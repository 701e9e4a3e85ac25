// Measures the real cosign, if it has been built (scripts/vectors/install.ts), on the same task as the service: the image of
// tagged_image.ts on the same registry.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCosign, installCosign } from '../vectors/cosign.ts';
import { medianOf, type Spread } from './measure.ts';
import { TAGGED } from './tagged_image.ts';

const RUNS = 15;

export interface CosignTimes {
  wall: Spread;
  /** CPU time of its process, user and system. */
  cpu: Spread;
}

/** @returns undefined if cosign has not been built */
export async function measureCosign(host: string, keyPem: string): Promise<CosignTimes | undefined> {
  if (!hasCosign()) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  try {
    const key = join(folder, 'cosign.pub');
    await writeFile(key, keyPem);
    const image = `${host}/${TAGGED}`;
    const args = ['verify', '--key', key, '--insecure-ignore-tlog', '--allow-http-registry', image];
    const times = [];
    for (let run = 0; run < RUNS; run++) times.push(await timeOne(installCosign(), args, folder));
    // The first run fills the disk cache.
    const [, ...counted] = times;
    return {
      wall: medianOf(counted.map(({ wall }) => wall)),
      cpu: medianOf(counted.map(({ cpu }) => cpu)),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** CPU time comes from `times` of bash, which reports its children, in milliseconds (other shells: in hundredths of a second). */
async function timeOne(program: string, args: string[], home: string) {
  const quoted = [program, ...args].map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(' ');
  const started = performance.now();
  const { stdout } = await promisify(execFile)('bash', ['-c', `${quoted} >/dev/null || exit 1; times`], {
    env: { PATH: process.env.PATH ?? '', HOME: home },
  });
  const wall = (performance.now() - started) * 1000;
  const used = [...(stdout.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const cpu = used.reduce(
    (sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1e6,
    0,
  );
  return { wall, cpu };
}
