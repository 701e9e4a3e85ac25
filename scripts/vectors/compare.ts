// Gives vectors and their mutants to both cosign and the service: where the two differ, the list must have a reason.

import { askService, type Call } from '../../test/conformance/support/vector_service.ts';
import { reasonOf } from './cosign.ts';
import { differenceOf } from './differences.ts';
import { pushRepository } from './layout.ts';
import type { Vector } from './make.ts';
import { askAbout } from './make.ts';
import type { Workbench } from './workbench.ts';

export interface Compared {
  change: string;
  cosign: 'verified' | 'refused';
  /** The verdict; `code` has the codes of the signatures, or else of the whole. */
  service: string;
  code: string;
  /** Why cosign refused. */
  reason: string;
  /** `unstorable`: the registry itself rejects it. */
  outcome: 'agree' | 'explained' | 'unexplained' | 'unstorable';
  why?: string;
}

/** Comparisons at a time: enough for cosign to keep two cores busy. */
const PARALLEL = 3;

export async function compareAll(
  bench: Workbench,
  call: Call,
  vectors: (Vector & { change: string })[],
): Promise<Compared[]> {
  const compared: Compared[] = [];
  const waiting = [...vectors];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      compared.push(await compareOne(bench, call, next));
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return compared;
}

async function compareOne(
  bench: Workbench,
  call: Call,
  vector: Vector & { change: string },
): Promise<Compared> {
  const { change, name, digest, blob, layout } = vector;
  const repository = `mutants/${name.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}`;
  try {
    if (layout !== undefined) await pushRepository(bench.registry.url, repository, layout);
  } catch (error) {
    const reason = String(error);
    return { change, cosign: 'refused', service: 'refused', code: '', reason, outcome: 'unstorable' };
  }
  const [run, answer] = await Promise.all([
    askAbout(bench, vector, layout === undefined ? name : repository, digest, blob),
    askService(call, { ...vector, name: `${bench.host}/${repository}`, digest }),
  ]);
  const cosign = run.exitCode === 0 ? 'verified' : 'refused';
  const service = answer.json?.verdict ?? (answer.status === 400 ? 'refused' : 'undecided');
  const codes = (answer.json?.signatures ?? []).map(({ code }: { code: string }) => code);
  const code =
    codes.length > 0 ? [...new Set(codes)].join(' ') : (answer.json?.code ?? String(answer.status));
  const reason = run.exitCode === 0 ? '' : reasonOf(run);
  const base = { change, cosign, service, code, reason } as const;
  if (cosign === service) return { ...base, outcome: 'agree' };
  const why = differenceOf(base);
  return why === undefined ? { ...base, outcome: 'unexplained' } : { ...base, outcome: 'explained', why };
}
