// key-valid, annotations, certificate: the key counted when it signed, and the signer said what the caller requires.
import { equalBytes } from '../bytes.ts';
import { fail, pass, type Step } from '../checks.ts';
import { formatInstant } from '../instant.ts';
import { attempt, Malformed } from '../malformed.ts';
import { spkiOfPemText } from '../public_key.ts';
import { keyProblemAt, needsTime, type TrustedKey } from '../trusted_key.ts';
import type { Verification } from '../verification.ts';

/** After the log's checks, since only a proven time counts. */
export const keyValid: Step<Verification> = {
  name: 'key-valid',
  applies: ({ signer, trust }) =>
    signer === undefined ? trust.keys.some(needsTime) : needsTime(signer.trusted),
  run({ signer, provenTime }) {
    if (signer === undefined) throw new TypeError('signature has not passed');
    const compared = {
      expected: describeWindow(signer.trusted),
      actual: provenTime === undefined ? 'no proven signing time' : `signed at ${formatInstant(provenTime)}`,
    };
    const problem = keyProblemAt(signer.trusted, provenTime);
    return problem === undefined ? pass(compared) : fail(problem, compared);
  },
};

/** COSIGN's `-a`: a subset test on JSON strings. */
export const annotations: Step<Verification> = {
  name: 'annotations',
  applies: ({ requirements }) => requirements.annotations.length > 0,
  run({ payload, requirements }) {
    const signed = payload?.optional ?? {};
    for (const [name, value] of requirements.annotations) {
      const actual = Object.hasOwn(signed, name) ? signed[name] : undefined;
      if (actual !== value) {
        return fail('ANNOTATION_MISMATCH', {
          expected: `${name}=${value}`,
          actual:
            typeof actual === 'string'
              ? `${name}=${actual}`
              : actual === undefined
                ? 'absent'
                : 'not a string',
          source: 'optional',
        });
      }
    }
    return pass({
      expected: requirements.annotations.map(([name, value]) => `${name}=${value}`).join(', '),
      source: 'optional',
    });
  },
};

/** A certificate beside a signature by a trusted key must hold that key; it is trusted for nothing. */
export const certificate: Step<Verification> = {
  name: 'certificate',
  applies: ({ evidence }) => evidence.certificate !== undefined,
  run({ evidence, signer }) {
    const spki = attempt(() => spkiOfPemText(evidence.certificate ?? '').spki);
    const compared = {
      expected: `a certificate for ${signer?.trusted.key.fingerprint}`,
      source: 'dev.sigstore.cosign/certificate',
    };
    if (spki instanceof Malformed)
      return fail('CERTIFICATE_UNSUPPORTED', { ...compared, actual: spki.message });
    return signer !== undefined && equalBytes(spki, signer.trusted.key.spki)
      ? pass(compared)
      : fail('CERTIFICATE_UNSUPPORTED', { ...compared, actual: 'a certificate for another key' });
  },
};

function describeWindow({ revoked, validFrom, validUntil }: TrustedKey): string {
  const parts: string[] = [];
  if (validFrom !== undefined) parts.push(`signed from ${formatInstant(validFrom)}`);
  if (validUntil !== undefined) parts.push(`signed until ${formatInstant(validUntil)}`);
  if (revoked !== undefined) {
    const { compromisedAt } = revoked;
    parts.push(
      compromisedAt === undefined
        ? 'a key that is not revoked'
        : `signed before ${formatInstant(compromisedAt)}`,
    );
  }
  return parts.join(', ');
}
