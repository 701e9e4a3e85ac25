// Tracks what the request is waiting for and where its time went: for Server-Timing, and to name the slow step when time is up.
import type { Upstream } from '../core/errors/undecided.ts';

export type Metric = 'registry' | 'rekor' | 'download' | 'kv';

export interface Trace {
  /** Marks a step as under way; the returned function ends it. */
  begin(metric: Metric, upstream: Upstream): () => void;
  /** The step that has been under way longest. */
  longestPending(): Upstream | undefined;
  /** Milliseconds so far during which at least one step of the metric was under way. */
  totals(): Partial<Record<Metric, number>>;
}

/** @param now milliseconds; on Workers the clock advances only with I/O, which is what this measures */
export function createTrace(now: () => number): Trace {
  const pending = new Set<{ upstream: Upstream }>();
  const times = new Map<Metric, { running: number; since: number; ended: number }>();
  return {
    begin(metric, upstream) {
      const step = { upstream };
      pending.add(step);
      const time = times.get(metric) ?? { running: 0, since: 0, ended: 0 };
      times.set(metric, time);
      if (time.running === 0) time.since = now();
      time.running++;
      return () => {
        if (!pending.delete(step)) return;
        time.running--;
        if (time.running === 0) time.ended += now() - time.since;
      };
    },
    longestPending: () => pending.values().next().value?.upstream,
    totals() {
      const spent = [...times].map(([metric, { running, since, ended }]) => [
        metric,
        running === 0 ? ended : ended + now() - since,
      ]);
      return Object.fromEntries(spent);
    },
  };
}
