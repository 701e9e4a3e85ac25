// The orchestration, top to bottom: reference → digest → evidence → trust → checks → verdict. Every door calls one of the two
// functions here; neither decides anything itself.
import { type Digest, splitDigest } from '../core/crypto/digest.ts';
import { messageOfDigest } from '../core/crypto/message.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import type { Evidence, SignatureEvidence } from '../core/evidence.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import type { TrustedKey } from '../core/trust/trusted_key.ts';
import { Undecided } from '../core/undecided.ts';
import { type Judgement, judge, undecidedJudgement } from '../core/verdict.ts';
import type { Meter, Requirements, Trust } from '../core/verification.ts';
import { namesOneOf, type SignatureResult, verifySignatureEvidence } from '../core/verify_signature.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { openRepository, type RepositoryClient } from '../registry/client.ts';
import { type Findings, findEvidence, type Wanted } from '../registry/find_evidence.ts';
import type { Platform } from '../registry/manifest.ts';
import { isWorthAnotherLook, type Remembered, rememberEvidence } from './evidence_cache.ts';
import type { EvidenceQuestion, ImageQuestion, Question } from './question.ts';
import { Refused } from './refused.ts';
import type { Session } from './service.ts';
import { resolveSubject, type Subject } from './subject.ts';
import { loadTrust } from './trust.ts';

export interface Report extends Judgement {
  subject?: Subject;
  keys: Trust['keys'];
  signatures: SignatureResult[];
  /** Signature verifications done, from scratch. */
  verifications: number;
}

/** What is known so far, for an answer that must be given before the end. */
export interface Progress {
  subject?: Subject;
}

/** Errors: `CallerError` only; what could not be decided is a report. */
export async function verifyImage(
  session: Session,
  question: ImageQuestion,
  progress: Progress,
): Promise<Report> {
  const egress = openEgress(session);
  return reporting(progress, async (meter) => {
    const gathering = gatherEvidence(session, egress, question, wantedBy(question), progress);
    gathering.catch(() => undefined);
    const trust = await loadTrust(session, egress, question.trust);
    const { places, found } = await gathering;
    const name = fullName(question.reference);
    const judged = await judgeEvidence(session, together(found), trust, question, name, meter);
    const now = session.verifier.ports.now();
    if (isVerified(judged) || !found.some((item) => isWorthAnotherLook(item, now))) return judged;
    const again = await Promise.all(places.map((place) => lookUp(session, place)));
    // What was found before still stands when it cannot be looked for again.
    if (again.some(({ gaps }) => gaps.length > 0)) return judged;
    return judgeEvidence(session, together(again), trust, question, name, meter);
  });
}

/** The same without a registry: the evidence is the caller's. */
export async function verifyEvidence(session: Session, question: EvidenceQuestion): Promise<Report> {
  const { digest, held, name } = question;
  return reporting({ subject: { digest } }, async (meter) => {
    const trust = await loadTrust(session, openEgress(session), question.trust);
    const { form: format, ...bytes } = held;
    const common = {
      source: { index: 0, via: 'request' as const },
      subject: messageOfDigest(digest),
      facts: new Map(),
    };
    const evidence = { format, ...bytes, ...common } as SignatureEvidence;
    return judgeEvidence(session, { evidence: [evidence], gaps: [] }, trust, question, name, meter);
  });
}

type Judged = Pick<Report, 'signatures' | 'keys'> & { gaps: Undecided[] };

async function reporting(progress: Progress, work: (meter: Meter) => Promise<Judged>): Promise<Report> {
  const meter: Meter = { verifications: 0, proofs: 0 };
  const end = (judgement: Judgement, { signatures, keys }: Judged): Report => ({
    ...judgement,
    ...(judgement.verdict === 'verified' && sayWhat(judgement, signatures, progress)),
    ...(progress.subject !== undefined && { subject: progress.subject }),
    keys,
    signatures,
    verifications: meter.verifications,
  });
  try {
    const judged = await work(meter);
    return end(judge(judged.signatures, judged.gaps), judged);
  } catch (error) {
    const nothing: Judged = { signatures: [], keys: [], gaps: [] };
    if (error instanceof Undecided) return end(undecidedJudgement(error), nothing);
    if (error instanceof Refused)
      return end({ verdict: 'refused', code: error.code, summary: error.message }, nothing);
    throw error;
  }
}

/** Where only the platform's image is signed, the summary says so: the reference names the index. */
function sayWhat(
  { summary }: Judgement,
  signatures: SignatureResult[],
  { subject }: Progress,
): { summary?: string } {
  const leaf = subject?.platform;
  if (leaf === undefined || signedDigest({ signatures, ...(subject && { subject }) }) !== leaf.digest)
    return {};
  return { summary: `${leaf.name}, ${leaf.digest}: ${summary}` };
}

/** What the good signature is about: the subject, or its leaf for a platform. */
export function signedDigest({ signatures, subject }: Pick<Report, 'signatures' | 'subject'>) {
  const good = signatures.find(({ verdict }) => verdict === 'verified');
  const digests = good?.evidence?.subject.digests ?? {};
  const named = [subject?.platform?.digest, subject?.digest].filter((digest) => digest !== undefined);
  return named.find((digest) => {
    const { algorithm, hash } = splitDigest(digest);
    const own = digests[algorithm];
    return own !== undefined && equalBytes(own, hash);
  });
}

async function judgeEvidence(
  session: Session,
  { evidence, gaps }: Findings,
  trust: Trust,
  question: Question,
  name: string | undefined,
  meter: Meter,
): Promise<Judged> {
  const requirements: Requirements = {
    annotations: question.annotations,
    ...(name !== undefined && { name }),
    ...(question.transparency !== undefined && { transparency: question.transparency }),
    ...(question.attestation !== undefined && { attestation: question.attestation }),
  };
  const judgeOne = (item: Evidence, keys: TrustedKey[]) =>
    verifySignatureEvidence(item, { ...trust, keys }, requirements, session.verifier.ports.now(), meter);
  const results = await judgeLikelyFirst(evidence, trust.keys, judgeOne);
  for (const item of evidence) if (!results.has(item)) results.set(item, await judgeOne(item, trust.keys));
  return { signatures: evidence.flatMap((item) => results.get(item) ?? []), keys: trust.keys, gaps };
}

/**
 * Looks for the good signature where it is likely, so that junk cannot use up what one request may verify: first each signature
 * under the keys that its log entry names, then all of them under one key after the other.
 * @returns the first that verifies, and what was judged under every key on the way; what else was computed on the way is remembered with the evidence
 */
async function judgeLikelyFirst(
  evidence: Evidence[],
  keys: TrustedKey[],
  judgeOne: (item: Evidence, keys: TrustedKey[]) => Promise<SignatureResult>,
): Promise<Map<Evidence, SignatureResult>> {
  const results = new Map<Evidence, SignatureResult>();
  if (evidence.length < 2) return results;
  const named = evidence.map((item) => ({ item, under: keys.filter((key) => namesOneOf(item, [key])) }));
  const unnamed = named.filter(({ under }) => under.length === 0).map(({ item }) => item);
  const trials = [
    ...named.filter(({ under }) => under.length > 0),
    ...(keys.length < 2 ? [] : keys.flatMap((key) => unnamed.map((item) => ({ item, under: [key] })))),
  ];
  for (const { item, under } of trials) {
    const result = await judgeOne(item, under);
    if (result.verdict === 'verified' || under.length === keys.length) results.set(item, result);
    if (result.verdict === 'verified') break;
  }
  return results;
}

/** What one repository keeps about one digest. */
interface Place {
  repository: RepositoryClient;
  name: string;
  digest: Digest;
  wanted: Wanted;
}

interface Gathered {
  places: Place[];
  found: Remembered[];
}

/** All candidate signatures for what the reference names: on the index, and on the leaf where a platform was asked for. */
async function gatherEvidence(
  session: Session,
  egress: Egress,
  question: Pick<ImageQuestion, 'reference' | 'platform' | 'signatures'>,
  wanted: Wanted,
  progress: Progress,
): Promise<Gathered> {
  const { reference, platform } = question;
  const image = openNamed(session, egress, reference);
  const holder = question.signatures ?? reference;
  const repository = question.signatures === undefined ? image : openNamed(session, egress, holder);
  const subject = await resolveSubject(image, reference, platform);
  progress.subject = subject;
  const digests = new Set([
    subject.digest,
    ...(subject.platform === undefined ? [] : [subject.platform.digest]),
  ]);
  const places = [...digests].map((digest) => ({ repository, name: fullName(holder), digest, wanted }));
  const { memory, ports } = session.verifier;
  const found = await Promise.all(
    places.map(
      (place) => memory.evidence.get(cacheKey(session, place), ports.now()) ?? lookUp(session, place),
    ),
  );
  return { places, found };
}

async function lookUp(session: Session, place: Place): Promise<Remembered> {
  const { memory, ports, settings } = session.verifier;
  const findings = await findEvidence(place.repository, place.digest, place.wanted);
  rememberEvidence(memory.evidence, cacheKey(session, place), findings, ports.now(), settings.cacheTtl);
  return { ...findings, at: ports.now() };
}

/** Callers with the service's credentials and callers without never share. */
function cacheKey({ mayUseCredentials }: Session, { name, digest, wanted }: Place): string {
  return `${mayUseCredentials ? 'credential' : 'anonymous'} ${wanted.what} ${name}@${digest}`;
}

function together(found: Findings[]): Findings {
  return { evidence: found.flatMap(({ evidence }) => evidence), gaps: found.flatMap(({ gaps }) => gaps) };
}

function wantedBy({ attestation }: Question): Wanted {
  return attestation === undefined
    ? { what: 'signatures' }
    : { what: 'attestations', predicateType: attestation };
}

function isVerified({ signatures }: Pick<Judged, 'signatures'>): boolean {
  return signatures.some(({ verdict }) => verdict === 'verified');
}

/** The evidence and what it is about, without any trust. Errors as in `resolveSubject`. */
export async function gatherForInspection(
  session: Session,
  reference: ImageReference,
  platform: Platform | undefined,
) {
  const progress: Progress = {};
  const question = { reference, ...(platform !== undefined && { platform }) };
  const wanted: Wanted = { what: 'everything' };
  const { found } = await gatherEvidence(session, openEgress(session), question, wanted, progress);
  if (progress.subject === undefined) throw new TypeError('gathered without a subject');
  return { subject: progress.subject, ...together(found) };
}

function openEgress({ verifier, trace, deadline }: Session): Egress {
  const { settings, ports } = verifier;
  return createEgress({
    fetch: ports.fetch,
    policy: settings.egressPolicy,
    trace,
    maxCalls: settings.maxCalls,
    deadline,
  });
}

function openNamed(
  { verifier, mayUseCredentials }: Session,
  egress: Egress,
  { registry, repository }: { registry: string; repository: string },
): RepositoryClient {
  const { settings, ports, memory } = verifier;
  return openRepository(
    {
      egress,
      policy: settings.egressPolicy,
      memory: memory.authorization,
      credentials: mayUseCredentials ? settings.registryCredentials : new Map(),
      now: ports.now,
    },
    registry,
    repository,
  );
}
