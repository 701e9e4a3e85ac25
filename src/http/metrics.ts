// Counters for operators, with bounded cardinality: Prometheus text for this process and, if Analytics Engine is bound, data points
// there, because a Worker's isolates are many and short-lived.

/** The Analytics Engine binding (developers.cloudflare.com/analytics/analytics-engine). */
export interface AnalyticsDataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

export interface Metrics {
  /** @param waited milliseconds per upstream */
  answered(door: string, status: number, milliseconds: number, waited: Record<string, number>): void;
  decided(verdict: string, code: string, verifications: number): void;
  /** Prometheus text format 0.0.4. */
  render(): string;
}

/** In seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(dataset?: AnalyticsDataset): Metrics {
  const requests = new Map<string, number>();
  const decisions = new Map<string, number>();
  const waits = new Map<string, number>();
  const buckets = BUCKETS.map(() => 0);
  const totals = { verifications: 0, seconds: 0, requests: 0 };
  // Throws beyond 250 points in one request, and beyond the free plan's points of a day. No answer depends on them.
  const write: AnalyticsDataset['writeDataPoint'] = (point) => {
    try {
      dataset?.writeDataPoint(point);
    } catch {
      // Counted here, but not there.
    }
  };
  return {
    answered(door, status, milliseconds, waited) {
      const seconds = milliseconds / 1000;
      add(requests, `route="${door}",status="${status}"`, 1);
      for (const [upstream, ms] of Object.entries(waited)) add(waits, `upstream="${upstream}"`, ms / 1000);
      totals.requests++;
      totals.seconds += seconds;
      for (const [at, limit] of BUCKETS.entries()) if (seconds <= limit) buckets[at] = (buckets[at] ?? 0) + 1;
      write({ indexes: [door], blobs: ['request', door, String(status)], doubles: [seconds] });
    },
    decided(verdict, code, verifications) {
      add(decisions, `verdict="${verdict}",code="${code}"`, 1);
      totals.verifications += verifications;
      write({ indexes: [verdict], blobs: ['decision', verdict, code], doubles: [verifications] });
    },
    render() {
      return [
        ...family('countersign_requests_total', 'Requests answered.', 'counter', requests),
        ...family('countersign_decisions_total', 'Verdicts given.', 'counter', decisions),
        ...family(
          'countersign_upstream_wait_seconds_total',
          'Time spent waiting for upstreams and the store.',
          'counter',
          waits,
        ),
        ...family(
          'countersign_verifications_total',
          'Signature verifications computed.',
          'counter',
          new Map([['', totals.verifications]]),
        ),
        ...histogram(buckets, totals),
        '',
      ].join('\n');
    },
  };
}

function add(counts: Map<string, number>, labels: string, amount: number): void {
  counts.set(labels, (counts.get(labels) ?? 0) + amount);
}

function family(name: string, help: string, type: string, values: Map<string, number>): string[] {
  const lines = [...values].map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

function histogram(
  buckets: number[],
  { seconds, requests }: { seconds: number; requests: number },
): string[] {
  const name = 'countersign_request_seconds';
  return [
    `# HELP ${name} Time until the answer began.`,
    `# TYPE ${name} histogram`,
    ...BUCKETS.map((limit, at) => `${name}_bucket{le="${limit}"} ${buckets[at]}`),
    `${name}_bucket{le="+Inf"} ${requests}`,
    `${name}_sum ${seconds}`,
    `${name}_count ${requests}`,
  ];
}
