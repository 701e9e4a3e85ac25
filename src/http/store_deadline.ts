// The deadline of what waits for the store before there is a session, or without one.
import type { MiddlewareHandler } from 'hono';
import { limitStore } from '../store/guard.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import type { AppContext, AppEnv } from './context.ts';

/** Routes that wait for nothing but the store: answers 504 when it has not answered by then. */
export function storeDeadline(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    context.set('store', storeInTime(context));
    await next();
  };
}

/** The store as long as this request has time for it. Errors: `DEADLINE_EXCEEDED` */
export function storeInTime(context: AppContext): KeyValueStore {
  const timeLeft = context.get('timeLeft');
  const whole = timeLeft();
  return limitStore(context.get('store'), timeLeft, () => deadlineExceeded(whole, context.get('trace')));
}
