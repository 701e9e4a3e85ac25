// Shares the outbound calls of one request among many images. An image starts only while enough calls are left for a whole one, so that
// some are finished and the rest not started, rather than all half finished. Images start in the order in which they were asked
// about; only the last one to start may need more calls than are left.
import { Undecided } from '../core/errors/undecided.ts';

/** The fewest outbound calls that an image by tag takes: its manifest, three places, a signature, and the registry's token. */
const LEAST = 6;
/** Calls reserved for each image under way: bundles cost it two more calls each. */
const RESERVE = 16;

export interface Turns {
  /** Takes the next place in the order in which images start. */
  queue(): Queued;
}

interface Queued {
  /** Waits for those in front, and for enough calls. @returns ends the turn. Errors: `LIMIT_EXCEEDED` if there will not be enough */
  start(): Promise<() => void>;
  /** Leaves its place: it needs no calls, or not yet. */
  leave(): void;
}

/** One image's turn: begun before its first outbound call, and kept until the image is decided, repeated look-ups included. */
export interface Turn {
  begin(): Promise<void>;
  /** Unless it has begun, those behind it need not wait for it. It may still begin, behind them. */
  letPass(): void;
  end(): void;
}

/** Queues up for a turn. @param turns absent if the image has the request to itself */
export function openTurn(turns: Turns | undefined): Turn {
  let queued = turns?.queue();
  let begun: Promise<() => void> | undefined;
  const letPass = () => {
    queued?.leave();
    queued = undefined;
  };
  return {
    async begin() {
      begun ??= (queued ?? turns?.queue())?.start();
      queued = undefined;
      await begun;
    },
    letPass,
    end() {
      letPass();
      begun?.then(
        (end) => end(),
        () => undefined,
      );
    },
  };
}

/** @param left the outbound calls that the request may still make */
export function createTurns(left: () => number): Turns {
  let active = 0;
  let wake = () => {};
  let before = Promise.resolve();
  const end = () => {
    active--;
    wake();
  };
  return {
    queue() {
      const { promise, resolve: letTheNextTry } = Promise.withResolvers<void>();
      const turn = before;
      before = promise;
      return {
        async start() {
          await turn;
          try {
            while (left() < (active === 0 ? LEAST : RESERVE * (active + 1))) {
              if (active === 0) throw notBegun();
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
            }
            active++;
            return end;
          } finally {
            letTheNextTry();
          }
        },
        leave() {
          turn.then(letTheNextTry);
        },
      };
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
