// Many images in one request share the calls out that it may make. An image begins only while there are enough left for a whole one,
// so that some are done and the rest are not begun, rather than all half done; they begin in the order in which they asked. (Only the
// last that begins may need more than is left.)
import { Undecided } from '../core/undecided.ts';

/** Calls out of one image by tag at the least: its manifest, three places, a signature, and the registry's token. */
const LEAST = 6;
/** What is kept back for each image under way: bundles beside it cost two calls each. */
const RESERVE = 16;

export interface Turns {
  /** Waits for those that asked before, and for room. @returns what ends the turn. Errors: `LIMIT_EXCEEDED` when there will be none */
  take(): Promise<() => void>;
}

/** One image's turn: taken when its first call out is due, and kept until it is decided, further looks and all. */
export interface Turn {
  begin(): Promise<void>;
  end(): void;
}

/** @param turns absent where an image has the request for itself */
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

/** @param left calls out that the request may still make */
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
    'Not begun: the calls out that one request may make are used up by the images before it. Send it in another request, or raise SUBREQUESTS.',
    { retryable: false },
  );
}
