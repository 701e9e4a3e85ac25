// Makes every vector: signs, asks cosign for its verdict, and keeps what the registry then contains.
import { writeFile } from 'node:fs/promises';
import { askCosign, type Question } from './ask_cosign.ts';
import { COSIGN_VERSION, reasonOf } from './cosign.ts';
import { type Layout, readRepository } from './layout.ts';
import { PLANS, type Plan } from './plans.ts';
import type { Workbench } from './workbench.ts';

export interface Vector extends Question {
  name: string;
  digest: string;
  /** If it is an image. */
  layout?: Layout;
  /** If it is a blob. */
  blob?: { artifact: string; bundle: string };
  /** cosign's verdict and output. */
  cosign: { exitCode: number; stdout: string; reason: string };
}

export interface Vectors {
  cosign: string;
  /** `127.0.0.1:PORT`, which appears in the payloads. */
  host: string;
  /** PEM by name. */
  keys: Record<string, string>;
  logs: { url: string; version: 1 | 2; publicKey: string }[];
  vectors: Vector[];
  /** What this cosign cannot make, and the error it gives. */
  impossible: { name: string; reason: string }[];
}

/** Vectors at a time: cosign computes little and mostly waits. */
const PARALLEL = 3;

export async function makeVectors(bench: Workbench): Promise<Vectors> {
  const { logs } = bench;
  const made: Vectors = {
    cosign: COSIGN_VERSION,
    host: bench.host,
    keys: bench.publicKeys,
    logs: [
      { url: logs.v1Url, version: 1, publicKey: logs.v1.signer.pem },
      { url: logs.v2Url, version: 2, publicKey: logs.v2.signer.pem },
    ],
    vectors: [],
    impossible: [],
  };
  const waiting = [...PLANS];
  const worker = async () => {
    for (let plan = waiting.shift(); plan !== undefined; plan = waiting.shift())
      await makeOne(bench, plan, made);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const order = PLANS.map(({ name }) => name);
  const byOrder = (a: { name: string }, b: { name: string }) => order.indexOf(a.name) - order.indexOf(b.name);
  made.vectors.sort(byOrder);
  made.impossible.sort(byOrder);
  return made;
}

async function makeOne(bench: Workbench, plan: Plan, into: Vectors): Promise<void> {
  const { name, ask, key, log, annotations, type } = plan;
  try {
    const { digest, blob } = await plan.make(bench, name);
    const question: Question = {
      ask,
      key,
      log,
      ...(annotations !== undefined && { annotations }),
      ...(type !== undefined && { type }),
    };
    const run = await askAbout(bench, question, name, digest, blob);
    into.vectors.push({
      name,
      ...question,
      digest,
      ...(blob === undefined ? { layout: await readRepository(bench.registry.url, name) } : { blob }),
      cosign: { exitCode: run.exitCode, stdout: run.stdout, reason: run.exitCode === 0 ? '' : reasonOf(run) },
    });
  } catch (error) {
    into.impossible.push({ name, reason: error instanceof Error ? error.message : String(error) });
  }
}

export async function askAbout(
  bench: Workbench,
  question: Question,
  repository: string,
  digest: string,
  blob?: { artifact: string; bundle: string },
) {
  if (blob === undefined) return askCosign(bench, question, `${bench.host}/${repository}@${digest}`);
  const [artifact, bundle] = [bench.path(`${repository}.ask.txt`), bench.path(`${repository}.ask.bundle`)];
  await writeFile(artifact, blob.artifact);
  await writeFile(bundle, blob.bundle);
  return askCosign(bench, question, { artifact, bundle, isOld: blob.bundle.includes('base64Signature') });
}
