// /v1/admission/{policy}, for Kubernetes: decides whether an object may run; /mutate also pins what was verified.
import type { Hono } from 'hono';
import {
  type AdmissionAnswer,
  type AdmissionRequest,
  imagesToJudge,
  isComparedByItsOwner,
  parseReview,
  reviewResponse,
} from '../../admission/review.ts';
import { joinMessages } from '../../admission/review_texts.ts';
import type { ImagePlace } from '../../admission/workload_images.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { answerJson } from '../answer/json.ts';
import {
  describeOutcome,
  isReport,
  outcomeStatus,
  outcomeVerdict,
  passes,
  worstOf,
} from '../answer/outcome.ts';
import { auditUnread } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { readJsonDocument } from '../request/body.ts';
import { parsed } from '../request/parsed.ts';
import { query } from '../request/query.ts';
import { timeoutQuerySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { judgeImages, pinned } from './judge_images.ts';
import { idOf } from './records.ts';

/** In bytes: two objects of the 3 MiB that an API server accepts, and the review around them. */
const MAX_REVIEW_BYTES = 7 * 1024 * 1024;

export function addAdmissionRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'verify');
  for (const isMutating of [false, true]) {
    const path = isMutating ? '/v1/admission/:policy/mutate' : '/v1/admission/:policy';
    app.post(path, guard, query(timeoutQuerySchema), async (context) => {
      const policy = idOf(context, 'policy');
      const value = await readJsonDocument(context, MAX_REVIEW_BYTES);
      const request = parsed('BAD_REQUEST', () => parseReview(value));
      const answer = await judgeReview(service, context, policy, request, isMutating);
      return answerJson(context, reviewResponse(request.uid, answer));
    });
    allowOnly(app, path, 'POST');
  }
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
    const worst = worstOf(stopped.map(({ outcome }) => outcome));
    const code = denialStatus(worst);
    // The image that the code is about comes first: a long message is cut.
    const first = stopped.filter(({ outcome }) => outcome === worst);
    const others = stopped.filter(({ outcome }) => outcome !== worst);
    const message = joinMessages([...first, ...others].map(describe));
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

function describe({ place: { image, pointer }, outcome }: JudgedPlace): string {
  return `${image} (${pointer}): ${describeOutcome(outcome)}`;
}

/** Patches in the digest that was verified, so that exactly that runs even if the tag moves. */
function pin({ place: { image, pointer }, outcome }: JudgedPlace) {
  const value = pinned(image, outcome);
  return value === image ? [] : [{ op: 'replace' as const, path: pointer, value }];
}
