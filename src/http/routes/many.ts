// Judges several images in one call, under one deadline: each has its own outcome, and one status covers all.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CallerError } from '../../core/errors/caller_error.ts';
import type { Report } from '../../verify/report.ts';
import { beginMany, endMany, type Many, type Outcome, verifyMany } from '../../verify/verify_many.ts';
import { CALLER_STATUS, verdictStatus } from '../answer/problem.ts';
import { auditDecision, auditMistake, type Decision } from '../audit.ts';
import type { AppContext, Service } from '../context.ts';
import { withSession } from '../session.ts';

/** @param done is called with each outcome as it arrives, but not for those cut off by the deadline */
export async function answerMany(
  service: Service,
  context: AppContext,
  questions: Many['questions'],
  done: (index: number, outcome: Outcome) => void = () => undefined,
): Promise<Outcome[]> {
  const many = beginMany(questions);
  const tell = (index: number) => {
    const outcome = many.outcomes[index];
    if (outcome !== undefined) done(index, outcome);
  };
  const outcomes = await withSession(
    service,
    context,
    async (session) => {
      await verifyMany(session, many, tell);
      return many.outcomes as Outcome[];
    },
    (undecided) => endMany(many, undecided),
  );
  const reports = new Set(outcomes.filter(isReport));
  context.set(
    'verifications',
    [...reports].reduce((sum, report) => sum + report.verifications, 0),
  );
  return outcomes;
}

export function isReport(outcome: Outcome): outcome is Report {
  return !(outcome instanceof CallerError);
}

export function auditMany(
  service: Service,
  context: AppContext,
  questions: Many['questions'],
  outcomes: Outcome[],
  door: Omit<Decision, 'report' | 'reference'> = {},
): void {
  for (const [index, outcome] of outcomes.entries()) {
    const question = questions[index];
    const reference =
      question === undefined || question instanceof CallerError ? undefined : question.reference;
    if (isReport(outcome)) auditDecision(service, context, { reference, report: outcome, ...door });
    else if (door.isGated === true)
      auditMistake(service, context, { reference, code: outcome.code, ...door });
  }
}

export function outcomeStatus(outcome: Outcome): ContentfulStatusCode {
  return isReport(outcome) ? verdictStatus(outcome.code) : CALLER_STATUS[outcome.code];
}

/** `Retry-After` of the first outcome with this status that has one. */
export function retryAfterOf(outcomes: Outcome[], status: ContentfulStatusCode): string | undefined {
  return outcomes
    .filter((outcome) => outcomeStatus(outcome) === status)
    .flatMap((outcome) => (isReport(outcome) ? (outcome.undecided?.retryAfter ?? []) : []))[0];
}

/** The verdict of an outcome; an image is undecided if what the caller sent for it was wrong. */
export function outcomeVerdict(outcome: Outcome): Report['verdict'] {
  return isReport(outcome) ? outcome.verdict : 'undecided';
}

/** The outcome with the highest HTTP status; among equals the first, except that exempt is worse than verified. */
export function worstOf(outcomes: Outcome[]): Outcome {
  const [first, ...rest] = outcomes;
  if (first === undefined) throw new TypeError('no outcomes');
  const rank = (outcome: Outcome) =>
    outcomeStatus(outcome) * 2 + Number(outcomeVerdict(outcome) === 'exempt');
  return rest.reduce((worst, outcome) => (rank(outcome) > rank(worst) ? outcome : worst), first);
}
