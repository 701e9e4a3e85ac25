// Judges each piece of evidence against each requirement that it may serve. core/verify_signature.ts and core/verdict.ts decide; this file
// only sets the order, so that junk cannot use up the verifications that one request may make.
import type { Evidence } from '../core/evidence/evidence.ts';
import { statedPredicateType } from '../core/evidence/read_evidence.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../core/formats/in_toto.ts';
import type { Meter } from '../core/meter.ts';
import type { Trust } from '../core/trust/trust.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import { isMet, type JudgedRequirement, type Requirement } from '../core/verdict.ts';
import { namesOneOf, type SignatureResult, verifySignatureEvidence } from '../core/verify_signature.ts';

type JudgeOne = (item: Evidence, keys: TrustedKey[]) => Promise<SignatureResult>;

/** @param now milliseconds since the epoch */
export async function judgeEvidence(
  evidence: Evidence[],
  requirements: Requirement[],
  trust: Omit<Trust, 'keys'>,
  now: number,
  meter: Meter,
): Promise<JudgedRequirement[]> {
  const types = requirements.flatMap(({ perSignature: { attestation } }) => attestation ?? []);
  const judged: JudgedRequirement[] = [];
  for (const requirement of requirements) {
    const judgeOne: JudgeOne = (item, keys) =>
      verifySignatureEvidence(item, { ...trust, keys }, requirement.perSignature, now, meter);
    const own =
      requirements.length === 1 ? evidence : evidence.filter((item) => mayServe(item, requirement, types));
    judged.push({ requirement, results: await judgeAll(own, requirement, judgeOne) });
  }
  return judged;
}

/** Goes by the stated type: an attestation serves requirements for its type; everything else is judged as a signature. */
function mayServe(item: Evidence, { perSignature }: Requirement, types: string[]): boolean {
  if ('missing' in item) return true;
  const stated = statedPredicateType(item);
  const { attestation } = perSignature;
  if (attestation !== undefined) return stated === attestation;
  return stated === undefined || stated === SIGNATURE_PREDICATE_TYPE || !types.includes(stated);
}

async function judgeAll(
  evidence: Evidence[],
  requirement: Requirement,
  judgeOne: JudgeOne,
): Promise<SignatureResult[]> {
  const results = await judgeLikelyFirst(evidence, requirement, judgeOne);
  for (const item of evidence)
    if (!results.has(item)) results.set(item, await judgeOne(item, requirement.keys));
  return evidence.flatMap((item) => results.get(item) ?? []);
}

/**
 * Tries the likely good signatures first: each signature under the keys that its log entry names, then all others under one key after
 * another.
 * @returns the signatures that verify, until there are enough, and those judged under every key on the way; other computed results
 * are cached with the evidence
 */
async function judgeLikelyFirst(
  evidence: Evidence[],
  requirement: Requirement,
  judgeOne: JudgeOne,
): Promise<Map<Evidence, SignatureResult>> {
  const { keys } = requirement;
  const results = new Map<Evidence, SignatureResult>();
  if (evidence.length < 2) return results;
  const named = evidence.map((item) => ({ item, under: keys.filter((key) => namesOneOf(item, [key])) }));
  const unnamed = named.filter(({ under }) => under.length === 0).map(({ item }) => item);
  const trials = [
    ...named.filter(({ under }) => under.length > 0),
    ...keys.flatMap((key) => unnamed.map((item) => ({ item, under: [key] }))),
  ];
  for (const { item, under } of trials) {
    if (results.has(item)) continue;
    const result = await judgeOne(item, under);
    if (result.verdict === 'verified' || under.length === keys.length) results.set(item, result);
    if (isMet({ requirement, results: [...results.values()] })) break;
  }
  return results;
}
