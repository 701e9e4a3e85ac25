// The deadline of what waits for the store before there is a session, or without one.
import type { MiddlewareHandler } from 'hono';
import { limitStore } from '../store/guard.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import type { AppContext, AppEnv, Service } from './context.ts';
import { workingTime } from './duration.ts';

/** Routes that wait for nothing but the store: answers 504 when it has not answered by then. */
export function storeDeadline(service: Service): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    context.set('store', storeInTime(service, context));
    await next();
  };
}

/** The store as long as this request has time for it. Errors: `DEADLINE_EXCEEDED` */
export function storeInTime({ verifier }: Service, context: AppContext): KeyValueStore {
  const { now } = verifier.ports;
  const allowed = workingTime(verifier.settings.deadline, context.req.query('timeout'));
  const due = context.get('startedAt') + allowed;
  const late = () => deadlineExceeded(allowed, context.get('trace'));
  return limitStore(context.get('store'), () => due - now(), late);
}
