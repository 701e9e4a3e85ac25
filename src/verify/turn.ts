// One image's turn to make outbound calls, among the images of its request.
import type { CallQueue, QueuePlace } from './call_queue.ts';

/** Calls reserved for each image under way: bundles cost it two more calls each. */
const RESERVE = 16;
/** Calls reserved for an image that is known, and only asks the log: one for each signature that may count. */
export const FOR_LOG = 2;

/** Begun before the image's first outbound call, and kept until the image is decided, repeated look-ups included. */
export interface Turn {
  /**
   * Waits for those in front, and for enough calls. Errors: `LIMIT_EXCEEDED` if there will not be enough.
   * @param calls that may follow. If it has begun with fewer, it queues up again: others may be under way by now
   */
  begin(calls?: number): Promise<void>;
  /**
   * Unless it has begun, those behind it need not wait for it. It may still begin: behind them, or at its place again if it only asks the log.
   * @param instead the turn of an image that looks for the same, which gets its place if that is further in front
   */
  letPass(instead?: Turn): void;
  end(): void;
  /** Its place, to exchange it. Absent if the image has the request to itself. */
  readonly place?: QueuePlace;
}

/** Queues up for a turn. @param queue absent if the image has the request to itself */
export function openTurn(queue: CallQueue | undefined): Turn {
  if (queue === undefined)
    return { begin: async () => undefined, letPass: () => undefined, end: () => undefined };
  const { places } = queue;
  const first = queue.last();
  const place: QueuePlace = { order: first, calls: 0 };
  places.add(place);
  const leave = () => queue.leave(place);
  return {
    place,
    async begin(calls = RESERVE) {
      if (calls > place.calls) {
        if (place.begun !== undefined) {
          await place.begun.promise;
          leave();
        }
        if (!places.has(place)) place.order = calls < RESERVE ? first : queue.last();
        place.calls = calls;
        place.begun = Promise.withResolvers();
        places.add(place);
        // Once whoever waits here awaits it, so that those who begin together continue in order.
        queueMicrotask(queue.advance);
      }
      await place.begun?.promise;
    },
    letPass(instead) {
      if (place.begun !== undefined || !places.has(place)) return;
      const other = instead?.place;
      if (other !== undefined && other.order > place.order)
        [place.order, other.order] = [other.order, place.order];
      leave();
    },
    end() {
      Promise.resolve(place.begun?.promise).then(leave, leave);
    },
  };
}
