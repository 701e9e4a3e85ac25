// Outcomes of images that are judged together: a report, or the caller's mistake about one of them. One status covers them all.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CallerError } from '../../core/errors/caller_error.ts';
import { mayPass, type Report } from '../../verify/report.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { CALLER_STATUS, verdictStatus } from './problem.ts';

export function isReport(outcome: Outcome): outcome is Report {
  return !(outcome instanceof CallerError);
}

export function passes(outcome: Outcome): boolean {
  return isReport(outcome) && mayPass(outcome);
}

/** Code and reason, in one line. */
export function describeOutcome(outcome: Outcome): string {
  return `${outcome.code}: ${isReport(outcome) ? outcome.summary : outcome.message}`;
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
