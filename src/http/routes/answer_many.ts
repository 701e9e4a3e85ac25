// Judges several images in one call, under one deadline: each has its own outcome.
import { CallerError } from '../../core/errors/caller_error.ts';
import { beginMany, endMany, type Many, type Outcome, verifyMany } from '../../verify/verify_many.ts';
import { isReport } from '../answer/outcome.ts';
import { auditDecision, auditMistake, type Decision } from '../audit.ts';
import type { AppContext, Service } from '../context.ts';
import { withSession } from '../with_session.ts';

/**
 * @param done is called with each outcome as it arrives, but not for those cut off by the deadline
 * @param include whether predicates will be shown
 */
export async function answerMany(
  service: Service,
  context: AppContext,
  questions: Many['questions'],
  done: (index: number, outcome: Outcome) => void = () => undefined,
  include?: Many['include'],
): Promise<Outcome[]> {
  const many = beginMany(questions, include);
  let isLate = false;
  const tell = (index: number) => {
    const outcome = many.outcomes[index];
    if (outcome !== undefined && !isLate) done(index, outcome);
  };
  const outcomes = await withSession(
    service,
    context,
    async (session) => {
      await verifyMany(session, many, tell);
      return many.outcomes as Outcome[];
    },
    (undecided) => {
      isLate = true;
      return endMany(many, undecided);
    },
  );
  const reports = new Set(outcomes.filter(isReport));
  context.set(
    'verifications',
    [...reports].reduce((sum, report) => sum + report.verifications, 0),
  );
  return outcomes;
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
    const { reference, trust: named } =
      question === undefined || question instanceof CallerError ? {} : question;
    if (isReport(outcome)) auditDecision(service, context, { reference, named, report: outcome, ...door });
    else if (door.isGated === true)
      auditMistake(service, context, { reference, code: outcome.code, ...door });
  }
}
