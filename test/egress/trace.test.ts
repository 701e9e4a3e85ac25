// The trace: concurrent steps are counted once, and the longest pending step is reported as the slow one.
import { expect, test } from 'vitest';
import { createTrace } from '../../src/egress/trace.ts';

const upstream = (step: string) => ({ host: 'h', step });

test('concurrent steps are counted once, consecutive ones are added', () => {
  let now = 0;
  const trace = createTrace(() => now);
  const a = trace.begin('registry', upstream('a'));
  now = 10;
  const b = trace.begin('registry', upstream('b'));
  now = 30;
  a();
  now = 50;
  b();
  const kv = trace.begin('kv', upstream('kv'));
  now = 55;
  kv();
  kv();
  trace.begin('registry', upstream('c'))();
  const d = trace.begin('registry', upstream('d'));
  now = 60;
  d();
  expect(trace.totals()).toEqual({ registry: 55, kv: 5 });
});

test('a pending step counts until now, beside what has ended, and an end counts once', () => {
  let now = 100;
  const trace = createTrace(() => now);
  const endFirst = trace.begin('registry', upstream('done'));
  now = 103;
  endFirst();
  now = 200;
  const end = trace.begin('registry', upstream('hanging'));
  now = 700;
  expect(trace.totals()).toEqual({ registry: 503 });
  endFirst();
  now = 800;
  end();
  now = 900;
  end();
  expect(trace.totals()).toEqual({ registry: 603 });
});

test('the slow step is the longest pending one', () => {
  const trace = createTrace(() => 0);
  expect(trace.longestPending()).toBeUndefined();
  const a = trace.begin('registry', upstream('a'));
  trace.begin('rekor', upstream('b'));
  expect(trace.longestPending()).toEqual(upstream('a'));
  a();
  expect(trace.longestPending()).toEqual(upstream('b'));
});
