// Judges the images of an object by a policy, for the doors of Kubernetes.
import { CallerError } from '../../core/errors/caller_error.ts';
import type { ImageQuestion } from '../../verify/question.ts';
import type { Outcome } from '../../verify/verify_many.ts';
import { limitToNames } from '../access/limit_to_names.ts';
import { isReport, outcomeVerdict, worstOf } from '../answer/outcome.ts';
import type { AppContext, Service } from '../context.ts';
import { imageQuestion } from '../request/read_question.ts';
import { answerMany, auditMany } from './answer_many.ts';

/** @returns an outcome for each place. An image that many places name is judged once, and its signatures count once */
export async function judgeImages(
  service: Service,
  context: AppContext,
  policy: string,
  images: string[],
  isDryRun: boolean,
): Promise<Outcome[]> {
  const distinct = [...new Set(images)];
  const indexOf = new Map(distinct.map((image, index) => [image, index]));
  const forEachPlace = <T>(all: T[]) => images.map((image) => all[indexOf.get(image) as number] as T);
  const questions = distinct.map((image) => questionOf(context, image, policy));
  const outcomes = forEachPlace(await answerMany(service, context, questions));
  auditMany(service, context, forEachPlace(questions), outcomes, { isGated: true, isDryRun });
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

/** The image with the verified digest; unchanged if it already has a digest or nothing was verified. */
export function pinned(image: string, outcome: Outcome): string {
  if (!isReport(outcome) || outcome.verdict !== 'verified' || image.includes('@')) return image;
  return `${image}@${outcome.subject?.digest}`;
}
