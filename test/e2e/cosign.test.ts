// The real cosign and the service: cosign signs and attests anew, then both verify every vector, and every mutant of it, in the
// same registry. Skipped if Go and a built cosign are missing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareAll } from '../../scripts/vectors/compare.ts';
import { hasCosign, hasGo, installCosign } from '../../scripts/vectors/cosign.ts';
import { makeVectors, type Vectors } from '../../scripts/vectors/make.ts';
import { mutate } from '../../scripts/vectors/mutations.ts';
import { signedAnew } from '../../scripts/vectors/mutations_signed_anew.ts';
import { startVectorService, type VectorService } from '../../scripts/vectors/service.ts';
import { openWorkbench, type Workbench } from '../../scripts/vectors/workbench.ts';
import { askService, DIFFERENT } from '../conformance/support/vector_service.ts';
import { skipWithoutRegistry } from './support/docker_registry.ts';

/** Building cosign takes some minutes the first time. */
const BUILD_TIMEOUT = 25 * 60_000;
/** The test takes three or four minutes on two cores. */
const COMPARE_TIMEOUT = 10 * 60_000;

const isSkipped = !process.env.CI && (skipWithoutRegistry || !(hasCosign() || hasGo()));

let bench: Workbench;
let made: Vectors;
let service: VectorService;

beforeAll(async () => {
  if (isSkipped) return;
  installCosign();
  bench = await openWorkbench();
  made = await makeVectors(bench);
  service = await startVectorService(bench, 'workerd');
}, BUILD_TIMEOUT);

afterAll(async () => {
  await service?.stop();
  await bench?.stop();
});

test.skipIf(isSkipped)(
  'each fresh vector has the verdict of cosign, or of a named difference',
  { timeout: COMPARE_TIMEOUT },
  async () => {
    expect(made.vectors.length).toBeGreaterThanOrEqual(80);
    const wrong: string[] = [];
    for (const { name, ...vector } of made.vectors) {
      await service.trust(vector.key, vector.log === 'none' ? 'unsafe-none' : 'required');
      const { status, text } = await askService(service.call, { ...vector, name: `${bench.host}/${name}` });
      const wanted = DIFFERENT[name]?.code ?? (vector.cosign.exitCode === 0 ? 'VERIFIED' : undefined);
      if (status !== (wanted === 'VERIFIED' ? 200 : 403))
        wrong.push(`${name}: ${status} ${text.slice(0, 500)}`);
    }
    expect(wrong).toEqual([]);
  },
);

test.skipIf(isSkipped)(
  'each mutant has the verdict of cosign, or of a listed reason',
  { timeout: COMPARE_TIMEOUT },
  async () => {
    for (const key of Object.keys(bench.publicKeys)) await service.trust(key, 'required');
    const compared = await compareAll(bench, service.call, [
      ...mutate(made.vectors),
      ...(await signedAnew(bench)),
    ]);
    const judged = compared.filter(({ outcome }) => outcome !== 'unstorable');
    expect(judged.length).toBeGreaterThanOrEqual(300);
    expect(judged.filter(({ outcome }) => outcome === 'unexplained')).toEqual([]);
    expect(judged.filter(({ service: verdict }) => verdict === 'undecided')).toEqual([]);
  },
);
