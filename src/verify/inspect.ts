// Shows everything found for an image without judging it: whom a signature names, not whether it is theirs. Stored keys are looked up by
// the fingerprint that the evidence names; none is tried.
import { digestFromHash } from '../core/crypto/digest.ts';
import { describeDigests, messageHash } from '../core/crypto/message.ts';
import { formatInstant } from '../core/encoding/instant.ts';
import { attempt, Malformed } from '../core/encoding/malformed.ts';
import { foremost } from '../core/errors/undecided.ts';
import type { Evidence, SignatureEvidence } from '../core/evidence/evidence.ts';
import { namedFingerprints, namesCertificate } from '../core/evidence/named_keys.ts';
import { payloadIn, statementIn } from '../core/evidence/parsed_content.ts';
import { readingOf } from '../core/evidence/read_evidence.ts';
import { Unreadable } from '../core/evidence/reading.ts';
import type { LoggedEntry } from '../core/log/logged_entry.ts';
import { formatReference } from '../core/reference.ts';
import { findTrustedKey } from '../store/trusted_keys.ts';
import { isWorthAnotherLook } from './evidence/evidence_cache.ts';
import { gatherEvidence } from './evidence/gather.ts';
import { isCutShort, isWhole, lookAgain, lookDeeper, mergeEvidence, wholeOf } from './evidence/look.ts';
import type { NamedImage } from './question.ts';
import type { Progress } from './report.ts';
import type { Session } from './session.ts';
import type { Subject } from './subject.ts';
import { openTurn } from './turn.ts';

export interface Inspection {
  subject: Subject & { reference: string };
  /** Signatures and attestations that were found, but not verified. */
  signatures: InspectedSignature[];
}

export interface InspectedSignature {
  format: Evidence['format'];
  source: Evidence['source'];
  /** What the payload claims, unverified; `digests` is what it claims to be about. */
  claims?: { digests: string[]; dockerReference?: string; annotations: unknown };
  predicateType?: string;
  /** The keys that the evidence names, with the id of the stored key of the same fingerprint. */
  namedKeys: { fingerprint: string; storedAs?: string }[];
  logEntries: { logId: string; logIndex: number | bigint; integratedTime?: string; kind?: string }[];
  /** How many RFC 3161 timestamps came with it. */
  timestamps: number;
  hasCertificate: boolean;
  /** What could not be read, and why. */
  problems: string[];
}

/** Errors: `CallerError`, `Refused`, `Undecided`; a place that cannot be read is `Undecided`, because the result would be incomplete. */
export async function inspectImage(session: Session, image: NamedImage): Promise<Inspection> {
  const { subject, evidence, gaps } = await gatherForInspection(session, image);
  // A listed artifact that could not be opened counts as a place that could not be read.
  const unopened = evidence.flatMap((item) =>
    'missing' in item && item.source.layer === undefined ? [item.missing] : [],
  );
  const gap = foremost([...gaps, ...unopened]);
  if (gap !== undefined) throw gap;
  return {
    subject: { reference: formatReference(image.reference), ...subject },
    signatures: await Promise.all(evidence.map((item) => inspect(session, item))),
  };
}

/** The evidence and its subject, independent of any trust. Errors: `IMAGE_NOT_FOUND`, `Refused`, `Undecided`. */
async function gatherForInspection(session: Session, image: NamedImage) {
  const progress: Progress = {};
  const wanted = { what: 'everything' as const, predicateTypes: [] };
  const turn = openTurn(session.queue);
  try {
    const { subject, looks } = await gatherEvidence(session, image, wanted, progress, turn);
    const now = session.verifier.ports.now();
    // What was opened is remembered. What an old list merely names may have been deleted since.
    const isOld = (await wholeOf(looks)).some((item) => isCutShort(item) && isWorthAnotherLook(item, now));
    let reached = isOld ? await lookAgain(session, looks, turn) : looks;
    for (;;) {
      const found = await wholeOf(reached);
      if (found.every(isWhole)) return { subject, ...mergeEvidence(found) };
      reached = await lookDeeper(session, reached, turn);
    }
  } finally {
    turn.end();
  }
}

async function inspect(session: Session, evidence: Evidence): Promise<InspectedSignature> {
  const { format, source } = evidence;
  if ('missing' in evidence) {
    const problems = [evidence.missing.message];
    return { format, source, namedKeys: [], logEntries: [], timestamps: 0, hasCertificate: false, problems };
  }
  const reading = readingOf(evidence);
  const { entries, timestamps } = reading;
  const problems = await digestProblem(evidence);
  const noted = <T extends object>(value: T | Malformed): T | undefined => {
    if (!(value instanceof Malformed)) return value;
    problems.push(value.message);
    return undefined;
  };
  const claims = noted(attempt(() => readClaims(evidence)));
  const logEntries = (noted(entries) ?? []).map(describeEntry);
  for (const { body } of entries instanceof Malformed ? [] : entries)
    if (body instanceof Error) problems.push(`log entry body: ${body.message}`);
  const fingerprints = await namedFingerprints(reading);
  return {
    format,
    source,
    ...claims,
    namedKeys: await Promise.all(fingerprints.map((fingerprint) => describeKey(session, fingerprint))),
    logEntries,
    timestamps: noted(timestamps)?.length ?? 0,
    hasCertificate: namesCertificate(reading),
    problems,
  };
}

async function digestProblem(evidence: SignatureEvidence): Promise<string[]> {
  const { listed } = readingOf(evidence);
  if (evidence.layer === undefined || listed === undefined) return [];
  const isAsListed = digestFromHash(await messageHash(listed, 'sha256')) === evidence.layer.digest;
  return isAsListed ? [] : ['the payload does not match the digest it is listed under'];
}

function readClaims(evidence: SignatureEvidence): Pick<InspectedSignature, 'claims' | 'predicateType'> {
  const { content } = readingOf(evidence);
  if (content instanceof Unreadable) throw new Malformed(evidence.format, content.problem);
  if (content.kind === 'artifact') {
    const digests =
      content.stated === undefined
        ? []
        : [describeDigests({ [content.stated.algorithm]: content.stated.hash })];
    return { claims: { digests, annotations: {} } };
  }
  if (content.kind === 'simple-signing') {
    const { digest, dockerReference, optional } = orThrow(payloadIn(content.payload));
    return { claims: { digests: [digest], dockerReference, annotations: optional ?? {} } };
  }
  const { subjects, predicateType } = orThrow(statementIn(content.envelope));
  return {
    claims: {
      digests: subjects.map(({ digests }) => describeDigests(digests)),
      annotations: subjects[0]?.annotations ?? {},
    },
    predicateType,
  };
}

function orThrow<T>(read: T | Malformed): T {
  if (read instanceof Malformed) throw read;
  return read;
}

function describeEntry({ entry, body }: LoggedEntry): InspectedSignature['logEntries'][number] {
  const { logId, logIndex, integratedTime } = entry;
  return {
    logId,
    logIndex: logIndex <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(logIndex) : logIndex,
    ...(integratedTime !== 0 && { integratedTime: formatInstant(integratedTime * 1000) }),
    ...('kind' in body && { kind: `${body.kind} ${body.version}` }),
  };
}

async function describeKey({ store }: Session, fingerprint: string) {
  const stored = await findTrustedKey(store, fingerprint);
  return { fingerprint, ...(stored?.id !== undefined && { storedAs: stored.id }) };
}
