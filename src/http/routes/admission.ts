// /v1/admission/{policy} decides whether an object may run; /mutate also pins what was verified. /v1/gatekeeper/{policy} is for Gatekeeper.
import type { Hono } from 'hono';
import { type ProviderItem, parseProviderRequest, providerResponse } from '../../admission/gatekeeper.ts';
import {
  type AdmissionAnswer,
  type AdmissionRequest,
  imagesToJudge,
  isComparedByItsOwner,
  parseReview,
  reviewResponse,
} from '../../admission/review.ts';
import type { ImagePlace } from '../../admission/workload_images.ts';
import type { JsonObject } from '../../core/encoding/json.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { ID_PATTERN } from '../../store/records.ts';
import type { ImageQuestion } from '../../verify/question.ts';
import { mayPass } from '../../verify/report.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { limitToNames } from '../access/limit_to_names.ts';
import { auditUnread } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { readJsonDocument } from '../request/body.ts';
import { query } from '../request/query.ts';
import { imageQuestion, parsed } from '../request/question.ts';
import { timeoutQuerySchema } from '../request/schemas.ts';
import { answerMany, auditMany, isReport, outcomeStatus, outcomeVerdict, worstOf } from './many.ts';
import { allowOnly } from './routing.ts';

/** In bytes: two objects of the 3 MiB that an API server accepts, and the review around them. */
const MAX_REVIEW_BYTES = 7 * 1024 * 1024;
const MAX_PROVIDER_BYTES = 1024 * 1024;

export function addAdmissionRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  for (const isMutating of [false, true]) {
    const path = isMutating ? '/v1/admission/:policy/mutate' : '/v1/admission/:policy';
    app.post(path, guard, query(timeoutQuerySchema), async (context) => {
      const policy = policyOf(context);
      const value = await readJsonDocument(context, MAX_REVIEW_BYTES);
      const request = parsed('BAD_REQUEST', () => parseReview(value));
      const answer = await judgeReview(service, context, policy, request, isMutating);
      return respond(context, reviewResponse(request.uid, answer));
    });
    allowOnly(app, path, 'POST');
  }
  app.post('/v1/gatekeeper/:policy', guard, query(timeoutQuerySchema), async (context) => {
    const policy = policyOf(context);
    const value = await readJsonDocument(context, MAX_PROVIDER_BYTES);
    const { apiVersion, keys } = parsed('BAD_REQUEST', () => parseProviderRequest(value));
    const outcomes = await judgeImages(service, context, policy, keys, false);
    const judged = keys.map((key, at) => ({ key, outcome: outcomes[at] as Outcome }));
    const items = judged.flatMap(({ key, outcome }) =>
      mayChangeSoon(outcome) ? [] : [providerItem(key, outcome)],
    );
    const open = judged.filter(({ outcome }) => mayChangeSoon(outcome));
    const systemError = open.map(({ key, outcome }) => `${key}: ${describeOutcome(outcome)}`).join(' · ');
    return respond(context, providerResponse(apiVersion, items, systemError));
  });
  allowOnly(app, '/v1/gatekeeper/:policy', 'POST');
}

function policyOf(context: AppContext): string {
  const id = context.req.param('policy') ?? '';
  if (ID_PATTERN.test(id)) return id;
  throw new CallerError(
    'BAD_REQUEST',
    'The path needs a policy id, which consists of a-z, 0-9, ".", "_" and "-".',
  );
}

function respond(context: AppContext, document: JsonObject): Response {
  context.header('Cache-Control', 'no-store');
  return context.body(stringifyJson(document), 200, { 'Content-Type': 'application/json' });
}

async function judgeReview(
  service: Service,
  context: AppContext,
  policy: string,
  request: AdmissionRequest,
  isMutating: boolean,
): Promise<AdmissionAnswer> {
  const places = attempt(() => imagesToJudge(request));
  if (places instanceof Malformed) {
    context.header('Countersign-Verdict', 'undecided');
    auditUnread(service, context, request.isDryRun);
    return { allowed: false, status: { code: 400, message: `BAD_REQUEST: ${places.message}` } };
  }
  if (places.length === 0) return { allowed: true };
  const images = places.map(({ image }) => image);
  const outcomes = await judgeImages(service, context, policy, images, request.isDryRun);
  const judged = places.map((place, at) => ({ place, outcome: outcomes[at] as Outcome }));
  return answerOf(policy, judged, isMutating && !isComparedByItsOwner(request));
}

interface JudgedPlace {
  place: ImagePlace;
  outcome: Outcome;
}

function answerOf(policy: string, judged: JudgedPlace[], isMutating: boolean): AdmissionAnswer {
  const stopped = judged.filter(({ outcome }) => !passes(outcome));
  const auditAnnotations = {
    policy: versionOf(policy, judged),
    verdict: outcomeVerdict(worstOf(judged.map(({ outcome }) => outcome))),
  };
  if (stopped.length > 0) {
    const code = denialStatus(worstOf(stopped.map(({ outcome }) => outcome)));
    const message = stopped.map(describe).join(' · ');
    return { allowed: false, status: { code, message }, auditAnnotations };
  }
  const warned = judged.filter(({ outcome }) => outcomeVerdict(outcome) === 'refused');
  return {
    allowed: true,
    auditAnnotations,
    warnings: [...new Set(warned.map(describe))],
    ...(isMutating && { patch: judged.flatMap(pin) }),
  };
}

/** Replaces 404, which tells Kubernetes clients that the object itself is gone; many ignore that. */
function denialStatus(outcome: Outcome): number {
  const status = outcomeStatus(outcome);
  return status === 404 ? 403 : status;
}

function versionOf(policy: string, judged: JudgedPlace[]): string {
  const versions = judged.flatMap(({ outcome }) =>
    isReport(outcome) ? (outcome.policy?.version ?? []) : [],
  );
  return versions[0] === undefined ? policy : `${policy} ${versions[0]}`;
}

function passes(outcome: Outcome): boolean {
  return isReport(outcome) && mayPass(outcome);
}

function describe({ place: { image, pointer }, outcome }: JudgedPlace): string {
  return `${image} (${pointer}): ${describeOutcome(outcome)}`;
}

/** Patches in the digest that was verified, so that exactly that runs even if the tag moves. */
function pin({ place: { image, pointer }, outcome }: JudgedPlace) {
  const value = pinned(image, outcome);
  return value === image ? [] : [{ op: 'replace' as const, path: pointer, value }];
}

/** The image with the verified digest; unchanged if it already has a digest or nothing was verified. */
function pinned(image: string, outcome: Outcome): string {
  if (!isReport(outcome) || outcome.verdict !== 'verified' || image.includes('@')) return image;
  return `${image}@${outcome.subject?.digest}`;
}

function providerItem(key: string, outcome: Outcome): ProviderItem {
  return passes(outcome)
    ? { key, value: pinned(key, outcome), error: '' }
    : { key, value: '', error: describeOutcome(outcome) };
}

/** Whether nothing was decided about the image: Gatekeeper caches items for minutes, but this may change in seconds. */
function mayChangeSoon(outcome: Outcome): boolean {
  return isReport(outcome) ? outcome.verdict === 'undecided' : outcome.code !== 'BAD_REFERENCE';
}

function describeOutcome(outcome: Outcome): string {
  return `${outcome.code}: ${isReport(outcome) ? outcome.summary : outcome.message}`;
}

async function judgeImages(
  service: Service,
  context: AppContext,
  policy: string,
  images: string[],
  isDryRun: boolean,
): Promise<Outcome[]> {
  const questions = images.map((image) => questionOf(context, image, policy));
  const outcomes = await answerMany(service, context, questions);
  auditMany(service, context, questions, outcomes, { isGated: true, isDryRun });
  if (outcomes.length > 0) context.header('Countersign-Verdict', outcomeVerdict(worstOf(outcomes)));
  return outcomes;
}

function questionOf(context: AppContext, image: string, policy: string): ImageQuestion | CallerError {
  try {
    return limitToNames(context, imageQuestion(image, { policy }));
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}
