// Shares the outbound calls of one request among many images. An image starts only while enough calls are left for a whole one, so that
// some are finished and the rest not started, rather than all half finished. Images start in the order in which they were asked
// about. Only one that needs more than is reserved for each, or the last one to start, can run out of calls halfway.
import { Undecided } from '../core/errors/undecided.ts';

/** The fewest outbound calls that an image by tag takes: its manifest, three places, a signature, and the registry's token. */
const LEAST = 6;
/** Calls reserved for each image under way: bundles cost it two more calls each. */
const RESERVE = 16;
/** Calls reserved for an image that is known, and only asks the log: one for each signature that may count. */
export const FOR_LOG = 2;
/**
 * Fractions of the time after which nothing is reserved any more for what is still under way, those whose keys or policy are still being
 * read are passed by, and those behind begin with the fewest calls: a registry or a record that never answers must not keep other images from
 * being begun, now and in every repetition.
 */
export const LATE = [0.5, 0.75];

export interface Turns {
  /** Takes the next place in the order in which images start. @param order of the place that it had before, to return to */
  queue(order?: number): QueuePlace;
}

export interface QueuePlace {
  order: number;
  /**
   * Waits for those in front, and for enough calls.
   * @param calls to reserve while it is under way
   * @returns ends the turn. Errors: `LIMIT_EXCEEDED` if there will not be enough
   */
  start(calls: number): Promise<() => void>;
  /** Leaves the queue: it needs no calls, or not yet. */
  leave(): void;
  /** Moves up to a place in front of its own, which then is behind. */
  exchange(other: QueuePlace): void;
}

/** One image's turn: begun before its first outbound call, and kept until the image is decided, repeated look-ups included. */
export interface Turn {
  /** @param calls that may follow. If it has begun with fewer, it queues up again: others may be under way by now */
  begin(calls?: number): Promise<void>;
  /**
   * Unless it has begun, those behind it need not wait for it. It may still begin: behind them, or at its place again if it only asks the log.
   * @param instead the turn of an image that looks for the same, which gets its place if that is further in front
   */
  letPass(instead?: Turn): void;
  /** Takes a place instead of its own, if that is further in front and it has not begun. */
  moveUp(place: QueuePlace): void;
  end(): void;
}

/** Queues up for a turn. @param turns absent if the image has the request to itself */
export function openTurn(turns: Turns | undefined): Turn {
  let place = turns?.queue();
  const order = place?.order;
  let begun: Promise<() => void> | undefined;
  let reserved = 0;
  const leave = () => {
    place?.leave();
    place = undefined;
  };
  return {
    async begin(calls = RESERVE) {
      if (calls > reserved) {
        if (begun !== undefined) {
          (await begun)();
          place = undefined;
        }
        reserved = calls;
        place ??= turns?.queue(calls < RESERVE ? order : undefined);
        begun = place?.start(calls);
      }
      await begun;
    },
    letPass(instead) {
      if (begun !== undefined || place === undefined) return;
      instead?.moveUp(place);
      leave();
    },
    moveUp(other) {
      place?.exchange(other);
    },
    end() {
      if (begun === undefined) leave();
      begun?.then(
        (end) => end(),
        () => undefined,
      );
    },
  };
}

/**
 * @param left the outbound calls that the request may still make
 * @param timeAt resolves once this fraction (0 to 1) of the request's time has passed
 */
export function createTurns(left: () => number, timeAt: (part: number) => Promise<void>): Turns {
  /** Those that have not begun, in order. One that does not wait yet holds up those behind it. */
  const queue: QueuePlace[] = [];
  const waiting = new Map<QueuePlace, PromiseWithResolvers<() => void> & { calls: number }>();
  /** The calls reserved for those that have begun. */
  const active = new Map<QueuePlace, number>();
  let places = 0;
  let mostReserved = RESERVE;
  const startNext = () => {
    for (let [first] = queue; first !== undefined; [first] = queue) {
      const start = waiting.get(first);
      if (start === undefined) return;
      const calls = Math.min(start.calls, mostReserved);
      const reserved = [...active.values()].reduce((sum, each) => sum + each, 0);
      const isRoom = left() >= (active.size === 0 ? Math.min(LEAST, calls) : reserved + calls);
      if (!isRoom && active.size > 0) return;
      queue.shift();
      if (isRoom) start.resolve(begin(first, calls));
      else start.reject(notBegun());
    }
  };
  const begin = (place: QueuePlace, calls: number) => {
    active.set(place, calls);
    return () => {
      active.delete(place);
      startNext();
    };
  };
  for (const part of LATE)
    timeAt(part).then(() => {
      active.clear();
      mostReserved = LEAST;
      for (const place of queue) if (!waiting.has(place)) place.order = places++;
      queue.sort((a, b) => a.order - b.order);
      startNext();
    });
  return {
    queue(order = places++) {
      const place: QueuePlace = {
        order,
        start(calls) {
          const start = Promise.withResolvers<() => void>();
          waiting.set(place, { ...start, calls });
          // Once whoever waits here awaits it, so that those who begin together continue in order.
          queueMicrotask(startNext);
          return start.promise;
        },
        leave() {
          const at = queue.indexOf(place);
          if (at >= 0) queue.splice(at, 1);
          startNext();
        },
        exchange(other) {
          const [own, front] = [queue.indexOf(place), queue.indexOf(other)];
          if (front < 0 || front > own) return;
          queue[front] = place;
          queue[own] = other;
          [place.order, other.order] = [other.order, place.order];
          startNext();
        },
      };
      queue.splice(queue.findLastIndex((one) => one.order <= order) + 1, 0, place);
      return place;
    },
  };
}

function notBegun(): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    'Not started: the preceding images used up the outbound calls allowed per request. Send this image in another request, or raise SUBREQUESTS.',
    { retryable: false },
  );
}
