// /v1/download: a file that was verified before its first byte goes out, and is held to the digest as it passes.
import type { Hono } from 'hono';
import type * as z from 'zod';
import { CallerError } from '../core/caller_error.ts';
import { type ClaimedDigest, claimedDigests } from '../core/claimed_digest.ts';
import {
  type ArtifactDigest,
  type Digest,
  digestFromHash,
  isArtifactDigest,
  splitDigest,
} from '../core/crypto/digest.ts';
import { fromUtf8, toBase64 } from '../core/encoding/bytes.ts';
import { parseJsonBytes } from '../core/encoding/json.ts';
import { MAX_BUNDLE_BYTES } from '../core/formats/sigstore_bundle.ts';
import { fullName } from '../core/reference.ts';
import { failure, type OpenedResponse } from '../egress/egress.ts';
import { findArtifactFile } from '../gate/artifact_file.ts';
import { fetchSmall, openFile, parseFileUrl } from '../gate/remote_file.ts';
import { openNamed } from '../verify/gather.ts';
import type { EvidenceQuestion, HeldEvidence, ImageQuestion } from '../verify/question.ts';
import { failedReport, mayPass, type Progress, type Report } from '../verify/report.ts';
import type { Session } from '../verify/service.ts';
import { evidenceInHand, verifyEvidence, verifyImage } from '../verify/verify.ts';
import { auditDecision } from './audit.ts';
import { assertMayName, requireScope } from './authenticate.ts';
import type { AppContext, AppEnv, Service } from './context.ts';
import { type HeldBody, isKnown, reportBroken, sendHeld, sizeProblem } from './held_body.ts';
import { heldEvidence } from './held_evidence.ts';
import { textAfter } from './path.ts';
import { query } from './query.ts';
import { attestationOf, imageQuestion, namesIn, parsed, splitAnnotations } from './question_from_request.ts';
import { allowOnly } from './routing.ts';
import { downloadArtifactQuerySchema, downloadFileQuerySchema } from './schemas.ts';
import { withSession } from './session.ts';
import { respondVerdict, type VerdictOptions } from './verdict_response.ts';

const PREFIX = '/v1/download/';
/** In bytes: a signature in base64. */
const MAX_SIGNATURE_BYTES = 16 * 1024;

/** A file that may be sent, or the verdict because of which it is not. */
interface Download {
  report: Report;
  file?: {
    digest: ArtifactDigest;
    size: number | undefined;
    name: string;
    opened: OpenedResponse | undefined;
  };
}

export function addDownloadRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'pull');
  app.get('/v1/download', guard, query(downloadFileQuerySchema), async (context) => {
    const parameters = context.req.valid('query');
    assertMayName(context, undefined);
    const own = new AbortController();
    const download = await withSession<Download>(
      service,
      context,
      parameters.timeout,
      (session) => verifyFile(session, context, parameters, own),
      throwLate,
    ).catch((error) => endDownload(own, error));
    const named = { keys: parameters.key };
    return answerDownload(
      service,
      context,
      download,
      { named, attestation: parameters.attestation },
      parameters.url,
      (problem) =>
        failure({ service: 'download', step: 'file', url: parameters.url }, 'UNAVAILABLE', problem),
      own,
    );
  });
  allowOnly(app, '/v1/download', 'GET');
  app.get(`${PREFIX}*`, guard, query(downloadArtifactQuerySchema), async (context) => {
    const { title, timeout, ...parameters } = context.req.valid('query');
    const question = imageQuestion(textAfter(context.req.url, PREFIX), parameters);
    assertMayName(context, ...namesIn(question));
    const own = new AbortController();
    const download = await withSession<Download>(
      service,
      context,
      timeout,
      (session) => verifyArtifact(session, context, question, title, own),
      throwLate,
    ).catch((error) => endDownload(own, error));
    const { trust: named, reference, attestation } = question;
    const options = { named, reference, attestation };
    const url = `https://${reference.registry}/`;
    const unavailable = (problem: string) =>
      failure({ service: 'registry', step: 'blob', url }, 'UNAVAILABLE', problem);
    return answerDownload(service, context, download, options, fullName(reference), unavailable, own);
  });
  allowOnly(app, `${PREFIX}*`, 'GET');
}

function throwLate(undecided: Error): never {
  throw undecided;
}

/** What comes after the deadline is nobody's any more; what could not be decided, or was refused on the way, is the verdict. */
function endDownload(own: AbortController, error: unknown): Download {
  own.abort();
  return { report: failedReport(error) };
}

async function verifyArtifact(
  session: Session,
  context: AppContext,
  question: ImageQuestion,
  title: string | undefined,
  own: AbortController,
): Promise<Download> {
  const report = await verifyImage(session, question, {});
  if (!mayPass(report)) return { report };
  const repository = openNamed(session, question.reference);
  const subject = report.subject?.platform?.digest ?? report.subject?.digest;
  if (subject === undefined)
    throw new CallerError(
      'BAD_REQUEST',
      'A rule exempts this artifact: name it by its digest to download from it.',
    );
  const { digest, size, title: name } = await findArtifactFile(repository, subject as Digest, title);
  const file = { digest, size, name: name ?? splitName(question.reference.repository) };
  if (isKnown(context, digest)) return { report, file: { ...file, opened: undefined } };
  const opened = await repository.openBlob(digest, methodOf(context), own);
  if (opened === undefined)
    throw new CallerError('FILE_NOT_FOUND', `The registry has no blob ${digest} any more.`);
  return { report, file: { ...file, opened } };
}

type FileQuery = z.output<typeof downloadFileQuerySchema>;

async function verifyFile(
  session: Session,
  context: AppContext,
  parameters: FileQuery,
  own: AbortController,
): Promise<Download> {
  const url = parseFileUrl(session, parameters.url, 'url');
  const name = splitName(new URL(url).pathname);
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

/** The signature, and the digest that the file will be held to. */
async function findEvidence(
  session: Session,
  { bundle, signature, digest: asked }: FileQuery,
  name: string,
): Promise<{ held: HeldEvidence; digest: ArtifactDigest }> {
  if (asked !== undefined && !isArtifactDigest(asked))
    throw new CallerError('BAD_DIGEST', 'digest: expected sha256: and 64 lower-case hexadecimal digits.');
  if (signature !== undefined && asked !== undefined) {
    const url = parseFileUrl(session, signature, 'signature');
    const bytes = await fetchSmall(session, url, 'signature', MAX_SIGNATURE_BYTES);
    const text = parsed('BAD_REQUEST', () => fromUtf8(bytes, 'signature'));
    return { held: { form: 'blob', signature: text.trim() }, digest: asked };
  }
  const url = parseFileUrl(session, bundle ?? '', 'bundle');
  const bytes = await fetchSmall(session, url, 'bundle', MAX_BUNDLE_BYTES);
  const held = heldEvidence(
    parsed('BAD_REQUEST', () => parseJsonBytes(bytes, 'bundle')),
    bytes,
  );
  return { held, digest: asked ?? claimedBy(held, name) };
}

/** What the bundle says it is about: it is believed once its signature over that digest has been verified. */
function claimedBy(held: HeldEvidence, name: string): ArtifactDigest {
  const claimed = claimedDigests(evidenceInHand(held, 0, digestFromHash(new Uint8Array(32))));
  const named = claimed.filter((one: ClaimedDigest) => one.name === name);
  const digests = new Set((named.length > 0 ? named : claimed).map(({ digest }) => digest));
  const [only, ...more] = digests;
  if (only !== undefined && more.length === 0) return only;
  throw new CallerError(
    'BAD_REQUEST',
    `The bundle names ${digests.size === 0 ? 'no digest' : 'several artifacts'}: say digest=.`,
  );
}

async function answerDownload(
  service: Service,
  context: AppContext,
  { report, file }: Download,
  options: VerdictOptions,
  name: string,
  unavailable: HeldBody['unavailable'],
  own: AbortController,
): Promise<Response> {
  auditDecision(service, context, { reference: options.reference, report, isGated: true });
  if (file === undefined) return respondVerdict(context, report, options);
  const { digest, size, opened } = file;
  const refuse = (problem: string) => {
    const refused = {
      ...report,
      verdict: 'refused' as const,
      code: 'BLOB_DIGEST_MISMATCH' as const,
      summary: `${problem}.`,
    };
    return respondVerdict(context, refused, options);
  };
  const problem = opened === undefined || size === undefined ? undefined : sizeProblem(opened, size);
  if (problem !== undefined) {
    own.abort();
    reportBroken(service, context, `${name}@${digest}`, { by: 'content', message: problem });
    return refuse(problem);
  }
  const { algorithm, hash } = splitDigest(digest);
  context.set('verifications', report.verifications);
  context.header('Countersign-Verdict', report.verdict);
  if (report.verdict === 'refused') context.header('Countersign-Code', report.code);
  context.header('ETag', `"${digest}"`);
  context.header('Repr-Digest', `${algorithm.replace('sha', 'sha-')}=:${toBase64(hash)}:`);
  context.header('Cache-Control', 'private, no-cache');
  context.header('Content-Disposition', disposition(file.name));
  context.header('Content-Security-Policy', 'sandbox');
  if (isKnown(context, digest)) return context.body(null, 304);
  context.header('Content-Type', 'application/octet-stream');
  const body = opened?.body ?? null;
  const held = { name: `${name}@${digest}`, digest, size, own, body, unavailable };
  return sendHeld(service, context, held, refuse);
}

function methodOf(context: AppContext): 'GET' | 'HEAD' {
  return context.req.method === 'HEAD' ? 'HEAD' : 'GET';
}

function splitName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || 'download';
}

/** RFC 6266: a name without folders, quotes and control characters, and its full spelling beside it. */
function disposition(name: string): string {
  const base = splitName(name.replaceAll('\\', '/'));
  const plain = base.replace(/[^\x20-\x7e]|["\\;%]/g, '_');
  const full = encodeURIComponent(base.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}
