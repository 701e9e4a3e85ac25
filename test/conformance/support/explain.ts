// What the checks of a signature report: the expected and the actual value.
import type { Check } from '../../../src/core/checks.ts';
import type { SignatureEvidence } from '../../../src/core/evidence/evidence.ts';
import { equal } from './assert.ts';
import { type Subject, verify } from './harness.ts';

/** The report of every check; all must pass. */
export async function explain<E extends SignatureEvidence>(subject: Subject<E>): Promise<Partial<Check>[]> {
  const { checks } = await verify(subject);
  return checks.map(({ result, ...check }) => {
    equal(result, 'pass', check.name);
    return check;
  });
}

/** The report of the check that fails. */
export async function failing<E extends SignatureEvidence>(subject: Subject<E>): Promise<Partial<Check>> {
  const { checks } = await verify(subject);
  const { result: _, ...failed } = checks.find(({ result }) => result === 'fail') ?? { result: 'none' };
  return failed;
}
