// key-valid, annotations, predicate-type, predicate, certificate: the key was valid when it signed, and the signer stated what the caller
// requires.

import { fail, pass, type Step } from '../checks.ts';
import { type Bytes, equalBytes } from '../encoding/bytes.ts';
import { formatInstant } from '../encoding/instant.ts';
import type { JsonObject } from '../encoding/json.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { SignatureEvidence } from '../evidence/evidence.ts';
import { Unreadable } from '../evidence/reading.ts';
import { parsePredicate, SIGNATURE_PREDICATE_TYPE } from '../formats/in_toto.ts';
import { onceFor } from '../memory/once.ts';
import {
  describeCondition,
  describeFound,
  type Found,
  find,
  holds,
  type PredicateCondition,
} from '../policy/predicate_condition.ts';
import { keyProblemAt, needsTime, type TrustedKey } from '../trust/trusted_key.ts';
import type { Verification } from '../verification.ts';

/**
 * Runs after the log checks, because only a proven time counts. If several times are proven, the key must be valid at each of them: a
 * single favourable time proves nothing.
 */
export const keyValid: Step<Verification> = {
  name: 'key-valid',
  applies: ({ signer, trust }) =>
    signer === undefined ? trust.keys.some(needsTime) : needsTime(signer.trusted),
  run({ signer, provenTimes }) {
    if (signer === undefined) throw new TypeError('signature has not passed');
    const times = provenTimes.map(formatInstant).join(' and ');
    const compared = {
      expected: describeWindow(signer.trusted),
      actual: times === '' ? 'no proven signing time' : `signed at ${times}`,
    };
    const judged = times === '' ? [undefined] : provenTimes;
    const problem = judged
      .map((time) => keyProblemAt(signer.trusted, time))
      .find((code) => code !== undefined);
    return problem === undefined ? pass(compared) : fail(problem, compared);
  },
};

/** Like cosign's `-a`: the required annotations must be a subset of the signed ones, as JSON strings. */
export const annotations: Step<Verification> = {
  name: 'annotations',
  applies: ({ requirements }) => requirements.annotations.length > 0,
  run({ claims, requirements }) {
    const signed = signedAnnotations(claims);
    const source = claims?.kind === 'in-toto' ? 'subject.annotations' : 'optional';
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
          source,
        });
      }
    }
    return pass({
      expected: requirements.annotations.map(([name, value]) => `${name}=${value}`).join(', '),
      source,
    });
  },
};

/** The annotations in the payload; in a statement, those of the subject with the artifact's digest. */
function signedAnnotations(claims: Verification['claims']): JsonObject {
  if (claims?.kind === 'simple-signing') return claims.payload.optional ?? {};
  return claims?.kind === 'in-toto' ? (claims.about?.annotations ?? {}) : {};
}

/**
 * A statement counts as a signature only if its predicate type says so. Any other statement is an attestation, and so is any envelope
 * that is attached to an image: it is looked for only where attestations are asked for, and asking for more must not make it count.
 */
export const predicateType: Step<Verification> = {
  name: 'predicate-type',
  applies: ({ reading: { content }, requirements }) =>
    requirements.attestation !== undefined ||
    (!(content instanceof Unreadable) && content.kind === 'envelope'),
  run({ evidence, claims, requirements: { attestation } }) {
    const expected = attestation ?? SIGNATURE_PREDICATE_TYPE;
    const compared = { expected, source: 'predicateType' };
    if (claims?.kind !== 'in-toto')
      return fail('PREDICATE_TYPE_MISMATCH', { ...compared, actual: 'no statement' });
    const actual = claims.statement.predicateType;
    if (attestation === undefined && isAttachedEnvelope(evidence))
      return fail('PREDICATE_TYPE_MISMATCH', {
        ...compared,
        actual: 'an attached envelope, which is an attestation',
      });
    return actual === expected
      ? pass({ ...compared, actual })
      : fail('PREDICATE_TYPE_MISMATCH', { ...compared, actual });
  },
};

function isAttachedEnvelope({ format, source }: SignatureEvidence): boolean {
  return format === 'dsse' && source.via !== 'request';
}

/** The policy's conditions on the statement's predicate. */
export const predicate: Step<Verification> = {
  name: 'predicate',
  applies: (state) => conditionsOf(state).length > 0,
  run(state) {
    const { claims, now } = state;
    if (claims?.kind !== 'in-toto') throw new TypeError('predicate-type has not passed');
    const conditions = conditionsOf(state);
    const found = foundIn(claims.payload, conditions);
    const broken = conditions.find((condition) => !holds(condition, found(condition), now));
    const source = 'predicate';
    if (broken === undefined) return pass({ expected: conditions.map(describeCondition).join(', '), source });
    return fail('PREDICATE_MISMATCH', {
      expected: describeCondition(broken),
      actual: describeFound(broken, found(broken)),
      source,
    });
  },
};

/** Pointers whose values are remembered for one statement: as many as a rule has conditions. */
const MAX_POINTERS = 256;

/** What is at pointers into the predicate, by pointer. */
const knownIn = onceFor((_: Bytes) => new Map<string, Found>());

/**
 * What is where the conditions point to. The statement is parsed once for all who ask, not once each: it may have megabytes, and a batch may
 * ask a thousand times.
 */
function foundIn(
  statement: Bytes,
  conditions: PredicateCondition[],
): (condition: PredicateCondition) => Found {
  const known = knownIn(statement);
  if (conditions.some(({ pointer }) => !known.has(pointer))) {
    if (known.size + conditions.length > MAX_POINTERS) known.clear();
    const predicate = parsePredicate(statement);
    for (const { pointer } of conditions) known.set(pointer, find(pointer, predicate));
  }
  return ({ pointer }) => known.get(pointer) as Found;
}

function conditionsOf({ requirements }: Verification): PredicateCondition[] {
  return requirements.predicate ?? [];
}

/** A certificate or bare key that comes with a signature by a trusted key must contain that key. It is never trusted itself. */
export const certificate: Step<Verification> = {
  name: 'certificate',
  applies: ({ reading }) => reading.material !== undefined,
  run({ reading, signer }) {
    const spki = reading.material?.spki;
    if (spki === undefined || signer === undefined) throw new TypeError('signature has not passed');
    const { key } = signer.trusted;
    const compared = { expected: `a certificate for ${key.fingerprint}`, source: 'certificate' };
    if (spki instanceof Malformed)
      return fail('CERTIFICATE_UNSUPPORTED', { ...compared, actual: spki.message });
    return equalBytes(spki, key.spki)
      ? pass(compared)
      : fail('CERTIFICATE_UNSUPPORTED', { ...compared, actual: 'a certificate for a different key' });
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
