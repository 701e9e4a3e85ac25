// What the request is waiting for and where its time went: for Server-Timing, and to name the slow step at a deadline.
import type { Upstream } from '../core/undecided.ts';

export type Metric = 'registry' | 'rekor' | 'download' | 'kv';

export interface Trace {
  /** Marks a step as under way; the function returned ends it. */
  begin(metric: Metric, upstream: Upstream): () => void;
  /** The step that has been under way longest. */
  slowest(): Upstream | undefined;
  /** Milliseconds with at least one step of the metric under way, until now. */
  totals(): Partial<Record<Metric, number>>;
}

/** @param now milliseconds; on Workers it moves only with I/O, which is what is measured here */
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
    slowest: () => pending.values().next().value?.upstream,
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
