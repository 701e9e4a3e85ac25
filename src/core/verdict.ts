// Combines the results of all signatures into one verdict: verified if all requirements are met; refused if some requirement is
// definitely not met; otherwise undecided.
import type { VerdictCode } from './codes.ts';
import { describeDigests } from './crypto/message.ts';
import { printable, shortened } from './encoding/display.ts';
import { foremost, type Undecided } from './errors/undecided.ts';
import type { SignatureRequirements } from './signature_requirements.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import type { SignatureResult } from './verify_signature.ts';

/** Signatures, or attestations of one type, by at least `threshold` different keys out of `keys`. */
export interface Requirement {
  keys: TrustedKey[];
  /** At least 1. */
  threshold: number;
  /** What each signature must satisfy. */
  perSignature: SignatureRequirements;
}

/** A requirement and the results that count towards it. */
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
  /** If verified, the signature to report. */
  deciding?: SignatureResult;
}

/** @param gaps places that could not be searched and may contain more signatures */
export function judge(judged: JudgedRequirement[], gaps: Undecided[]): Judgement {
  const unmet = judged.filter((one) => !isMet(one));
  if (judged.length > 0 && unmet.length === 0) return verified(judged);
  // A requirement that is definitely not met leads to a refusal, whatever is unknown about the others.
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
 * Whether at least `threshold` different keys signed the same subject. A key counts once, by its fingerprint. An image and an index that
 * lists it are different subjects, and either may be enough.
 */
export function isMet({ requirement, results }: JudgedRequirement): boolean {
  return requirement.threshold > 0 && goodOnes(results).length >= requirement.threshold;
}

/** The first verified result of each key, for the subject that most keys signed. */
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

/** @param unmet the requirements that are definitely not met; unknown ones are not a reason to refuse and are not reported as one */
function refuse(judged: JudgedRequirement[], unmet: JudgedRequirement[]): Judgement {
  const all = judged.flatMap(({ results }) => results);
  if (all.length === 0)
    return {
      verdict: 'refused',
      code: 'NO_SIGNATURES',
      summary: `No ${whatIsMissing(judged)} was found for this digest.`,
    };
  const summary = unmet.map((one) => describeUnmet(one, all)).join(' ');
  if (all.some(({ verdict }) => verdict === 'verified'))
    return { verdict: 'refused', code: 'POLICY_THRESHOLD', summary };
  if (all.some(({ verdict }) => verdict === 'undecided'))
    return { verdict: 'refused', code: 'NO_TRUSTED_SIGNATURE', summary };
  const what = judged.every(isAboutAttestations) ? 'attestation' : 'signature';
  const which =
    all.length === 1
      ? `The only ${what} found does not count`
      : `None of the ${all.length} ${what}s found counts`;
  return { verdict: 'refused', code: 'NO_TRUSTED_SIGNATURE', summary: `${which}: ${reasons(all)}.` };
}

/** Which keys count, for those who cannot read the policy. */
function among({ keys }: Requirement): string {
  const ids = keys.flatMap(({ id }) => id ?? []);
  return ids.length === 0 ? '' : `, of ${ids.join(', ')}`;
}

function isAboutAttestations({ requirement }: JudgedRequirement): boolean {
  return requirement.perSignature.attestation !== undefined;
}

function whatIsMissing(judged: JudgedRequirement[]): string {
  const types = judged.map(({ requirement }) => requirement.perSignature.attestation);
  const wanted = types.filter((type) => type !== undefined);
  return wanted.length < types.length ? 'signature' : `attestation of type ${wanted.join(' or ')}`;
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

/** What cannot be read states no type, so it is judged as a signature, and may be the attestation that is missing. */
const UNREADABLE = ['BUNDLE_MALFORMED', 'BUNDLE_UNSUPPORTED', 'PAYLOAD_MALFORMED'];

function describeUnmet({ requirement, results }: JudgedRequirement, all: SignatureResult[]): string {
  const { attestation } = requirement.perSignature;
  const { threshold } = requirement;
  const type = attestation === undefined ? '' : ` of type ${attestation}`;
  const [one, several] =
    attestation === undefined ? ['A signature', 'Signatures'] : ['An attestation', 'Attestations'];
  const wanted =
    threshold === 1
      ? `${one}${type} by a trusted key is required`
      : `${several}${type} by ${threshold} different keys are required${among(requirement)}`;
  const good = goodOnes(results).map(({ signer }) => signer?.trusted.id ?? signer?.trusted.key.fingerprint);
  const others = results.filter(({ verdict }) => verdict !== 'verified');
  const count = `only ${good.length} ${good.length === 1 ? 'counts' : 'count'} (${good.join(', ')})`;
  const someFound = good.length === 0 ? 'none of those found counts' : count;
  const none = all.some(({ code }) => UNREADABLE.includes(code)) ? 'none that can be read' : 'none';
  const found = results.length === 0 ? `${none} was found` : someFound;
  return `${wanted}; ${found}${others.length === 0 ? '' : `: ${reasons(others)}`}.`;
}

/** In characters, of each text that a check compared. */
const MAX_COMPARED = 200;

/** The codes. If there is only one, also what the first check with it compared: clients like docker and kubectl print only this sentence. */
function reasons(results: SignatureResult[]): string {
  const [first, ...more] = new Set(results.map(({ code }) => code));
  const failed = results.flatMap(({ checks }) => checks).find(({ result }) => result === 'fail');
  if (first === undefined || more.length > 0 || failed === undefined) return [first, ...more].join(', ');
  const { expected, actual } = failed;
  const compared = Object.entries({ expected, found: actual }).flatMap(([word, text]) =>
    text === undefined ? [] : `${word}: ${brief(text)}`,
  );
  return compared.length === 0 ? first : `${first} (${compared.join('; ')})`;
}

/** Shortens digests, as the checks have them whole. Evidence is a stranger's text and is shown in terminals. */
function brief(text: string): string {
  const withoutEnds = text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
  return printable(shortened(withoutEnds, MAX_COMPARED));
}
