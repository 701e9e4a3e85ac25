// /v1/policies/test: shows what a policy would decide, by which of its rules, and what would change. Nothing is stored.
import type { Hono } from 'hono';
import type * as z from 'zod';
import type { Json } from '../../core/encoding/json.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { selectRule } from '../../core/policy/select_rule.ts';
import { fullName } from '../../core/reference.ts';
import type { KeyValueStore } from '../../store/kv/key_value.ts';
import { snapshot } from '../../store/kv/snapshot.ts';
import { findPolicy, noPolicy, type StoredPolicy } from '../../store/policies.ts';
import { toPolicy } from '../../store/policy_document.ts';
import type { AnyQuestion, PolicyChoice } from '../../verify/question.ts';
import { toVerdictDocument } from '../../verify/verdict_document.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { requireScope } from '../access/authenticate.ts';
import { limitToNames } from '../access/limit_to_names.ts';
import { answerJson } from '../answer/json.ts';
import { isReport } from '../answer/outcome.ts';
import { problemOf } from '../answer/problem.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { readJson } from '../request/body.ts';
import { heldEvidence } from '../request/held_evidence.ts';
import { query } from '../request/query.ts';
import { validatePolicy } from '../request/read_policy.ts';
import { artifactDigest, DEFAULT_POLICY, imageQuestion, statedReference } from '../request/read_question.ts';
import { policyTestSchema, timeoutQuerySchema } from '../request/schemas.ts';
import { answerMany } from './answer_many.ts';

/** In bytes: a policy, and evidence for a hundred images. */
const MAX_TEST_BYTES = 16 * 1024 * 1024;
/** How verdicts name a policy that is not stored. */
const DRAFT = { id: 'draft', version: 'draft' };

type Body = z.output<typeof policyTestSchema>;
type Item = Body['images'][number];

export function addPolicyTestRoute(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  app.post('/v1/policies/test', guard, query(timeoutQuerySchema), async (context) => {
    const body = await readJson(context, policyTestSchema, MAX_TEST_BYTES);
    const store = snapshot(context.get('store'));
    const tried = await triedPolicy(store, body.policy);
    const current = await findPolicy(store, body.against ?? DEFAULT_POLICY);
    if (current === undefined && body.against !== undefined) throw noPolicy(body.against);
    const questions = (policy: StoredPolicy) =>
      body.images.map((item) => limitToNames(context, questionOf(item, { draft: policy })));
    const both = interleave(questions(tried), current === undefined ? undefined : questions(current));
    const outcomes = await answerMany(service, context, both);
    const results = await Promise.all(
      body.images.map((item, at) => {
        const step = current === undefined ? 1 : 2;
        const now = current === undefined ? undefined : outcomes[at * 2 + 1];
        const question = both[at * step] as AnyQuestion | CallerError;
        const outcome = outcomes[at * step] as Outcome;
        const about =
          question instanceof CallerError ? {} : explain(service, question, tried.policy, outcome, now);
        return resultOf(context, item, question, outcome, about);
      }),
    );
    return answerJson(context, { results });
  });
}

/** Puts the two questions about one image next to each other, so that they share lookups. */
function interleave<T>(tried: T[], current: T[] | undefined): T[] {
  return current === undefined ? tried : tried.flatMap((one, at) => [one, current[at] as T]);
}

/** A draft, or a stored policy by its id. */
async function triedPolicy(store: KeyValueStore, policy: Body['policy']): Promise<StoredPolicy> {
  if (typeof policy !== 'string') return { ...DRAFT, policy: toPolicy(validatePolicy(policy, 'policy.')) };
  const found = await findPolicy(store, policy);
  if (found === undefined) throw noPolicy(policy);
  return found;
}

function questionOf(item: Item, policy: PolicyChoice): AnyQuestion | CallerError {
  try {
    if (typeof item === 'string') return { ...imageQuestion(item, {}), trust: { policy } };
    return evidenceQuestionOf(item, policy);
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}

/** Builds a question from evidence that was sent instead of an image name. Nothing is fetched for it. */
function evidenceQuestionOf(
  { reference, digest: text, evidence }: Exclude<Item, string>,
  policy: PolicyChoice,
): AnyQuestion {
  const digest = artifactDigest(text);
  const pieces = Array.isArray(evidence) ? evidence : [evidence];
  return {
    digest,
    held: pieces.map((piece) => heldEvidence(piece as Json)),
    reference: statedReference(reference, digest),
    trust: { policy },
    annotations: [],
  };
}

async function resultOf(
  context: AppContext,
  item: Item,
  question: AnyQuestion | CallerError,
  outcome: Outcome,
  about: object,
): Promise<object> {
  const image = typeof item === 'string' ? item : item.reference;
  if (!isReport(outcome) || question instanceof CallerError) {
    const problem = problemOf(outcome as CallerError, context.get('answeredId'));
    return { image, verdict: 'undecided', ...problem, ...about };
  }
  const { trust, reference } = question;
  const shown = { reference, isReferenceUnverified: 'held' in question };
  return { image, ...(await toVerdictDocument(outcome, trust, shown)), ...about };
}

/** What the verdict does not say, also about an image that is not there: which rule decides about its name, and what would change. */
function explain(
  { verifier }: Service,
  { reference }: AnyQuestion,
  policy: Policy,
  outcome: Outcome,
  now: Outcome | undefined,
): object {
  const decided = isReport(outcome) ? outcome.policy?.selection : undefined;
  const name = reference === undefined ? '' : fullName(reference);
  const selection = decided ?? selectRule(policy, name, verifier.ports.now());
  return {
    explanation: { name: selection.name, rules: selection.tried },
    ...(now !== undefined && { current: describeChange(outcome, now) }),
  };
}

/** What the current policy decides, and whether the tried one would decide otherwise. */
function describeChange(tried: Outcome, now: Outcome): object {
  const nowPolicy = isReport(now) ? now.policy : undefined;
  const triedPolicy = isReport(tried) ? tried.policy : undefined;
  const verdict = isReport(now) ? now.verdict : 'undecided';
  const triedVerdict = isReport(tried) ? tried.verdict : 'undecided';
  const isKnown = verdict !== 'undecided' && triedVerdict !== 'undecided';
  const isSame = now.code === tried.code && nowPolicy?.enforcement === triedPolicy?.enforcement;
  return {
    verdict,
    code: now.code,
    ...(nowPolicy !== undefined && {
      policy: nowPolicy.id,
      version: nowPolicy.version,
      rule: nowPolicy.rule,
      enforcement: nowPolicy.enforcement,
    }),
    // If either outcome is undecided, nobody knows whether anything changes.
    ...(isKnown && { changes: !isSame }),
  };
}
