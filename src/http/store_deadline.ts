// The deadline of routes that wait for nothing but the store.
import type { MiddlewareHandler } from 'hono';
import { limitStore } from '../store/guard.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import type { AppEnv, Service } from './context.ts';
import { workingTime } from './duration.ts';

/** Answers 504 when the store has not answered by then. */
export function storeDeadline({ verifier }: Service): MiddlewareHandler<AppEnv> {
  const { now } = verifier.ports;
  return async (context, next) => {
    const allowed = workingTime(verifier.settings.deadline, context.req.query('timeout'));
    const due = now() + allowed;
    const late = () => deadlineExceeded(allowed, context.get('trace'));
    context.set(
      'store',
      limitStore(context.get('store'), () => due - now(), late),
    );
    await next();
  };
}
