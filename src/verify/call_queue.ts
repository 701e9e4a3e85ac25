// Shares the outbound calls of one request among many images. An image begins only while enough calls are left for a whole one, so that
// some are finished and the rest not begun, rather than all half finished. Images begin in the order in which they were asked about. Only
// one that needs more than is reserved for each, or the last one to begin, can run out of calls halfway.
import { Undecided } from '../core/errors/undecided.ts';

/** The fewest outbound calls that an image by tag takes: its manifest, three places, a signature, and the registry's token. */
const LEAST = 6;
/**
 * Fractions of the time after which nothing is reserved any more for what is still under way, those whose keys or policy are still being
 * read are passed by, and those behind begin with the fewest calls: a registry or a record that never answers must not keep other images from
 * being begun, now and in every repetition.
 */
export const LATE = [0.5, 0.75];

/** One image's. */
export interface QueuePlace {
  order: number;
  /** The calls that it reserves once it begins. */
  calls: number;
  /** Is fulfilled when it begins, or rejected with `LIMIT_EXCEEDED` if there will not be enough calls; absent while it does not wait yet. */
  begun?: PromiseWithResolvers<void>;
}

export interface CallQueue {
  /** Those that have not begun. One that does not wait yet holds up those behind it. */
  places: Set<QueuePlace>;
  /** The order of a place behind all others. */
  last(): number;
  /** Begins whatever may begin. */
  advance(): void;
  /** Gives back the place, or the calls reserved for it. */
  leave(place: QueuePlace): void;
}

/**
 * @param left the outbound calls that the request may still make
 * @param timeAt resolves once this fraction (0 to 1) of the request's time has passed
 */
export function createCallQueue(left: () => number, timeAt: (part: number) => Promise<void>): CallQueue {
  const places = new Set<QueuePlace>();
  /** The calls reserved for those under way. */
  const active = new Map<QueuePlace, number>();
  let orders = 0;
  const last = () => orders++;
  let mostReserved = Number.POSITIVE_INFINITY;
  const inOrder = () => [...places].sort((a, b) => a.order - b.order);
  const advance = () => {
    for (const place of inOrder()) {
      if (place.begun === undefined) return;
      const calls = Math.min(place.calls, mostReserved);
      const reserved = [...active.values()].reduce((sum, each) => sum + each, 0);
      const isRoom = left() >= (active.size === 0 ? Math.min(LEAST, calls) : reserved + calls);
      if (!isRoom && active.size > 0) return;
      places.delete(place);
      if (isRoom) active.set(place, calls);
      if (isRoom) place.begun.resolve();
      else place.begun.reject(notBegun());
    }
  };
  for (const part of LATE)
    timeAt(part).then(() => {
      active.clear();
      mostReserved = LEAST;
      for (const place of inOrder()) if (place.begun === undefined) place.order = last();
      advance();
    });
  const leave = (place: QueuePlace) => {
    places.delete(place);
    active.delete(place);
    advance();
  };
  return { places, last, advance, leave };
}

function notBegun(): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    'Not started: the preceding images used up the outbound calls allowed per request. Send this image in another request, or raise SUBREQUESTS.',
    { retryable: false },
  );
}
