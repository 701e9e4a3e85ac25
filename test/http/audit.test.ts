import { expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import {
  auditAnswer,
  auditDecision,
  auditMistake,
  auditUnknownChange,
  auditUnread,
  doorOf,
} from '../../src/http/audit.ts';
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

/** A service and a request, with what they log and count. */
function makeWorld(method = 'GET', path = '/v2/') {
  const lines: object[] = [];
  const decided: [verdict: string, code: string, verifications: number][] = [];
  const service = {
    log: (line: object) => void lines.push(line),
    metrics: { decided: (...one: (typeof decided)[number]) => void decided.push(one) },
    verifier: { ports: { now: () => 0 } },
  } as unknown as Service;
  const context = {
    get: (name: string) => (name === 'requestId' || name === 'answeredId' ? 'r' : undefined),
    req: { method, path, header: () => undefined },
  } as unknown as AppContext;
  return { lines, decided, service, context };
}

/** What the log says of an answer. */
async function logged(answer: Parameters<typeof auditAnswer>[3]) {
  const { lines, service, context } = makeWorld();
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

const common = { level: 'audit', time: '1970-01-01T00:00:00Z', requestId: 'r', who: 'anonymous' };

test('a report that several images share is logged for each, and its verifications are counted once', () => {
  const { lines, decided, service, context } = makeWorld();
  const report = { ...REPORT, verifications: 2 };
  for (let i = 0; i < 2; i++) auditDecision(service, context, { report });
  const line = {
    ...common,
    event: 'decision',
    door: 'GET /v2',
    verdict: 'verified',
    code: 'VERIFIED',
    keys: [],
  };
  expect(lines).toEqual([line, line]);
  expect(decided).toEqual([
    ['verified', 'VERIFIED', 2],
    ['verified', 'VERIFIED', 0],
  ]);
});

test('the keys of a decision are those that counted: by id, or by fingerprint if the caller brought them', () => {
  const { lines, service, context } = makeWorld();
  const signature = (verdict: string, id: string | undefined) => ({
    verdict,
    signer: { trusted: { ...(id !== undefined && { id }), key: { fingerprint: 'sha256:f' } } },
  });
  const signatures = [
    signature('verified', 'a'),
    signature('verified', 'a'),
    signature('refused', 'b'),
    { verdict: 'verified' },
    signature('verified', undefined),
  ];
  auditDecision(service, context, { report: { ...REPORT, signatures } as unknown as Report });
  expect(lines).toMatchObject([{ keys: ['a', 'sha256:f'] }]);
});

test('what could not be judged where images are admitted is a decision: it has not passed', () => {
  const { lines, decided, service, context } = makeWorld('POST', '/v1/admission/prod');
  const reference = parseImageReference('registry.example/app:1');
  auditMistake(service, context, { reference, code: 'REGISTRY_NOT_ALLOWED' });
  auditMistake(service, context, { code: 'BAD_REFERENCE', isDryRun: false });
  auditUnread(service, context, true);
  const line = {
    ...common,
    event: 'decision',
    door: 'POST /v1/admission',
    verdict: 'undecided',
    keys: [],
    passed: false,
  };
  expect(lines).toEqual([
    { ...line, reference: 'registry.example/app:1', code: 'REGISTRY_NOT_ALLOWED' },
    { ...line, code: 'BAD_REFERENCE' },
    { ...line, code: 'BAD_REQUEST', dryRun: true },
  ]);
  expect(decided.map(([verdict, code, verifications]) => `${verdict} ${code} ${verifications}`)).toEqual([
    'undecided REGISTRY_NOT_ALLOWED 0',
    'undecided BAD_REFERENCE 0',
    'undecided BAD_REQUEST 0',
  ]);
});

test.each([
  ['PUT', '/v1/keys/a', 'key.put'],
  ['DELETE', '/v1/logs/a', 'log.delete'],
  ['PUT', '/v1/policies/a', 'policy.put'],
  ['DELETE', '/v1/tokens/a', 'token.delete'],
  ['POST', '/v1/keys/a/revoke', 'key.revoke'],
])('%s %s of which nobody knows whether it was made is logged as %s', (method, path, action) => {
  const { lines, service, context } = makeWorld(method, path);
  auditUnknownChange(service, context, 'STORE_UNAVAILABLE');
  const door = `${method} ${path.split('/').slice(0, 3).join('/')}`;
  expect(lines).toEqual([{ ...common, event: 'change', door, action, id: 'a', code: 'STORE_UNAVAILABLE' }]);
});

test.each([
  ['/', '/'],
  ['/v2', '/v2'],
  ['/v2/', '/v2'],
  ['/v2x', 'other'],
  ['/v1/verify/batch', '/v1/verify/batch'],
  ['/v1/verify/batches', '/v1/verify'],
  ['/healthz', '/healthz'],
  ['/healthz/x', '/healthz'],
  ['', 'other'],
  ['/x/v2/', 'other'],
])('the path %s is of the route %s', (path, door) => {
  expect(doorOf(path)).toBe(door);
});
