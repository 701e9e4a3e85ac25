// Verifies an artifact in a registry, or a file with a separate signature, before a download. The file is opened only if the verdict lets
// it pass.
import type * as z from 'zod';
import { type ArtifactDigest, type Digest, digestFromHash } from '../../core/crypto/digest.ts';
import { type Bytes, fromUtf8, toBase64 } from '../../core/encoding/bytes.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { Undecided } from '../../core/errors/undecided.ts';
import { type ClaimedDigest, claimedDigests } from '../../core/evidence/claimed_digest.ts';
import type { SignatureEvidence } from '../../core/evidence/evidence.ts';
import { readingOf } from '../../core/evidence/read_evidence.ts';
import { Unreadable } from '../../core/evidence/reading.ts';
import { MAX_BUNDLE_BYTES } from '../../core/formats/sigstore_bundle.ts';
import { failure } from '../../egress/failure.ts';
import type { OpenedResponse } from '../../egress/request.ts';
import { findArtifactFile } from '../../gate/artifact_file.ts';
import { fetchSmall, openFile, parseFileUrl } from '../../gate/remote_file.ts';
import type { EvidenceQuestion, HeldEvidence, ImageQuestion } from '../../verify/question.ts';
import { mayPass, type Progress, type Report } from '../../verify/report.ts';
import { repositoryOf } from '../../verify/repositories.ts';
import type { Session } from '../../verify/session.ts';
import { evidenceInHand, verifyEvidence, verifyImage } from '../../verify/verify.ts';
import { fileName, lastSegment } from '../answer/file_name.ts';
import type { AppContext } from '../context.ts';
import { isKnown } from '../request/conditional.ts';
import { heldEvidenceIn } from '../request/held_evidence.ts';
import { artifactDigest, attestationOf, splitAnnotations } from '../request/read_question.ts';
import type { downloadFileQuerySchema } from '../request/schemas.ts';

/** In bytes: a signature, raw or in base64. */
const MAX_SIGNATURE_BYTES = 16 * 1024;

/** A file that may be sent, or the verdict that prevents it. */
export interface Download {
  report: Report;
  file?: {
    digest: ArtifactDigest;
    size: number | undefined;
    name: string;
    opened: OpenedResponse | undefined;
  };
}

export async function verifyArtifact(
  session: Session,
  context: AppContext,
  question: ImageQuestion,
  title: string | undefined,
  own: AbortController,
): Promise<Download> {
  const report = await verifyImage(session, question, {});
  if (!mayPass(report)) return { report };
  const repository = repositoryOf(session, question.reference);
  const subject = report.subject?.platform?.digest ?? report.subject?.digest;
  // An image that passes with a warning may have no subject, and so no files.
  if (subject === undefined && report.verdict !== 'exempt') return { report };
  if (subject === undefined)
    throw new CallerError(
      'BAD_REQUEST',
      'A rule exempts this artifact from signing; to download from it, name it by digest.',
    );
  const { digest, size, title: name } = await findArtifactFile(repository, subject as Digest, title);
  const file = { digest, size, name: name ?? lastSegment(question.reference.repository) };
  if (isKnown(context, digest)) return { report, file: { ...file, opened: undefined } };
  const opened = await repository.openBlob(digest, methodOf(context), own);
  if (opened === undefined)
    throw new CallerError('FILE_NOT_FOUND', `The registry no longer has the blob ${digest}.`);
  return { report, file: { ...file, opened } };
}

type FileQuery = z.output<typeof downloadFileQuerySchema>;

export async function verifyFile(
  session: Session,
  context: AppContext,
  parameters: FileQuery,
  own: AbortController,
): Promise<Download> {
  const url = parseFileUrl(session, parameters.url, 'url');
  const name = fileName(url);
  const { held, digest } = await findEvidence(session, parameters, name);
  const question: EvidenceQuestion = {
    digest,
    held: [held],
    trust: { keys: parameters.key },
    annotations: splitAnnotations(parameters.annotation),
    ...attestationOf(parameters.attestation),
    ...(parameters.transparency !== undefined && { transparency: parameters.transparency }),
  };
  const progress: Progress = {};
  const report = await verifyEvidence(session, question, progress);
  if (!mayPass(report)) return { report };
  if (isKnown(context, digest)) return { report, file: { digest, size: undefined, name, opened: undefined } };
  const opened = await openFile(session, url, methodOf(context), own);
  const stated = opened.headers.get('content-length');
  const size = stated !== null && /^[0-9]{1,15}$/.test(stated) ? Number(stated) : undefined;
  return { report, file: { digest, size, name, opened } };
}

/** Finds the signature, and the digest that the file will be checked against. */
async function findEvidence(
  session: Session,
  { bundle, signature, digest }: FileQuery,
  name: string,
): Promise<{ held: HeldEvidence; digest: ArtifactDigest }> {
  const asked = digest === undefined ? undefined : artifactDigest(digest);
  if (signature !== undefined && asked !== undefined) {
    const url = parseFileUrl(session, signature, 'signature');
    const bytes = await fetchSmall(session, url, 'signature', MAX_SIGNATURE_BYTES);
    return { held: { form: 'blob', signature: signatureText(bytes) }, digest: asked };
  }
  const url = parseFileUrl(session, bundle ?? '', 'bundle');
  const bytes = await fetchSmall(session, url, 'bundle', MAX_BUNDLE_BYTES);
  const held = readFetched(url, 'bundle', () => heldEvidenceIn(bytes, 'bundle'));
  if (asked !== undefined) return { held, digest: asked };
  const evidence = evidenceInHand(held, 0, digestFromHash(new Uint8Array(32)));
  const { content } = readingOf(evidence);
  if (content instanceof Unreadable) throw unusable(url, 'bundle', content.problem);
  return { held, digest: claimedBy(evidence, name) };
}

/** The file holds base64 or, as openssl writes it, the signature itself. Like cosign, takes whatever is not text for the latter. */
function signatureText(bytes: Bytes): string {
  const text = attempt(() => fromUtf8(bytes, 'signature'));
  return text instanceof Malformed ? toBase64(bytes) : text.trim();
}

function readFetched<T>(url: string, step: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CallerError)) throw error;
    throw unusable(url, step, error.message);
  }
}

/** What cannot be read as evidence is the host's fault, such as its login page. Errors: `DOWNLOAD_MALFORMED`. */
function unusable(url: string, step: string, problem: string): Undecided {
  const asked = { service: 'download' as const, step, url };
  return failure(asked, 'MALFORMED', `cannot be read (${problem.replace(/\.$/, '')})`);
}

/** The digest that the bundle claims to be about. It is trusted only once the signature over it has been verified. */
function claimedBy(evidence: SignatureEvidence, name: string): ArtifactDigest {
  const claimed = claimedDigests(evidence);
  const named = claimed.filter((one: ClaimedDigest) => one.name === name);
  const digests = new Set((named.length > 0 ? named : claimed).map(({ digest }) => digest));
  const [only, ...more] = digests;
  if (only !== undefined && more.length === 0) return only;
  throw new CallerError(
    'BAD_REQUEST',
    `The bundle names ${digests.size === 0 ? 'no digest' : 'several artifacts'}: add digest=.`,
  );
}

function methodOf(context: AppContext): 'GET' | 'HEAD' {
  return context.req.method === 'HEAD' ? 'HEAD' : 'GET';
}
