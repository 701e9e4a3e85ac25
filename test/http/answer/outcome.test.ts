// What several outcomes are together: which one is the worst, and what a caller is told.
import { describe, expect, test } from 'vitest';
import { CallerError } from '../../../src/core/errors/caller_error.ts';
import { Undecided } from '../../../src/core/errors/undecided.ts';
import {
  describeOutcome,
  outcomeStatus,
  outcomeVerdict,
  passes,
  retryAfterOf,
  worstOf,
} from '../../../src/http/answer/outcome.ts';
import { failedReport } from '../../../src/verify/report.ts';
import type { Outcome } from '../../../src/verify/verify_many.ts';

const report = (verdict: string, code: string) =>
  ({ verdict, code, summary: `It is ${verdict}.` }) as Outcome;
const verified = report('verified', 'VERIFIED');
const exempt = report('exempt', 'EXEMPT');
const refused = report('refused', 'NO_SIGNATURES');
const late = (retryAfter?: string) =>
  failedReport(
    new Undecided('REGISTRY_UNAVAILABLE', 'It is down.', { ...(retryAfter !== undefined && { retryAfter }) }),
  );
const malformed = failedReport(new Undecided('REGISTRY_MALFORMED', 'It is odd.'));
const mistake = new CallerError('BAD_REFERENCE', 'It is no name.');

test('each outcome has a status, a verdict and a line, and only what is good passes', () => {
  const all: Outcome[] = [verified, exempt, refused, late(), malformed, mistake];
  expect(all.map(outcomeStatus)).toEqual([200, 200, 403, 503, 502, 400]);
  expect(all.map(outcomeVerdict)).toEqual([
    'verified',
    'exempt',
    'refused',
    'undecided',
    'undecided',
    'undecided',
  ]);
  expect(all.map(passes)).toEqual([true, true, false, false, false, false]);
  expect(describeOutcome(refused)).toBe('NO_SIGNATURES: It is refused.');
  expect(describeOutcome(mistake)).toBe('BAD_REFERENCE: It is no name.');
});

describe('the worst', () => {
  test.each<[string, Outcome[], number]>([
    ['is the only one', [verified], 0],
    ['is the one with the highest status', [verified, mistake, late(), refused, malformed], 2],
    ['is the exempt one among good ones', [verified, exempt, verified], 1],
    ['is the exempt one, wherever it is', [exempt, verified], 0],
    ['is no exempt one beside a refusal', [exempt, refused], 1],
    ['is the first among equals', [verified, late('1'), late('2')], 1],
  ])('%s', (_, outcomes, worst) => expect(worstOf(outcomes)).toBe(outcomes[worst]));

  test('of nothing is a defect', () => expect(() => worstOf([])).toThrow(TypeError));
});

test('Retry-After is that of the first outcome with the status which has one', () => {
  expect(retryAfterOf([late(), malformed, mistake, late('7'), late('9')], 503)).toBe('7');
  expect(retryAfterOf([late('7')], 502)).toBeUndefined();
  expect(retryAfterOf([verified, mistake], 400)).toBeUndefined();
});
