// The orchestration, top to bottom: reference → digest → evidence → trust → checks → verdict. Every door calls one of the two
// functions here; neither decides anything itself.
import type { Digest } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import { Undecided } from '../core/undecided.ts';
import { type Judgement, judge, undecidedJudgement } from '../core/verdict.ts';
import type { Meter, Requirements, Trust } from '../core/verification.ts';
import { namesOneOf, type SignatureResult, verifySignatureEvidence } from '../core/verify_signature.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { openRepository, type RepositoryClient } from '../registry/client.ts';
import { findTaggedSignatures } from '../registry/cosign_signatures.ts';
import type { Platform } from '../registry/manifest.ts';
import { rememberEvidence } from './evidence_cache.ts';
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
    const gathering = gatherEvidence(session, egress, question, progress);
    gathering.catch(() => undefined);
    const trust = await loadTrust(session, egress, question.trust);
    return judgeEvidence(session, await gathering, trust, question, fullName(question.reference), meter);
  });
}

/** The same without a registry: the evidence is the caller's. */
export async function verifyEvidence(session: Session, question: EvidenceQuestion): Promise<Report> {
  const { digest, payload, signature, logBundle, certificate, name } = question;
  return reporting({ subject: { digest } }, async (meter) => {
    const trust = await loadTrust(session, openEgress(session), question.trust);
    const evidence: Evidence = {
      format: 'simple-signing',
      source: { index: 0, via: 'request' },
      subject: digest,
      payload,
      signature,
      ...(logBundle !== undefined && { logBundle }),
      ...(certificate !== undefined && { certificate }),
      facts: new Map(),
    };
    return judgeEvidence(session, [evidence], trust, question, name, meter);
  });
}

type Judged = Pick<Report, 'signatures' | 'keys'>;

async function reporting(progress: Progress, work: (meter: Meter) => Promise<Judged>): Promise<Report> {
  const meter: Meter = { verifications: 0 };
  const end = (judgement: Judgement, { signatures, keys }: Judged): Report => ({
    ...judgement,
    ...(progress.subject !== undefined && { subject: progress.subject }),
    keys,
    signatures,
    verifications: meter.verifications,
  });
  try {
    const judged = await work(meter);
    return end(judge(judged.signatures), judged);
  } catch (error) {
    const nothing: Judged = { signatures: [], keys: [] };
    if (error instanceof Undecided) return end(undecidedJudgement(error), nothing);
    if (error instanceof Refused)
      return end({ verdict: 'refused', code: error.code, summary: error.message }, nothing);
    throw error;
  }
}

async function judgeEvidence(
  session: Session,
  evidence: Evidence[],
  trust: Trust,
  question: Question,
  name: string | undefined,
  meter: Meter,
): Promise<Judged> {
  const requirements: Requirements = {
    annotations: question.annotations,
    ...(name !== undefined && { name }),
    ...(question.transparency !== undefined && { transparency: question.transparency }),
  };
  const results = new Map<Evidence, SignatureResult>();
  for (const item of likelyFirst(evidence, trust)) {
    const now = session.verifier.ports.now();
    results.set(item, await verifySignatureEvidence(item, trust, requirements, now, meter));
  }
  return { signatures: evidence.flatMap((item) => results.get(item) ?? []), keys: trust.keys };
}

/** Signatures that name a trusted key come first, so that junk before them cannot use up what one request may verify. */
function likelyFirst(evidence: Evidence[], { keys }: Trust): Evidence[] {
  if (evidence.length < 2) return evidence;
  const likely = new Set(evidence.filter((item) => namesOneOf(item, keys)));
  return [...likely, ...evidence.filter((item) => !likely.has(item))];
}

/** All candidate signatures for what the reference names: on the index, and on the leaf where a platform was asked for. */
async function gatherEvidence(
  session: Session,
  egress: Egress,
  question: Pick<ImageQuestion, 'reference' | 'platform' | 'signatures'>,
  progress: Progress,
): Promise<Evidence[]> {
  const { reference, platform } = question;
  const image = openNamed(session, egress, reference);
  const holder = question.signatures ?? reference;
  const signatures = question.signatures === undefined ? image : openNamed(session, egress, holder);
  const subject = await resolveSubject(image, reference, platform);
  progress.subject = subject;
  const digests = new Set([
    subject.digest,
    ...(subject.platform === undefined ? [] : [subject.platform.digest]),
  ]);
  const found = await Promise.all(
    [...digests].map((digest) => findSignatures(session, signatures, fullName(holder), digest)),
  );
  return found.flat();
}

/** The evidence and what it is about, without any trust. Errors as in `resolveSubject`. */
export async function gatherForInspection(
  session: Session,
  reference: ImageReference,
  platform: Platform | undefined,
) {
  const progress: Progress = {};
  const question = { reference, ...(platform !== undefined && { platform }) };
  const evidence = await gatherEvidence(session, openEgress(session), question, progress);
  if (progress.subject === undefined) throw new TypeError('gathered without a subject');
  return { subject: progress.subject, evidence };
}

async function findSignatures(
  session: Session,
  repository: RepositoryClient,
  name: string,
  digest: Digest,
): Promise<Evidence[]> {
  const { memory, ports, settings } = session.verifier;
  const key = `${session.mayUseCredentials ? 'credential' : 'anonymous'} ${name}@${digest}`;
  const remembered = memory.evidence.get(key, ports.now());
  if (remembered !== undefined) return remembered;
  const evidence = await findTaggedSignatures(repository, digest);
  rememberEvidence(memory.evidence, key, evidence, ports.now(), settings.cacheTtl);
  return evidence;
}

function openEgress({ verifier, trace, signal }: Session): Egress {
  const { settings, ports } = verifier;
  return createEgress({
    fetch: ports.fetch,
    policy: settings.egressPolicy,
    trace,
    maxCalls: settings.maxCalls,
    signal,
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
