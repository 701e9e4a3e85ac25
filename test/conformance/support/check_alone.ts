// Asserts that exactly one check fails: those before it pass, those after it are not run, and the result states nothing unproven.
import { CHECK_NAMES, type CheckName } from '../../../src/core/checks.ts';
import type { SignatureEvidence } from '../../../src/core/evidence/evidence.ts';
import { equal } from './assert.ts';
import { type Subject, verify } from './harness.ts';

/** The checks of a log entry with a promise, in order. */
export const OF_ENTRY: CheckName[] = [
  'log-known',
  'log-key-valid',
  'set',
  'entry-kind',
  'entry-signature',
  'entry-payload',
  'entry-key',
];

/** The checks of a logged signature by a key without scopes or window, in order. */
export const USUAL: CheckName[] = [
  'payload-digest',
  'payload-type',
  'subject-digest',
  'key-known',
  'signature',
  ...OF_ENTRY,
];

export const inOrder = (names: CheckName[]) => CHECK_NAMES.filter((name) => names.includes(name));

/** Asserts that only this check fails, with this code; `names` are the checks that apply. */
export async function failsAlone<E extends SignatureEvidence>(
  subject: Subject<E>,
  name: CheckName,
  code: string,
  names = USUAL,
): Promise<void> {
  const result = await verify(subject);
  const order = inOrder([...names, name]);
  const at = order.indexOf(name);
  const wanted = order.map((check, i) => `${check} ${i < at ? 'pass' : i === at ? 'fail' : 'not-run'}`);
  equal(
    result.checks.map((check) => `${check.name} ${check.result}`),
    wanted,
    `${code} at ${name}`,
  );
  equal(result.checks[at]?.code, code, 'the code of the check');
  equal([result.verdict, result.code], ['refused', code], 'the verdict');
  if (at <= order.indexOf('signature'))
    equal(
      [result.signer, result.claims],
      [undefined, undefined],
      'the result states nothing about an unproven signature',
    );
  if (at <= order.indexOf('entry-key'))
    equal(
      [result.signedAt, result.transparency],
      [undefined, undefined],
      'the result states nothing about an unproven entry',
    );
}

export async function passes<E extends SignatureEvidence>(
  subject: Subject<E>,
  names = USUAL,
): Promise<Awaited<ReturnType<typeof verify>>> {
  const result = await verify(subject);
  equal(
    result.checks.map(({ name, result }) => `${name} ${result}`),
    inOrder(names).map((name) => `${name} pass`),
    'the control',
  );
  equal([result.verdict, result.code], ['verified', 'VERIFIED'], 'the control');
  return result;
}

export const without = (names: CheckName[], ...gone: CheckName[]) =>
  names.filter((name) => !gone.includes(name));
export const withThese = (...more: CheckName[]) => inOrder([...USUAL, ...more]);
/** The checks that apply if the log entry cannot be parsed. */
export const NO_ENTRY = without(USUAL, ...OF_ENTRY.filter((name) => name !== 'log-known'));
