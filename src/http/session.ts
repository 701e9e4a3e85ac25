// One request's session with the verifier, under its deadline.
import type { Undecided } from '../core/undecided.ts';
import { startDeadline } from '../verify/deadline.ts';
import { openSession, type Session } from '../verify/session.ts';
import { type AppContext, keepAlive, type Service } from './context.ts';
import { workingTime } from './duration.ts';

/** @param late gives the answer when time is up */
export function withSession<T extends object>(
  service: Service,
  context: AppContext,
  timeout: string | undefined,
  work: (session: Session) => Promise<T>,
  late: (undecided: Undecided) => T,
): Promise<T> {
  const { verifier } = service;
  const trace = context.get('trace');
  const spent = verifier.ports.now() - context.get('startedAt');
  const deadline = startDeadline(
    Math.max(1, workingTime(verifier.settings.deadline, timeout) - spent),
    verifier.ports.background,
    trace,
  );
  const session = openSession(
    verifier,
    trace,
    context.get('store'),
    context.get('principal') !== undefined,
    deadline,
  );
  return deadline.race(work(session), late, keepAlive(context));
}
