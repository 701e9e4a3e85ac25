// One request's session with the verifier, under its deadline.
import type { Undecided } from '../core/undecided.ts';
import { startDeadline } from '../verify/deadline.ts';
import type { Session } from '../verify/service.ts';
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
    trace,
  );
  const session: Session = {
    verifier,
    trace,
    store: context.get('store'),
    mayUseCredentials: context.get('isAuthenticated'),
    deadline,
  };
  return deadline.race(work(session), late, keepAlive(context));
}
