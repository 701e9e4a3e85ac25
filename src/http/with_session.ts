// Runs a request's work in a session with the verifier, under the request's deadline.
import type { Undecided } from '../core/errors/undecided.ts';
import { startDeadline } from '../verify/deadline.ts';
import { Refused } from '../verify/refused.ts';
import { openSession, type Session } from '../verify/session.ts';
import { reportDefect } from './answer/problem.ts';
import { type AppContext, keepAlive, type Service } from './context.ts';

/** @param late makes the answer when time is up; by default the deadline is thrown as an error */
export function withSession<T extends object>(
  { verifier, log }: Service,
  context: AppContext,
  work: (session: Session) => Promise<T>,
  late: (undecided: Undecided) => T = throwIt,
): Promise<T> {
  const trace = context.get('trace');
  const deadline = startDeadline(context.get('timeLeft')(), verifier.ports.background, trace);
  const isKnown = context.get('principal') !== undefined;
  const session = openSession(verifier, trace, context.get('store'), isKnown, deadline);
  const keep = keepAlive(context);
  return deadline.race(work(session), late, (unfinished) =>
    keep(unfinished.catch((error) => error instanceof Refused || reportDefect(log, context, error))),
  );
}

function throwIt(undecided: Undecided): never {
  throw undecided;
}
