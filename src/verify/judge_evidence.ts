// Each piece of evidence before each requirement that it may serve. What decides is core/verify_signature.ts and core/verdict.ts; here
// is only the order, so that junk cannot use up what one request may verify.
import type { Evidence } from '../core/evidence.ts';
import { SIGNATURE_PREDICATE_TYPE } from '../core/formats/in_toto.ts';
import { statedPredicateType } from '../core/reading.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import { isMet, type JudgedRequirement, type Requirement } from '../core/verdict.ts';
import type { Meter, Trust } from '../core/verification.ts';
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

/** By what it says it is: an attestation serves those who ask for its type; a signature, and anything else, is looked at as a signature. */
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
 * Looks for the good signatures where they are likely: first each signature under the keys that its log entry names, then all of
 * them under one key after the other.
 * @returns those that verify, until there are enough, and what was judged under every key on the way; what else was computed is
 * remembered with the evidence
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
    ...(keys.length < 2 ? [] : keys.flatMap((key) => unnamed.map((item) => ({ item, under: [key] })))),
  ];
  for (const { item, under } of trials) {
    if (results.has(item)) continue;
    const result = await judgeOne(item, under);
    if (result.verdict === 'verified' || under.length === keys.length) results.set(item, result);
    if (isMet({ requirement, results: [...results.values()] })) break;
  }
  return results;
}
