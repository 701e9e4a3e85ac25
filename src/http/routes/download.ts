// /v1/download: verifies a file before sending its first byte, and checks the bytes against the digest as they pass.
import type { Hono } from 'hono';
import { splitDigest } from '../../core/crypto/digest.ts';
import { toBase64 } from '../../core/encoding/bytes.ts';
import { fullName } from '../../core/reference.ts';
import { type Asked, failure } from '../../egress/failure.ts';
import { failedReport, type Report } from '../../verify/report.ts';
import { requireScope } from '../access/authenticate.ts';
import { assertMayName } from '../access/limit_to_names.ts';
import { disposition } from '../answer/file_name.ts';
import { type HeldBody, reportBroken, sendHeld, sizeProblem, wrongContent } from '../answer/held_body.ts';
import { respondVerdict, type VerdictOptions } from '../answer/send_report.ts';
import { auditAnswer, type Decision } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { isKnown } from '../request/conditional.ts';
import { textAfter } from '../request/path.ts';
import { query } from '../request/query.ts';
import { imageQuestion, namesIn } from '../request/read_question.ts';
import { downloadArtifactQuerySchema, downloadFileQuerySchema } from '../request/schemas.ts';
import { withSession } from '../with_session.ts';
import { allowOnly } from './allow_only.ts';
import { type Download, verifyArtifact, verifyFile } from './verified_download.ts';

const PREFIX = '/v1/download/';

export function addDownloadRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'pull');
  app.get('/v1/download', guard, query(downloadFileQuerySchema), async (context) => {
    const parameters = context.req.valid('query');
    assertMayName(context, undefined);
    const own = new AbortController();
    const download = await withSession<Download>(service, context, (session) =>
      verifyFile(session, context, parameters, own),
    ).catch((error) => endDownload(own, error));
    const options = { named: { keys: parameters.key }, attestation: parameters.attestation };
    const asked = { service: 'download' as const, step: 'file', url: parameters.url };
    const name = withoutQuery(parameters.url);
    return answerDownload(service, context, download, options, {
      ...sendingOf(name, own, asked),
      file: name,
    });
  });
  allowOnly(app, '/v1/download', 'GET');
  app.get(`${PREFIX}*`, guard, query(downloadArtifactQuerySchema), async (context) => {
    const { title, timeout: _, ...parameters } = context.req.valid('query');
    const question = imageQuestion(textAfter(context.req.url, PREFIX), parameters);
    assertMayName(context, ...namesIn(question));
    const own = new AbortController();
    const download = await withSession<Download>(service, context, (session) =>
      verifyArtifact(session, context, question, title, own),
    ).catch((error) => endDownload(own, error));
    const { trust: named, reference, attestation } = question;
    const options = { named, reference, attestation };
    const asked = { service: 'registry' as const, step: 'blob', url: `https://${reference.registry}/` };
    return answerDownload(service, context, download, options, sendingOf(fullName(reference), own, asked));
  });
  allowOnly(app, `${PREFIX}*`, 'GET');
}

/** The file's URL for the log, without its query, which may contain credentials. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function sendingOf(name: string, own: AbortController, asked: Asked): Sending {
  return { name, own, unavailable: (problem) => failure(asked, 'UNAVAILABLE', problem) };
}

/** Ends the body, which nobody reads after the deadline. A refusal or an undecided outcome on the way becomes the verdict. */
function endDownload(own: AbortController, error: unknown): Download {
  own.abort();
  return { report: failedReport(error) };
}

/** What a download is called in the log, and how its transfer ends. */
type Sending = Pick<HeldBody, 'name' | 'own' | 'unavailable'> & Pick<Decision, 'file'>;

function answerDownload(
  service: Service,
  context: AppContext,
  download: Download,
  options: VerdictOptions,
  sending: Sending,
): Promise<Response> {
  const { report, file } = download;
  const decision = { reference: options.reference, file: sending.file, report };
  return auditAnswer(service, context, decision, (stop) => {
    const respond = (final: Report) => respondVerdict(context, final, options);
    if (file === undefined) return respond(report);
    return sendFile(service, context, { report, file }, sending, (problem) => {
      const refused = wrongContent(report, problem);
      stop(refused);
      return respond(refused);
    });
  });
}

/** @param refuse makes the answer for wrong content */
async function sendFile(
  service: Service,
  context: AppContext,
  { report, file: { digest, size, name: fileName, opened } }: Required<Download>,
  { name, own, unavailable }: Sending,
  refuse: (problem: string) => Promise<Response>,
): Promise<Response> {
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
  context.header('Content-Disposition', disposition(fileName));
  context.header('Content-Security-Policy', 'sandbox');
  if (isKnown(context, digest)) return context.body(null, 304);
  context.header('Content-Type', 'application/octet-stream');
  const body = opened?.body ?? null;
  const held = { name: `${name}@${digest}`, digest, size, own, body, unavailable };
  return sendHeld(service, context, held, refuse);
}
