// Answers in time. Work that takes longer continues after the answer, so that the caller's retry finds it done.
import { Undecided } from '../core/errors/undecided.ts';
import type { Trace } from '../egress/trace.ts';

export interface Deadline {
  /** Aborts what is still under way when the work is done or has failed, or long after a late answer. */
  readonly signal: AbortSignal;
  /** Resolves once this fraction (0 to 1) of the time has passed. If the work is done before that, it never settles. */
  at(part: number): Promise<void>;
  /**
   * Waits for the work, but no longer than the deadline.
   * @param late makes the answer when time is up, from an error that names the slow step
   * @param keep receives work that outlives the answer, and whatever it then throws
   */
  race<T extends object>(
    work: Promise<T>,
    late: (undecided: Undecided) => T,
    keep: (work: Promise<unknown>) => void,
  ): Promise<T>;
}

/**
 * Most requests finish in time without an outbound call, so what only the others need (a signal, the second timer) is created on demand.
 * @param milliseconds until the answer is due
 * @param after milliseconds that work still under way may continue after that
 */
export function startDeadline(milliseconds: number, after: number, trace: Trace): Deadline {
  let controller: AbortController | undefined;
  let isOver = false;
  let background: ReturnType<typeof setTimeout> | undefined;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const parts = new Map<number, Promise<void>>();
  // Not the clock, which may be set in the meantime.
  const start = performance.now();
  const end = () => {
    isOver = true;
    controller?.abort();
  };
  const wait = (part: number) =>
    new Promise<void>((resolve) => {
      timers.push(setTimeout(resolve, Math.max(0, start + milliseconds * part - performance.now())));
    });
  return {
    get signal() {
      controller ??= new AbortController();
      if (isOver) controller.abort();
      return controller.signal;
    },
    at(part) {
      const over = parts.get(part) ?? wait(part);
      parts.set(part, over);
      return over;
    },
    async race(work, late, keep) {
      const finished = work.finally(() => {
        clearTimeout(background);
        for (const timer of timers) clearTimeout(timer);
        end();
      });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const expired = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), milliseconds);
      });
      try {
        const first = await Promise.race([finished, expired]);
        if (first !== 'late') return first;
        background = setTimeout(end, after);
        keep(finished);
        return late(deadlineExceeded(milliseconds, trace));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The error for a missed deadline. It names the step that has been under way longest. */
export function deadlineExceeded(milliseconds: number, trace: Trace): Undecided {
  const pending = trace.longestPending();
  const waiting = pending === undefined ? 'the computation' : `the ${pending.step} from ${pending.host}`;
  return new Undecided(
    'DEADLINE_EXCEEDED',
    `Not finished within ${milliseconds} ms: still waiting for ${waiting}. Try again.`,
    {
      ...(pending !== undefined && { upstream: pending }),
    },
  );
}
