// /v1/verify/batch: verifies many images in one call, given as JSON or as the Kubernetes manifests that name them.
import type { Hono } from 'hono';
import type * as z from 'zod';
import { imagesInManifests } from '../../admission/manifests.ts';
import { fromUtf8 } from '../../core/encoding/bytes.ts';
import type { Json } from '../../core/encoding/json.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { ImageQuestion } from '../../verify/question.ts';
import { toVerdictDocument } from '../../verify/verdict_document.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { limitToNames } from '../access/limit_to_names.ts';
import { problemOf, reportDefect } from '../answer/problem.ts';
import { asciiLine, wantsText } from '../answer/text.ts';
import { textLine } from '../answer/verdict.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { mediaType, readBody, readJson } from '../request/body.ts';
import { prefers } from '../request/prefers.ts';
import { query } from '../request/query.ts';
import { imageQuestion, imageQuestionFromBody, parsed } from '../request/question.ts';
import { batchBodySchema, batchQuerySchema, MAX_BATCH_ITEMS } from '../request/schemas.ts';
import {
  answerMany,
  auditMany,
  isReport,
  outcomeStatus,
  outcomeVerdict,
  retryAfterOf,
  worstOf,
} from './many.ts';

/** In bytes. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
/** Each key is parsed and imported. */
const MAX_OWN_KEYS = 64;
const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']);

/** One image of the batch, as the caller named it. */
interface Item {
  image: string;
  question: ImageQuestion | CallerError;
}

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
        async (done) => {
          const outcomes = await answerMany(service, context, questions, done);
          audit(outcomes);
          return outcomes;
        },
        defect,
      );
      return context.body(stream, 200, { 'Content-Type': 'application/x-ndjson' });
    }
    const outcomes = await answerMany(service, context, questions);
    audit(outcomes);
    const worst = worstOf(outcomes);
    context.header('Countersign-Verdict', outcomeVerdict(worst));
    context.header('Cache-Control', 'no-store');
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
    return context.body(stringifyJson({ results }), status, { 'Content-Type': 'application/json' });
  });
}

type Whom = Omit<z.output<typeof batchQuerySchema>, 'timeout' | 'include'>;

async function readItems(context: AppContext, whom: Whom): Promise<Item[]> {
  const isYaml = YAML_TYPES.has(mediaType(context) ?? '');
  if (isYaml) return readManifests(context, whom);
  const isEmpty = Object.values(whom).every((value) => value === undefined);
  if (!isEmpty)
    throw new CallerError(
      'BAD_REQUEST',
      'In a JSON batch each item names its own keys or policy; key= and policy= are for YAML.',
    );
  const { items } = await readJson(context, batchBodySchema, MAX_BATCH_BYTES);
  const own = new Set(items.flatMap(({ publicKeys = [] }) => publicKeys));
  if (own.size > MAX_OWN_KEYS)
    throw new CallerError(
      'BAD_REQUEST',
      `A batch may contain at most ${MAX_OWN_KEYS} different public keys.`,
    );
  return Promise.all(
    items.map(async (item) => ({
      image: item.image,
      question: await imageQuestionFromBody(item).catch(asOutcome),
    })),
  );
}

/** Reads every image of every workload; the query says whom to trust. */
async function readManifests(context: AppContext, whom: Whom): Promise<Item[]> {
  const bytes = await readBody(context, MAX_BATCH_BYTES);
  const images = parsed('BAD_REQUEST', () => imagesInManifests(fromUtf8(bytes, 'body')));
  if (images.length === 0) throw new CallerError('BAD_REQUEST', 'The manifests name no image.');
  if (images.length > MAX_BATCH_ITEMS)
    throw new CallerError('TOO_LARGE', `The manifests name more than ${MAX_BATCH_ITEMS} images.`);
  return images.map((image) => {
    try {
      return { image, question: imageQuestion(image, whom) };
    } catch (error) {
      return { image, question: asOutcome(error) };
    }
  });
}

function asOutcome(error: unknown): CallerError {
  if (error instanceof CallerError) return error;
  throw error;
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

function outcomeLine(outcome: Outcome, image: string): string {
  const text = isReport(outcome) ? textLine(outcome) : `error ${outcome.code} ${image}: ${outcome.message}`;
  return asciiLine(text);
}

function wantsLines(context: AppContext): boolean {
  return prefers(context, 'application/x-ndjson', ['application/json', 'text/plain']);
}

/** Streams a line per outcome as it arrives. A stream without its end line was cut off. */
function streamLines(
  show: (index: number, outcome: Outcome) => Promise<object>,
  count: number,
  work: (done: (index: number, outcome: Outcome) => void) => Promise<Outcome[]>,
  defect: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  // Whether the client has left. Work under way then finishes on its own, and its outcomes are in the log.
  let isGone = false;
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      const shown = new Map<number, Promise<void>>();
      let isClosed = false;
      const write = (value: object) => {
        if (!isClosed && !isGone)
          controller.enqueue(encoder.encode(`${stringifyJson(value as unknown as Json)}\n`));
      };
      const done = (index: number, outcome: Outcome) => {
        if (shown.has(index)) return;
        const showing = show(index, outcome).then((document) => write({ index, ...document }));
        // The promise is awaited at the end; until then, a rejection must not count as unhandled.
        showing.catch(() => undefined);
        shown.set(index, showing);
      };
      try {
        const outcomes = await work(done);
        for (const [index, outcome] of outcomes.entries()) done(index, outcome);
        await Promise.all(shown.values());
        write({ end: true, count, worst: outcomeVerdict(worstOf(outcomes)) });
        isClosed = true;
        if (!isGone) controller.close();
      } catch (error) {
        isClosed = true;
        controller.error(error);
        defect(error);
      }
    },
    cancel() {
      isGone = true;
    },
  });
}
