// An answer in time: what takes longer goes on behind it, so that the caller's retry finds the work done.
import { Undecided } from '../core/undecided.ts';
import type { Trace } from '../egress/trace.ts';

export interface Deadline {
  /** Ends what is still under way when the work is done or has failed, or long after the answer. */
  readonly signal: AbortSignal;
  /** Settles when so much of the time is over, from 0 to 1; what is still waited for when the work is done never does. */
  at(part: number): Promise<void>;
  /**
   * Waits for the work, but no longer than the deadline.
   * @param late gives the answer when time is up, from the error that names the slow step
   * @param keep lets the runtime know of work that outlives the answer
   */
  race<T extends object>(
    work: Promise<T>,
    late: (undecided: Undecided) => T,
    keep: (work: Promise<unknown>) => void,
  ): Promise<T>;
}

/**
 * Most calls end in time and make no call out: what only the others need (a signal, the second timer) is made when needed.
 * @param milliseconds until the answer is due
 * @param after milliseconds that what is under way then may go on
 */
export function startDeadline(milliseconds: number, after: number, trace: Trace): Deadline {
  let controller: AbortController | undefined;
  let background: ReturnType<typeof setTimeout> | undefined;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const parts = new Map<number, Promise<void>>();
  // Not by the clock, which may be set meanwhile.
  const start = performance.now();
  const end = () => controller?.abort();
  const wait = (part: number) =>
    new Promise<void>((resolve) => {
      timers.push(setTimeout(resolve, Math.max(0, start + milliseconds * part - performance.now())));
    });
  return {
    get signal() {
      controller ??= new AbortController();
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
        keep(finished.catch(() => undefined));
        return late(deadlineExceeded(milliseconds, trace));
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Names the step that has been under way longest. */
export function deadlineExceeded(milliseconds: number, trace: Trace): Undecided {
  const slowest = trace.slowest();
  const waiting = slowest === undefined ? 'the computation' : `the ${slowest.step} from ${slowest.host}`;
  return new Undecided(
    'DEADLINE_EXCEEDED',
    `Not done within ${milliseconds} ms: still waiting for ${waiting}. Try again.`,
    {
      ...(slowest !== undefined && { upstream: slowest }),
    },
  );
}
