import { expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { auditAnswer } from '../../src/http/audit.ts';
import type { AppContext, Service } from '../../src/http/context.ts';
import type { Report } from '../../src/verify/report.ts';

const REPORT: Report = {
  verdict: 'verified',
  code: 'VERIFIED',
  summary: 'It is signed.',
  keys: [],
  signatures: [],
  verifications: 0,
};

/** What the log says of an answer. */
async function logged(answer: Parameters<typeof auditAnswer>[3]) {
  const lines: object[] = [];
  const service = {
    log: (line: object) => void lines.push(line),
    metrics: { decided: () => undefined },
    verifier: { ports: { now: () => 0 } },
  } as unknown as Service;
  const context = {
    get: () => undefined,
    req: { method: 'GET', path: '/v2/', header: () => undefined },
  } as unknown as AppContext;
  const outcome = await auditAnswer(service, context, { report: REPORT }, answer).catch((error) => error);
  return { lines, outcome };
}

test('a decision is logged once, as its answer ended: only an answer with the right content has passed', async () => {
  const ok = () => new Response();
  const undecided = new Undecided('REGISTRY_UNAVAILABLE', 'It is down.', { retryable: true });
  const defect = new TypeError('a defect');
  const fail = (error: Error) => () => Promise.reject(error);
  const wrong: Report = { ...REPORT, verdict: 'refused', code: 'BLOB_DIGEST_MISMATCH' };
  const cases: [Parameters<typeof auditAnswer>[3], object, unknown][] = [
    [ok, { verdict: 'verified', code: 'VERIFIED', passed: true }, expect.any(Response)],
    [
      (stop) => {
        stop(wrong);
        return ok();
      },
      { verdict: 'refused', code: 'BLOB_DIGEST_MISMATCH', passed: false },
      expect.any(Response),
    ],
    [fail(undecided), { verdict: 'undecided', code: 'REGISTRY_UNAVAILABLE', passed: false }, undecided],
    [fail(defect), { verdict: 'verified', code: 'VERIFIED', passed: false }, defect],
  ];
  for (const [answer, line, expected] of cases)
    expect(await logged(answer)).toEqual({ lines: [expect.objectContaining(line)], outcome: expected });
});
