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
  const pending = new Set<{ metric: Metric; upstream: Upstream }>();
  const totals: Partial<Record<Metric, number>> = {};
  const since: Partial<Record<Metric, { count: number; start: number }>> = {};
  return {
    begin(metric, upstream) {
      const step = { metric, upstream };
      pending.add(step);
      const running = since[metric] ?? { count: 0, start: now() };
      since[metric] = { count: running.count + 1, start: running.count === 0 ? now() : running.start };
      return () => {
        if (!pending.delete(step)) return;
        const current = since[metric];
        if (current === undefined) return;
        current.count--;
        if (current.count === 0) totals[metric] = (totals[metric] ?? 0) + (now() - current.start);
      };
    },
    longestPending: () => pending.values().next().value?.upstream,
    totals() {
      const all = { ...totals };
      for (const [metric, { count, start }] of Object.entries(since) as [
        Metric,
        { count: number; start: number },
      ][])
        if (count > 0) all[metric] = (all[metric] ?? 0) + (now() - start);
      return all;
    },
  };
}
