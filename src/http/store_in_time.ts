// The deadline for store access before there is a session, or without one.
import { limitStore } from '../store/kv/guard.ts';
import type { KeyValueStore } from '../store/kv/key_value.ts';
import { deadlineExceeded } from '../verify/deadline.ts';
import type { AppContext } from './context.ts';

/** The store, limited to the time left for this request. Errors: `DEADLINE_EXCEEDED`. */
export function storeInTime(context: AppContext, store = context.get('store')): KeyValueStore {
  const timeLeft = context.get('timeLeft');
  const whole = timeLeft();
  return limitStore(store, timeLeft, () => deadlineExceeded(whole, context.get('trace')));
}
