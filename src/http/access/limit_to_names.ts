// The names that a token is limited to.
import { CallerError } from '../../core/errors/caller_error.ts';
import { fullName } from '../../core/reference.ts';
import { matchesName } from '../../core/trust/name_pattern.ts';
import type { AnyQuestion } from '../../verify/question.ts';
import type { AppContext } from '../context.ts';
import { namesIn } from '../request/read_question.ts';

const NO_NAME =
  'This token is limited to certain names: evidence in the request needs reference=NAME; a file by its URL needs a token without names.';

/**
 * Refuses names that the caller's token does not cover. A token without names covers every name.
 * @param names full names; undefined if the caller gave none, which a token limited to names does not allow
 * @throws CallerError `FORBIDDEN`
 */
export function assertMayName(context: AppContext, ...names: (string | undefined)[]): void {
  const allowed = context.get('principal')?.names;
  if (allowed === undefined) return;
  for (const name of names) {
    if (name !== undefined && allowed.some((pattern) => matchesName(pattern, name))) continue;
    throw new CallerError('FORBIDDEN', name === undefined ? NO_NAME : `The token does not cover ${name}.`);
  }
}

/** Returns the question, or the `CallerError` if the caller's token does not cover its names. */
export function limitToNames<Q extends AnyQuestion>(
  context: AppContext,
  question: Q | CallerError,
): Q | CallerError {
  if (question instanceof CallerError) return question;
  try {
    assertMayName(context, ...namesOf(question));
    return question;
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}

function namesOf(question: AnyQuestion): (string | undefined)[] {
  if ('held' in question)
    return [question.reference === undefined ? undefined : fullName(question.reference)];
  return namesIn(question);
}
