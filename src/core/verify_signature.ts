// One signature, start to finish: payload → signer → log → binding → claims. This is the whole list of what a correct
// verifier does with a simple-signing signature; nothing outside it decides.
import { equalBytes } from './bytes.ts';
import { type Check, runChecks, type Step } from './checks.ts';
import type { VerdictCode } from './codes.ts';
import type { Evidence, SimpleSigningEvidence, Source } from './evidence.ts';
import type { JsonObject } from './json.ts';
import type { LogEntry } from './log_entry.ts';
import { Malformed } from './malformed.ts';
import type { HashName } from './public_key.ts';
import { readingOf } from './reading.ts';
import { annotations, certificate, keyValid } from './steps/claims.ts';
import { checkpoint, inclusionProof, isLogRequired, logKeyValid, logKnown, set } from './steps/log.ts';
import { entryKey, entryKind, entryPayload, entrySignature } from './steps/log_binding.ts';
import { onlineEntry } from './steps/online.ts';
import { payloadDigest, payloadType, subjectDigest } from './steps/payload.ts';
import { keyKnown, keyScope, signature } from './steps/signer.ts';
import type { TrustedKey } from './trusted_key.ts';
import type { Undecided } from './undecided.ts';
import type { Meter, Requirements, Trust, Verification } from './verification.ts';

/** In the order of the contract. */
export const SIMPLE_SIGNING_STEPS: Step<Verification>[] = [
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
  keyValid,
  annotations,
  certificate,
];

export interface SignatureResult {
  verdict: 'verified' | 'refused' | 'undecided';
  code: VerdictCode;
  format: 'simple-signing';
  source: Source;
  /** The trusted key that made it; present once the signature check has passed. */
  signer?: { trusted: TrustedKey; hash: HashName | 'none' };
  /** Milliseconds since the epoch: when it was provably signed. */
  signedAt?: number;
  /** What the signer said, readable once the signature check has passed. */
  claims?: { dockerReference: string; annotations: JsonObject };
  /** Present once a trusted log has vouched for the entry and the entry was found to be about this signature. */
  transparency?: {
    log: string;
    url: string;
    entry: LogEntry;
    proof: 'set' | 'inclusion' | 'both' | 'online';
  };
  checks: Check[];
  undecided?: Undecided;
  evidence?: SimpleSigningEvidence;
}

/** @param now milliseconds since the epoch */
export async function verifySignatureEvidence(
  evidence: Evidence,
  trust: Trust,
  requirements: Requirements,
  now: number,
  meter: Meter,
): Promise<SignatureResult> {
  if ('missing' in evidence) {
    const { format, source, missing } = evidence;
    return { verdict: 'undecided', code: missing.code, format, source, checks: [], undecided: missing };
  }
  const state = begin(evidence, trust, requirements, now, meter);
  const { code, checks, undecided } = await runChecks(SIMPLE_SIGNING_STEPS, state);
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

/** No evidence is a refusal: were a list of steps ever to lack one of these, the result is a defect and never a pass. */
function assertEstablished(state: Verification, checks: Check[]): void {
  const needed: Check['name'][] = ['subject-digest', 'key-known', 'signature'];
  if (state.entry !== undefined || isLogRequired(state))
    needed.push('log-known', 'entry-signature', 'entry-payload', 'entry-key');
  const missing = needed.find((name) => !passed(checks, name));
  if (missing !== undefined) throw new TypeError(`verified without ${missing}`);
  const isVouchedFor = passed(checks, 'set') || passed(checks, 'checkpoint');
  if (needed.includes('entry-key') && !isVouchedFor) throw new TypeError('verified without promise or proof');
}

/** Whether the log entry beside a signature names one of these keys: a hint for whom to look at first, and no more. */
export function namesOneOf(evidence: Evidence, keys: TrustedKey[]): boolean {
  if ('missing' in evidence) return false;
  const { body } = readingOf(evidence);
  return (
    body !== undefined && 'keySpki' in body && keys.some(({ key }) => equalBytes(key.spki, body.keySpki))
  );
}

function begin(
  evidence: SimpleSigningEvidence,
  trust: Trust,
  requirements: Requirements,
  now: number,
  meter: Meter,
): Verification {
  const { signature, entry, body } = readingOf(evidence);
  return { evidence, trust, requirements, now, meter, signature, entry, body, entrySource: 'bundle' };
}

/** What may be said of the signature: only what a check has established. */
function learned(state: Verification, checks: Check[]): Partial<SignatureResult> {
  const { signer, payload, provenTime, log, entry } = state;
  if (signer === undefined || payload === undefined || !passed(checks, 'signature')) return {};
  const vouched =
    log !== undefined && entry !== undefined && !(entry instanceof Malformed) && passed(checks, 'entry-key');
  return {
    signer,
    claims: { dockerReference: payload.dockerReference, annotations: payload.optional ?? {} },
    ...(vouched && provenTime !== undefined && { signedAt: provenTime }),
    ...(vouched && {
      transparency: {
        log: log.name,
        url: log.url,
        entry,
        proof: proofKind(state, checks),
      },
    }),
  };
}

function proofKind(state: Verification, checks: Check[]): 'set' | 'inclusion' | 'both' | 'online' {
  if (state.onlineSource !== undefined) return 'online';
  if (!passed(checks, 'checkpoint')) return 'set';
  return passed(checks, 'set') ? 'both' : 'inclusion';
}

function passed(checks: Check[], name: Check['name']): boolean {
  return checks.some((check) => check.name === name && check.result === 'pass');
}
