// The deadline of the store, where there is no session: for a token, and for the routes that wait only for the store.
import type { MiddlewareHandler } from 'hono';
import { Undecided } from '../core/errors/undecided.ts';
import { limitStore } from '../store/kv/guard.ts';
import type { Change, KeyValueStore } from '../store/kv/key_value.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import { auditUnknownChange } from './audit.ts';
import { type AppContext, type AppEnv, keepAlive, type Service } from './context.ts';

/** The store, limited to the time left for this request. Errors: `DEADLINE_EXCEEDED`. */
export function storeInTime(context: AppContext, store = context.get('store')): KeyValueStore {
  const timeLeft = context.get('timeLeft');
  const whole = timeLeft();
  return limitStore(store, timeLeft, () => deadlineExceeded(whole, context.get('trace')));
}

/**
 * For routes that wait only for the store: answers 504 if it has not answered by the deadline. A change that was begun is finished even
 * then, and in the log.
 */
export function storeDeadline(service: Service): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    // Workers ends what an answer, or a client that has left, does not wait for: a change would be half made, or made and not logged.
    const keep = keepAlive(context);
    const store = context.get('store');
    const commit = (changes: Change[]) => {
      const made = store.commit(changes);
      keep(made.catch(() => undefined));
      return made;
    };
    const inTime = storeInTime(context, { ...store, commit });
    let isUnknown = false;
    const watched = async (changes: Change[]) => {
      isUnknown = true;
      const isMade = await inTime.commit(changes);
      isUnknown = false;
      return isMade;
    };
    context.set('store', { ...inTime, commit: watched });
    const work = next();
    keep(work);
    await work;
    if (isUnknown && context.error instanceof Undecided)
      auditUnknownChange(service, context, context.error.code);
  };
}
