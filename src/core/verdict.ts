// From the results of all signatures to one verdict. Three-valued: where everything that is required is there, it is verified; failing
// that, anything that could not be decided leaves the whole undecided; only what is definite is refused.
import type { VerdictCode } from './codes.ts';
import { describeDigests } from './crypto/message.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import { foremost, type Undecided } from './undecided.ts';
import type { SignatureRequirements } from './verification.ts';
import type { SignatureResult } from './verify_signature.ts';

/** Signatures, or attestations of one type, by so many different keys of these. */
export interface Requirement {
  keys: TrustedKey[];
  /** At least 1. */
  threshold: number;
  /** What each of them is held to. */
  perSignature: SignatureRequirements;
}

/** What was judged for a requirement. */
export interface JudgedRequirement {
  requirement: Requirement;
  results: SignatureResult[];
}

export interface Judgement {
  verdict: 'verified' | 'exempt' | 'refused' | 'undecided';
  code: VerdictCode;
  /** One sentence. */
  summary: string;
  undecided?: Undecided;
  /** Of what is verified: the signature to speak of. */
  deciding?: SignatureResult;
}

/** @param gaps places where there may be more, which could not be looked at */
export function judge(judged: JudgedRequirement[], gaps: Undecided[]): Judgement {
  const unmet = judged.filter((one) => !isMet(one));
  if (judged.length > 0 && unmet.length === 0) return verified(judged);
  // One requirement that is definitely not met refuses, whatever is unknown about the others.
  const open = unmet.map((one) => foremost([...unknownsIn(one), ...gaps]));
  const undecided = foremost(open.filter((one) => one !== undefined));
  if (undecided !== undefined && open.every((one) => one !== undefined)) return undecidedJudgement(undecided);
  return refuse(
    judged,
    unmet.filter((_, at) => open[at] === undefined),
  );
}

export function undecidedJudgement(undecided: Undecided): Judgement {
  return { verdict: 'undecided', code: undecided.code, summary: undecided.message, undecided };
}

function verified(judged: JudgedRequirement[]): Judgement {
  const [deciding] = judged.flatMap(({ results }) => goodOnes(results));
  const summary = judged.map(describeMet).join(' ');
  return { verdict: 'verified', code: 'VERIFIED', summary, ...(deciding !== undefined && { deciding }) };
}

/**
 * Whether so many different keys have signed one and the same thing. A key counts once, by its fingerprint; an image and the index that
 * names it are two things, and either may be enough.
 */
export function isMet({ requirement, results }: JudgedRequirement): boolean {
  return requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold;
}

/** The first good result of each key, about the thing that most keys have signed. */
function goodOnes(results: SignatureResult[]): SignatureResult[] {
  const byThing = new Map<string, Map<string, SignatureResult>>();
  for (const result of results) {
    if (result.verdict !== 'verified' || result.signer === undefined) continue;
    const { fingerprint } = result.signer.trusted.key;
    const thing = describeDigests(result.evidence?.subject.digests ?? {});
    const byKey = byThing.get(thing) ?? new Map<string, SignatureResult>();
    if (!byKey.has(fingerprint)) byKey.set(fingerprint, result);
    byThing.set(thing, byKey);
  }
  const most = [...byThing.values()].reduce((best, one) => (one.size > best.size ? one : best), new Map());
  return [...most.values()];
}

function unknownsIn({ results }: JudgedRequirement): Undecided[] {
  return results.flatMap(({ undecided }) => undecided ?? []);
}

/** @param unmet definitely: what is unknown is no reason to refuse, and no part of one */
function refuse(judged: JudgedRequirement[], unmet: JudgedRequirement[]): Judgement {
  const all = judged.flatMap(({ results }) => results);
  if (all.length === 0)
    return {
      verdict: 'refused',
      code: 'NO_SIGNATURES',
      summary: `No ${whatIsMissing(judged)} was found for this digest.`,
    };
  const summary = unmet.map(describeUnmet).join(' ');
  if (all.some(({ verdict }) => verdict === 'verified'))
    return { verdict: 'refused', code: 'POLICY_THRESHOLD', summary };
  if (all.some(({ verdict }) => verdict === 'undecided'))
    return { verdict: 'refused', code: 'NO_TRUSTED_SIGNATURE', summary };
  const which =
    all.length === 1
      ? 'The signature found does not count'
      : `None of the ${all.length} signatures found counts`;
  return { verdict: 'refused', code: 'NO_TRUSTED_SIGNATURE', summary: `${which}: ${reasons(all)}.` };
}

function whatIsMissing(judged: JudgedRequirement[]): string {
  const types = judged.map(({ requirement }) => requirement.perSignature.attestation);
  const wanted = types.filter((type) => type !== undefined);
  return wanted.length === 0 || wanted.length < types.length
    ? 'signature'
    : `attestation of type ${wanted.join(' or ')}`;
}

function describeMet({ requirement, results }: JudgedRequirement): string {
  const good = goodOnes(results).slice(0, requirement.threshold).map(describeGood);
  const { attestation } = requirement.perSignature;
  return `${attestation === undefined ? 'Signed' : `Attested (${attestation})`} by ${good.join(', and by ')}.`;
}

function describeGood({ signer, transparency }: SignatureResult): string {
  const { id, key } = signer?.trusted ?? {};
  const index = transparency?.logIndex === undefined ? '' : ` as #${transparency.logIndex}`;
  const log = transparency === undefined ? 'not logged' : `logged${index}`;
  return `${id ?? `the caller's key ${key?.fingerprint}`}, ${log}`;
}

function describeUnmet({ requirement, results }: JudgedRequirement): string {
  const { attestation } = requirement.perSignature;
  const { threshold } = requirement;
  const what = attestation === undefined ? 'Signatures' : `Attestations of type ${attestation}`;
  const wanted = threshold === 1 ? 'a trusted key' : `${threshold} different keys`;
  const good = goodOnes(results).map(({ signer }) => signer?.trusted.id ?? signer?.trusted.key.fingerprint);
  const others = results.filter(({ verdict }) => verdict !== 'verified');
  const count = good.length === 0 ? 'none counts' : `${good.length} count (${good.join(', ')})`;
  const found = results.length === 0 ? 'none was found' : count;
  return `${what} by ${wanted} are required; ${found}${others.length === 0 ? '' : `: ${reasons(others)}`}.`;
}

function reasons(results: SignatureResult[]): string {
  return [...new Set(results.map(({ code }) => code))].join(', ');
}
