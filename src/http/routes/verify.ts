// /v1/verify: verifies an image named in the path, an image named in JSON, or evidence that the caller sends.
import type { Hono } from 'hono';
import { fullName } from '../../core/reference.ts';
import type { ImageQuestion } from '../../verify/question.ts';
import { failedReport, type Progress } from '../../verify/report.ts';
import { verifyEvidence, verifyImage } from '../../verify/verify.ts';
import { requireScope } from '../access/authenticate.ts';
import { assertMayName } from '../access/limit_to_names.ts';
import { respondVerdict } from '../answer/send_report.ts';
import { auditDecision } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { readJson } from '../request/body.ts';
import { readHeldEvidence } from '../request/held_evidence.ts';
import { textAfter } from '../request/path.ts';
import { query } from '../request/query.ts';
import {
  digestInPath,
  evidenceQuestion,
  imageQuestion,
  imageQuestionFromBody,
  namesIn,
} from '../request/read_question.ts';
import {
  offlineQuerySchema,
  verifyBodySchema,
  verifyPostQuerySchema,
  verifyQuerySchema,
} from '../request/schemas.ts';
import { withSession } from '../with_session.ts';
import { allowOnly } from './allow_only.ts';

const PREFIX = '/v1/verify/';
/** In bytes: sixteen keys of 16 KiB, and the rest of the question. */
const MAX_QUESTION_BYTES = 512 * 1024;

export function addVerifyRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  app.post('/v1/verify', guard, query(verifyPostQuerySchema), async (context) => {
    const question = await imageQuestionFromBody(
      await readJson(context, verifyBodySchema, MAX_QUESTION_BYTES),
    );
    return answerImage(service, context, question, context.req.valid('query'));
  });
  allowOnly(app, '/v1/verify', 'POST');
  app.get(`${PREFIX}*`, guard, query(verifyQuerySchema), (context) => {
    const parameters = context.req.valid('query');
    const question = imageQuestion(textAfter(context.req.url, PREFIX), parameters);
    return answerImage(service, context, question, parameters);
  });
  app.post(`${PREFIX}*`, guard, query(offlineQuerySchema), async (context) => {
    const parameters = context.req.valid('query');
    const digest = digestInPath(textAfter(context.req.url, PREFIX));
    const question = await evidenceQuestion(digest, parameters, await readHeldEvidence(context));
    const { trust: named, reference } = question;
    assertMayName(context, reference === undefined ? undefined : fullName(reference));
    const progress: Progress = {};
    const report = await withSession(
      service,
      context,
      (session) => verifyEvidence(session, question, progress),
      (undecided) => failedReport(undecided, progress),
    );
    const { format, include } = parameters;
    auditDecision(service, context, { reference, isReferenceUnverified: true, named, report });
    const { attestation } = question;
    return respondVerdict(context, report, {
      named,
      format,
      include,
      attestation,
      reference,
      isReferenceUnverified: true,
    });
  });
  allowOnly(app, `${PREFIX}*`, 'GET', 'POST');
}

/** The form of answer that the caller wants. */
interface Answering {
  format?: 'json' | 'cosign' | undefined;
  include?: 'predicate' | undefined;
}

async function answerImage(
  service: Service,
  context: AppContext,
  question: ImageQuestion,
  { format, include }: Answering,
): Promise<Response> {
  const progress: Progress = {};
  const { trust: named, reference, attestation } = question;
  assertMayName(context, ...namesIn(question));
  const report = await withSession(
    service,
    context,
    (session) => verifyImage(session, question, progress),
    (undecided) => failedReport(undecided, progress),
  );
  auditDecision(service, context, { reference, named, report });
  return respondVerdict(context, report, { named, reference, format, include, attestation });
}
