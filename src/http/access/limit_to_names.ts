// Applies a token's name limits to several questions, each on its own.
import { CallerError } from '../../core/errors/caller_error.ts';
import { fullName } from '../../core/reference.ts';
import type { AnyQuestion } from '../../verify/question.ts';
import type { AppContext } from '../context.ts';
import { namesIn } from '../request/read_question.ts';
import { assertMayName } from './authenticate.ts';

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
