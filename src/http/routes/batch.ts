// /v1/verify/batch: verifies many images in one call, given as JSON or as the Kubernetes manifests that name them.
import type { Hono } from 'hono';
import { CallerError } from '../../core/errors/caller_error.ts';
import { toVerdictDocument } from '../../verify/verdict_document.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { limitToNames } from '../access/limit_to_names.ts';
import { answerJson } from '../answer/json.ts';
import { streamLines } from '../answer/lines.ts';
import { isReport, outcomeStatus, outcomeVerdict, retryAfterOf, worstOf } from '../answer/outcome.ts';
import { problemOf, reportDefect } from '../answer/problem.ts';
import { textLine } from '../answer/send_report.ts';
import { asciiLine, wantsText } from '../answer/text.ts';
import { type AppContext, type AppEnv, keepAlive, type Service } from '../context.ts';
import { type Item, readItems } from '../request/batch_items.ts';
import { prefers } from '../request/prefers.ts';
import { query } from '../request/query.ts';
import { batchQuerySchema } from '../request/schemas.ts';
import { answerMany, auditMany } from './answer_many.ts';

export function addBatchRoute(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  app.post('/v1/verify/batch', guard, query(batchQuerySchema), async (context) => {
    const { timeout: _, include, ...whom } = context.req.valid('query');
    const items = (await readItems(context, whom)).map((item) => ({
      ...item,
      question: limitToNames(context, item.question),
    }));
    const questions = items.map(({ question }) => question);
    const show = (index: number, outcome: Outcome) =>
      itemDocument(context, items[index] as Item, outcome, include);
    const audit = (outcomes: Outcome[]) => auditMany(service, context, questions, outcomes);
    if (wantsLines(context)) {
      const defect = (error: unknown) => reportDefect(service.log, context, error);
      context.header('Countersign-Verdict', 'undecided');
      const stream = streamLines(
        show,
        items.length,
        (done) => {
          const judged = answerMany(service, context, questions, done, include).then((outcomes) => {
            audit(outcomes);
            return outcomes;
          });
          // Workers ends what a client that has left was waiting for, and what it has read must be in the log.
          keepAlive(context)(judged.catch(() => undefined));
          return judged;
        },
        defect,
      );
      return context.body(stream, 200, { 'Content-Type': 'application/x-ndjson' });
    }
    const outcomes = await answerMany(service, context, questions, undefined, include);
    audit(outcomes);
    const worst = worstOf(outcomes);
    context.header('Countersign-Verdict', outcomeVerdict(worst));
    context.header('Vary', 'Accept');
    const status = outcomeStatus(worst);
    const retryAfter = retryAfterOf(outcomes, status);
    if (retryAfter !== undefined) context.header('Retry-After', retryAfter);
    if (wantsText(context))
      return context.text(
        outcomes.map((outcome, at) => outcomeLine(outcome, items[at]?.image ?? '')).join(''),
        status,
      );
    const results = await Promise.all(outcomes.map((outcome, index) => show(index, outcome)));
    return answerJson(context, { results }, status);
  });
}

async function itemDocument(
  context: AppContext,
  { image, question }: Item,
  outcome: Outcome,
  include: 'predicate' | undefined,
): Promise<object> {
  const instance = context.get('answeredId');
  if (!isReport(outcome)) return { image, verdict: 'undecided', ...problemOf(outcome, instance) };
  if (question instanceof CallerError) throw new TypeError('a verdict without a question');
  const { trust, reference } = question;
  const document = await toVerdictDocument(outcome, trust, { reference, include });
  const { undecided } = outcome;
  return { image, ...(undecided !== undefined && problemOf(undecided, instance)), ...document };
}

/** The line of a single answer, and the image that it is about. */
function outcomeLine(outcome: Outcome, image: string): string {
  const text = isReport(outcome) ? textLine(outcome) : `error ${outcome.code} ${outcome.message}`;
  return asciiLine(`${text} [${image}]`);
}

function wantsLines(context: AppContext): boolean {
  return prefers(context, 'application/x-ndjson', ['application/json', 'text/plain']);
}
