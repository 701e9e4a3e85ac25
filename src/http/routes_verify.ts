// /v1/verify: an image by reference, an image by JSON, or evidence that the caller holds.
import type { Hono } from 'hono';
import { MAX_PAYLOAD_BYTES } from '../core/simple_signing.ts';
import type { Undecided } from '../core/undecided.ts';
import { undecidedJudgement } from '../core/verdict.ts';
import type { ImageQuestion } from '../verify/question.ts';
import { type Progress, type Report, verifyEvidence, verifyImage } from '../verify/verify.ts';
import { requireScope } from './authenticate.ts';
import { readJson } from './body.ts';
import type { AppContext, AppEnv, Service } from './context.ts';
import { textAfter } from './path.ts';
import { query } from './query.ts';
import { evidenceQuestion, imageQuestion, imageQuestionFromBody } from './question_from_request.ts';
import { allowOnly } from './routing.ts';
import {
  evidenceBodySchema,
  offlineQuerySchema,
  verifyBodySchema,
  verifyPostQuerySchema,
  verifyQuerySchema,
} from './schemas.ts';
import { withSession } from './session.ts';
import { respondVerdict } from './verdict_response.ts';

const PREFIX = '/v1/verify/';
/** Sixteen keys of 16 KiB and the rest, in bytes. */
const MAX_QUESTION_BYTES = 512 * 1024;
/** A payload in base64, a log entry, a certificate, in bytes. */
const MAX_EVIDENCE_BYTES = 2 * MAX_PAYLOAD_BYTES + 512 * 1024;

export function addVerifyRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  app.post('/v1/verify', guard, query(verifyPostQuerySchema), async (context) => {
    const { format, timeout } = context.req.valid('query');
    const question = await imageQuestionFromBody(
      await readJson(context, verifyBodySchema, MAX_QUESTION_BYTES),
    );
    return answerImage(service, context, question, timeout, format);
  });
  allowOnly(app, '/v1/verify', 'POST');
  app.get(`${PREFIX}*`, guard, query(verifyQuerySchema), (context) => {
    const parameters = context.req.valid('query');
    const question = imageQuestion(textAfter(context.req.url, PREFIX), parameters);
    return answerImage(service, context, question, parameters.timeout, parameters.format);
  });
  app.post(`${PREFIX}*`, guard, query(offlineQuerySchema), async (context) => {
    const parameters = context.req.valid('query');
    const body = await readJson(context, evidenceBodySchema, MAX_EVIDENCE_BYTES);
    const question = await evidenceQuestion(textAfter(context.req.url, PREFIX), parameters, body);
    const { digest, trust: named } = question;
    const report = await withSession(
      service,
      context,
      parameters.timeout,
      (session) => verifyEvidence(session, question),
      (undecided) => lateReport(undecided, { subject: { digest } }),
    );
    return respondVerdict(context, report, { named, format: parameters.format });
  });
  allowOnly(app, `${PREFIX}*`, 'GET', 'POST');
}

async function answerImage(
  service: Service,
  context: AppContext,
  question: ImageQuestion,
  timeout: string | undefined,
  format: 'json' | 'cosign' | undefined,
): Promise<Response> {
  const progress: Progress = {};
  const { trust: named, reference } = question;
  const report = await withSession(
    service,
    context,
    timeout,
    (session) => verifyImage(session, question, progress),
    (undecided) => lateReport(undecided, progress),
  );
  return respondVerdict(context, report, { named, reference, format });
}

function lateReport(undecided: Undecided, progress: Progress): Report {
  return { ...undecidedJudgement(undecided), ...progress, keys: [], signatures: [], verifications: 0 };
}
