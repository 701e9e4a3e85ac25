// Shares the outbound calls of one request among many images. An image starts only while enough calls are left for a whole one, so that
// some are finished and the rest not started, rather than all half finished. Images start in the order in which they asked; only the
// last one to start may need more calls than are left.
import { Undecided } from '../core/errors/undecided.ts';

/** The fewest outbound calls that an image by tag takes: its manifest, three places, a signature, and the registry's token. */
const LEAST = 6;
/** Calls reserved for each image under way: bundles cost it two more calls each. */
const RESERVE = 16;

export interface Turns {
  /** Waits for earlier askers, and for enough calls. @returns ends the turn. Errors: `LIMIT_EXCEEDED` if there will not be enough */
  take(): Promise<() => void>;
}

/** One image's turn: taken before its first outbound call, and kept until the image is decided, repeated look-ups included. */
export interface Turn {
  begin(): Promise<void>;
  end(): void;
}

/** @param turns absent if the image has the request to itself */
export function openTurn(turns: Turns | undefined): Turn {
  let begun: Promise<() => void> | undefined;
  return {
    async begin() {
      begun ??= turns?.take();
      await begun;
    },
    end() {
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
    async take() {
      const { promise, resolve: letTheNextTry } = Promise.withResolvers<void>();
      const turn = before;
      before = promise;
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
  };
}

function notBegun(): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    'Not started: the preceding images used up the outbound calls allowed per request. Send this image in another request, or raise SUBREQUESTS.',
    { retryable: false },
  );
}
