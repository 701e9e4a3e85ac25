// Deadlines for store access before there is a session, or without one.
import type { MiddlewareHandler } from 'hono';
import { limitStore } from '../store/guard.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import { type AppContext, type AppEnv, keepAlive } from './context.ts';

/** For routes that wait only for the store: answers 504 if it has not answered by the deadline. */
export function storeDeadline(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    context.set('store', storeInTime(context));
    const work = next();
    // Workers ends what a client that has left was waiting for: a change would be half made, or made and not logged.
    keepAlive(context)(work);
    await work;
  };
}

/** The store, limited to the time left for this request. Errors: `DEADLINE_EXCEEDED`. */
export function storeInTime(context: AppContext): KeyValueStore {
  const timeLeft = context.get('timeLeft');
  const whole = timeLeft();
  return limitStore(context.get('store'), timeLeft, () => deadlineExceeded(whole, context.get('trace')));
}
