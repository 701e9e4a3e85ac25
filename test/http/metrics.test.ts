// The metrics in Prometheus' text format, and the points that are written beside them.
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';

test('requests are counted by route and status, and by time in buckets that each include the ones below', () => {
  const metrics = createMetrics();
  metrics.answered('/v2', 200, 4, { registry: 1500, kv: 500 });
  metrics.answered('/v2', 200, 5, { registry: 500 });
  metrics.answered('/v2', 404, 2500, {});
  metrics.answered('other', 404, 60_000, {});
  const lines = metrics.render().split('\n');
  const of = (name: string) => lines.filter((line) => line.startsWith(name));
  expect(of('countersign_requests_total')).toEqual([
    'countersign_requests_total{route="/v2",status="200"} 2',
    'countersign_requests_total{route="/v2",status="404"} 1',
    'countersign_requests_total{route="other",status="404"} 1',
  ]);
  expect(of('countersign_upstream_wait_seconds_total')).toEqual([
    'countersign_upstream_wait_seconds_total{upstream="registry"} 2',
    'countersign_upstream_wait_seconds_total{upstream="kv"} 0.5',
  ]);
  const limits = [
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '30',
    '+Inf',
  ];
  const counts = [2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4];
  expect(of('countersign_request_seconds')).toEqual([
    ...limits.map((limit, at) => `countersign_request_seconds_bucket{le="${limit}"} ${counts[at]}`),
    expect.stringMatching(/^countersign_request_seconds_sum 62\.509/),
    'countersign_request_seconds_count 4',
  ]);
  expect(of('# TYPE')).toEqual([
    '# TYPE countersign_requests_total counter',
    '# TYPE countersign_decisions_total counter',
    '# TYPE countersign_upstream_wait_seconds_total counter',
    '# TYPE countersign_verifications_total counter',
    '# TYPE countersign_request_seconds histogram',
  ]);
  expect(lines.at(-1)).toBe('');
});

test('before any request, everything is there and zero', () => {
  const lines = createMetrics().render().split('\n');
  expect(lines).toContain('countersign_verifications_total 0');
  expect(lines).toContain('countersign_request_seconds_bucket{le="0.005"} 0');
  expect(lines).toContain('countersign_request_seconds_count 0');
});

test('verdicts and verifications are counted, and written as points, whose failure changes nothing', () => {
  const points: object[] = [];
  const written = createMetrics({ writeDataPoint: (point) => void points.push(point) });
  const failing = createMetrics({
    writeDataPoint() {
      throw new Error('too many points');
    },
  });
  for (const metrics of [written, failing]) {
    metrics.decided('verified', 'VERIFIED', 2);
    metrics.decided('verified', 'VERIFIED', 1);
    metrics.answered('/v2', 200, 1500, {});
    const lines = metrics.render().split('\n');
    expect(lines).toContain('countersign_decisions_total{verdict="verified",code="VERIFIED"} 2');
    expect(lines).toContain('countersign_verifications_total 3');
  }
  expect(points).toEqual([
    { indexes: ['verified'], blobs: ['decision', 'verified', 'VERIFIED'], doubles: [2] },
    { indexes: ['verified'], blobs: ['decision', 'verified', 'VERIFIED'], doubles: [1] },
    { indexes: ['/v2'], blobs: ['request', '/v2', '200'], doubles: [1.5] },
  ]);
});
