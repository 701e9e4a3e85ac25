// What a gate lets pass.
import { describe, expect, test } from 'vitest';
import type { Judgement } from '../../src/core/verdict.ts';
import { mayPass, type Report } from '../../src/verify/report.ts';

describe('at a gate', () => {
  const report = (verdict: Judgement['verdict'], enforcement?: 'enforce' | 'warn') =>
    ({
      verdict,
      ...(enforcement !== undefined && { policy: { id: 'prod', version: '1', enforcement } }),
    }) as Report;

  test.each<[Judgement['verdict'], boolean, boolean]>([
    ['verified', true, true],
    ['exempt', true, true],
    ['refused', false, true],
    ['undecided', false, false],
  ])('what is %s may pass: %s; by a rule that only warns: %s', (verdict, isLet, isLetByWarning) => {
    expect(mayPass(report(verdict))).toBe(isLet);
    expect(mayPass(report(verdict, 'enforce'))).toBe(isLet);
    expect(mayPass(report(verdict, 'warn'))).toBe(isLetByWarning);
  });
});
