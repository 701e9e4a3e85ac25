// Everything that was found for an image, nothing judged: who a signature names, not whether it is theirs. Stored keys are
// looked up by the fingerprint that the evidence names; none is tried.
import { digestFromHash, digestOf, sha256 } from '../core/digest.ts';
import type { Evidence } from '../core/evidence.ts';
import { formatInstant } from '../core/instant.ts';
import { tryLogBody } from '../core/log_body.ts';
import { parseLogBundle } from '../core/log_entry.ts';
import { attempt, Malformed } from '../core/malformed.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import { parseSimpleSigning } from '../core/simple_signing.ts';
import type { Platform } from '../registry/manifest.ts';
import { findTrustedKey } from '../store/keys.ts';
import type { Session } from './service.ts';
import { gatherForInspection } from './verify.ts';

export interface Inspection {
  subject: {
    reference: string;
    digest: string;
    mediaType?: string;
    platform?: { name: string; digest: string };
  };
  /** Found, not verified. */
  signatures: InspectedSignature[];
}

export interface InspectedSignature {
  format: Evidence['format'];
  source: Evidence['source'];
  /** What the payload says, unverified. */
  claims?: { digest: string; dockerReference: string; annotations: unknown };
  /** The key that the log entry names, and the stored key of that fingerprint. */
  namedKey?: { fingerprint: string; storedAs?: string };
  logEntry?: { logId: string; logIndex: number | bigint; integratedTime: string; kind?: string };
  hasCertificate: boolean;
  /** What could not be read. */
  problems: string[];
}

export async function inspectImage(
  session: Session,
  reference: ImageReference,
  platform?: Platform,
): Promise<Inspection> {
  const { subject, evidence } = await gatherForInspection(session, reference, platform);
  return {
    subject: { reference: formatReference(reference), ...subject },
    signatures: await Promise.all(evidence.map((item) => inspect(session, item))),
  };
}

async function inspect(session: Session, evidence: Evidence): Promise<InspectedSignature> {
  const { format, source } = evidence;
  if ('missing' in evidence)
    return { format, source, hasCertificate: false, problems: [evidence.missing.message] };
  const { logBundle } = evidence;
  const problems: string[] = [];
  const noted = <T>(value: T | Malformed): T | undefined => {
    if (!(value instanceof Malformed)) return value;
    problems.push(value.message);
    return undefined;
  };
  if (evidence.layer !== undefined && (await digestOf(evidence.payload)) !== evidence.layer.digest) {
    problems.push('the payload does not have the digest it is listed with');
  }
  const payload = noted(attempt(() => parseSimpleSigning(evidence.payload)));
  const entry = logBundle === undefined ? undefined : noted(attempt(() => parseLogBundle(logBundle)));
  const body = entry === undefined ? undefined : tryLogBody(entry.body);
  if (body instanceof Error) problems.push(`log entry body: ${body.message}`);
  return {
    format,
    source,
    ...(payload !== undefined && {
      claims: {
        digest: payload.digest,
        dockerReference: payload.dockerReference,
        annotations: payload.optional ?? {},
      },
    }),
    ...(body !== undefined && 'keySpki' in body && { namedKey: await describeKey(session, body.keySpki) }),
    ...(entry !== undefined && {
      logEntry: {
        logId: entry.logId,
        logIndex: entry.logIndex <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(entry.logIndex) : entry.logIndex,
        integratedTime: formatInstant(entry.integratedTime * 1000),
        ...(body !== undefined && 'kind' in body && { kind: body.kind }),
      },
    }),
    hasCertificate: evidence.certificate !== undefined,
    problems,
  };
}

async function describeKey({ store }: Session, spki: Uint8Array<ArrayBuffer>) {
  const fingerprint = digestFromHash(await sha256(spki));
  const stored = await findTrustedKey(store, fingerprint);
  return { fingerprint, ...(stored?.id !== undefined && { storedAs: stored.id }) };
}
