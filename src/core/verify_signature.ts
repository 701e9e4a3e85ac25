// Verifies one signature from start to finish: payload → signer → log → binding → time → claims. This is the complete list of checks for
// a signature in any format; nothing outside it decides.
import { type Check, runChecks, type Step } from './checks.ts';
import type { VerdictCode } from './codes.ts';
import type { Undecided } from './errors/undecided.ts';
import type { Evidence, Format, SignatureEvidence, Source } from './evidence/evidence.ts';
import { namesKey } from './evidence/named_keys.ts';
import { readingOf } from './evidence/read_evidence.ts';
import type { LogEntry } from './log/log_entry.ts';
import type { Meter } from './meter.ts';
import type { SignatureRequirements } from './signature_requirements.ts';
import { annotations, certificate, keyValid, predicate, predicateType } from './steps/claims.ts';
import { checkpoint, inclusionProof, isLogRequired, logKeyValid, logKnown, set } from './steps/log.ts';
import { entryKey, entryKind, entryPayload, entrySignature } from './steps/log_binding.ts';
import { hasEntries } from './steps/log_entries.ts';
import { onlineEntry } from './steps/online.ts';
import { payloadDigest, payloadType, subjectDigest } from './steps/payload.ts';
import { keyKnown, keyScope, signature } from './steps/signer.ts';
import { timestamp } from './steps/timestamp.ts';
import type { Trust } from './trust/trust.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import { labelOf } from './trust/trusted_log.ts';
import type { Claims, Signer, Verification } from './verification.ts';

export type Proof = 'set' | 'inclusion' | 'both' | 'online';

/** In the documented order. */
const STEPS: Step<Verification>[] = [
  payloadDigest,
  payloadType,
  subjectDigest,
  keyKnown,
  keyScope,
  signature,
  logKnown,
  logKeyValid,
  set,
  inclusionProof,
  checkpoint,
  entryKind,
  entrySignature,
  entryPayload,
  entryKey,
  onlineEntry,
  timestamp,
  keyValid,
  annotations,
  predicateType,
  predicate,
  certificate,
];

export interface SignatureResult {
  verdict: 'verified' | 'refused' | 'undecided';
  code: VerdictCode;
  format: Format;
  source: Source;
  /** The trusted key that made the signature; present if the signature check passed. */
  signer?: Signer;
  /** Milliseconds since the epoch: the earliest proven time at which the signature existed. */
  signedAt?: number;
  /** What the signer stated; present if the signature check passed. */
  claims?: Claims;
  /** Present if a trusted log vouches for the entry and the entry is about this signature. */
  transparency?: {
    log: string;
    url: string;
    version: 1 | 2;
    entry: LogEntry;
    /** Log-wide. Absent if nothing from the log covers it: a v1 log's proof covers only the index in its shard. */
    logIndex?: bigint;
    /** Milliseconds since the epoch; present if the log promised it. */
    integratedTime?: number;
    proof: Proof;
  };
  checks: Check[];
  undecided?: Undecided;
  evidence?: SignatureEvidence;
}

/** @param now milliseconds since the epoch */
export async function verifySignatureEvidence(
  evidence: Evidence,
  trust: Trust,
  requirements: SignatureRequirements,
  now: number,
  meter: Meter,
): Promise<SignatureResult> {
  if ('missing' in evidence) {
    const { format, source, missing } = evidence;
    return { verdict: 'undecided', code: missing.code, format, source, checks: [], undecided: missing };
  }
  const state = begin(evidence, trust, requirements, now, meter);
  const { code, checks, undecided } = await runChecks(STEPS, state);
  const verified = code === 'VERIFIED';
  if (verified) assertEstablished(state, checks);
  return {
    verdict: verified ? 'verified' : undecided === undefined ? 'refused' : 'undecided',
    code,
    format: evidence.format,
    source: evidence.source,
    ...learned(state, checks),
    checks,
    ...(undecided !== undefined && { undecided }),
    evidence,
  };
}

/** Missing evidence must never verify: if the list of steps ever lacks one of these checks, this throws instead of passing. */
function assertEstablished(state: Verification, checks: Check[]): void {
  const needed: Check['name'][] = ['payload-type', 'key-known', 'signature'];
  if (state.claims?.kind !== 'artifact') needed.push('subject-digest');
  if (state.claims?.kind === 'in-toto') needed.push('predicate-type');
  if ((state.requirements.predicate ?? []).length > 0) needed.push('predicate');
  if (hasEntries(state) || isLogRequired(state))
    needed.push('log-known', 'entry-signature', 'entry-payload', 'entry-key');
  const missing = needed.find((name) => !passed(checks, name));
  if (missing !== undefined) throw new TypeError(`verified without ${missing}`);
  const isVouchedFor = passed(checks, 'set') || passed(checks, 'checkpoint');
  if (needed.includes('entry-key') && !isVouchedFor) throw new TypeError('verified without promise or proof');
}

/** Whether the evidence names one of these keys: only a hint for which evidence to verify first. */
export function namesOneOf(evidence: Evidence, keys: TrustedKey[]): boolean {
  if ('missing' in evidence) return false;
  const reading = readingOf(evidence);
  return keys.some(({ key }) => namesKey(reading, key));
}

function begin(
  evidence: SignatureEvidence,
  trust: Trust,
  requirements: SignatureRequirements,
  now: number,
  meter: Meter,
): Verification {
  const reading = readingOf(evidence);
  const { signature, signed, entries } = reading;
  return {
    evidence,
    reading,
    trust,
    requirements,
    now,
    meter,
    signature,
    signed,
    entries,
    entrySource: 'evidence',
    found: [],
    provenTimes: [],
  };
}

/** The parts of the result that checks have established. */
function learned(state: Verification, checks: Check[]): Partial<SignatureResult> {
  const { signer, claims, provenTimes } = state;
  if (!passed(checks, 'signature')) return {};
  if (signer === undefined || claims === undefined)
    throw new TypeError('signature has passed without a signer');
  const isLogged = passed(checks, 'entry-key');
  const isTimed = provenTimes.length > 0 && (isLogged || passed(checks, 'timestamp'));
  return {
    signer,
    claims,
    ...(isTimed && { signedAt: Math.min(...provenTimes) }),
    ...(isLogged && { transparency: describeFirstEntry(state) }),
  };
}

/** Describes the first entry. Every entry has passed the checks on its own promise and proof. */
function describeFirstEntry(state: Verification): NonNullable<SignatureResult['transparency']> {
  const [first] = state.found;
  if (first === undefined) throw new TypeError('entry-key has passed without an entry');
  const { log, entry, isPromised } = first;
  return {
    log: labelOf(log),
    url: log.url,
    version: log.version,
    entry,
    ...((isPromised === true || log.version === 2) && { logIndex: entry.logIndex }),
    ...(isPromised === true && { integratedTime: entry.integratedTime * 1000 }),
    proof: state.onlineSource !== undefined ? 'online' : proofOf(entry),
  };
}

function proofOf({ signedEntryTimestamp, inclusionProof }: LogEntry): Proof {
  if (inclusionProof === undefined) return 'set';
  return signedEntryTimestamp === undefined ? 'inclusion' : 'both';
}

function passed(checks: Check[], name: Check['name']): boolean {
  return checks.some((check) => check.name === name && check.result === 'pass');
}
