// /v1/download: verifies a file before sending its first byte, and checks the bytes against the digest as they pass.
import type { Hono } from 'hono';
import { splitDigest } from '../../core/crypto/digest.ts';
import { toBase64 } from '../../core/encoding/bytes.ts';
import { fullName } from '../../core/reference.ts';
import { type Asked, failure } from '../../egress/failure.ts';
import { failedReport } from '../../verify/report.ts';
import { assertMayName, requireScope } from '../access/authenticate.ts';
import { disposition } from '../answer/file_name.ts';
import { type HeldBody, reportBroken, sendJudged, sizeProblem, wrongContent } from '../answer/held_body.ts';
import { respondVerdict, type VerdictOptions } from '../answer/verdict.ts';
import { auditDecision, type Decision } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { isKnown } from '../request/conditional.ts';
import { textAfter } from '../request/path.ts';
import { query } from '../request/query.ts';
import { imageQuestion, namesIn } from '../request/question.ts';
import { downloadArtifactQuerySchema, downloadFileQuerySchema } from '../request/schemas.ts';
import { withSession } from '../session.ts';
import { allowOnly } from './routing.ts';
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

async function answerDownload(
  service: Service,
  context: AppContext,
  { report, file }: Download,
  options: VerdictOptions,
  { name, own, unavailable, file: url }: Sending,
): Promise<Response> {
  const { reference } = options;
  const audit = (decision: Pick<Decision, 'report' | 'isStopped'>) =>
    auditDecision(service, context, { reference, file: url, ...decision, isGated: true });
  if (file === undefined) {
    audit({ report });
    return respondVerdict(context, report, options);
  }
  const { digest, size, opened } = file;
  const problem = opened === undefined || size === undefined ? undefined : sizeProblem(opened, size);
  if (problem !== undefined) {
    own.abort();
    reportBroken(service, context, `${name}@${digest}`, { by: 'content', message: problem });
    const refused = wrongContent(report, problem);
    audit({ report: refused, isStopped: true });
    return respondVerdict(context, refused, options);
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
  if (isKnown(context, digest)) {
    audit({ report });
    return context.body(null, 304);
  }
  context.header('Content-Type', 'application/octet-stream');
  const body = opened?.body ?? null;
  const held = { name: `${name}@${digest}`, digest, size, own, body, unavailable };
  return sendJudged(service, context, held, { reference, file: url, report }, (refused) =>
    respondVerdict(context, refused, options),
  );
}
