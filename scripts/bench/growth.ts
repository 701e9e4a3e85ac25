// Growing work: signatures on one image, and hashes in a proof. Its cost is compared with that of one.
import { rootFromInclusionProof } from '../../src/core/log/merkle.ts';
import { judge } from '../../src/core/verdict.ts';
import { judgeEvidence } from '../../src/verify/judge_evidence.ts';
import { LOGGED_AT, makeSubject } from '../../test/conformance/support/harness.ts';
import { makeKey } from '../../test/support/keys.ts';
import { logBody, payloadFor, signPayload } from '../../test/support/sign_image.ts';
import type { Work } from './work.ts';

/** How many of each. At most 64 signatures of a list are read, and a proof in a tree of 2^60 leaves has 60 hashes. */
export const GROWTH: Record<'signatures' | 'proof', number[]> = {
  signatures: [1, 8, 64],
  proof: [1, 10, 60],
};

export const GROWN = Object.entries(GROWTH).flatMap(([what, counts]) =>
  counts.map((count) => `${what}-${count}`),
);

/** @param name as in `GROWN` */
export async function makeGrown(name: string): Promise<Work> {
  const [what, count] = name.split('-');
  return what === 'proof' ? makeProof(Number(count)) : makeSignatures(Number(count));
}

/** One image with `count` logged signatures, each by another key; the trusted one is last. */
async function makeSignatures(count: number): Promise<Work> {
  const { log, digest, evidence, trust, requirements, now } = await makeSubject();
  const junk = [];
  for (let i = 1; i < count; i++) {
    const other = await makeKey();
    const layer = await signPayload(other, payloadFor(digest));
    const { entry } = await log.append(await logBody('hashedrekord', layer, other), LOGGED_AT);
    junk.push({ ...evidence, signature: layer.signature, logBundle: log.annotation(entry) });
  }
  const all = [...junk, evidence];
  const requirement = { keys: trust.keys, threshold: 1, perSignature: requirements };
  return async () => {
    const fresh = all.map((one) => ({ ...one, facts: new Map() }));
    const meter = { verifications: 0, proofs: 0 };
    const { code } = judge(await judgeEvidence(fresh, [requirement], trust, now, meter), []);
    if (code !== 'VERIFIED') throw new Error(`the core returned ${code}`);
  };
}

/** Proves the first leaf of the largest tree whose proofs have `count` hashes. */
function makeProof(count: number): Work {
  const hashes = Array.from({ length: count }, () => crypto.getRandomValues(new Uint8Array(32)));
  const leaf = crypto.getRandomValues(new Uint8Array(32));
  const size = 1n << BigInt(count);
  return async () => {
    await rootFromInclusionProof(leaf, 0n, size, hashes);
  };
}
