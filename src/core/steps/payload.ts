// payload-digest, payload-type, subject-digest: the payload's bytes match their descriptor, have the right type, and are about this
// artifact.
import { fail, pass, type Step } from '../checks.ts';
import { digestFromHash, splitDigest } from '../crypto/digest.ts';
import {
  describeDigests,
  hasHash,
  isNamedBy,
  type Message,
  messageHash,
  type WholeMessage,
} from '../crypto/message.ts';
import { Malformed } from '../encoding/malformed.ts';
import { payloadIn, statementIn } from '../evidence/parsed_content.ts';
import { Unreadable } from '../evidence/reading.ts';
import type { Envelope } from '../formats/dsse.ts';
import { IN_TOTO_PAYLOAD_TYPE, STATEMENT_TYPES } from '../formats/in_toto.ts';
import { SIMPLE_SIGNING_TYPE } from '../formats/simple_signing.ts';
import type { Verification } from '../verification.ts';

/** Subjects described in a failure. A check's text has room for these and for how many more there are; it is made anew for every key. */
const MAX_DESCRIBED = 24;

/** OCI image-spec descriptor.md: content must have the digest and size that its descriptor states. */
export const payloadDigest: Step<Verification> = {
  name: 'payload-digest',
  applies: ({ evidence }) => evidence.layer !== undefined,
  async run({ evidence, reading }) {
    const { layer } = evidence;
    const { listed } = reading;
    if (layer === undefined || listed === undefined) throw new TypeError('a layer without bytes');
    const actual = digestFromHash(await messageHash(listed, 'sha256'));
    if (layer.digest !== actual) return fail('PAYLOAD_DIGEST_MISMATCH', { expected: layer.digest, actual });
    if (layer.size !== listed.bytes.length) {
      return fail('PAYLOAD_DIGEST_MISMATCH', {
        expected: `${layer.size} bytes`,
        actual: `${listed.bytes.length} bytes`,
      });
    }
    return pass({ expected: layer.digest, actual });
  },
};

export const payloadType: Step<Verification> = {
  name: 'payload-type',
  applies: () => true,
  run(state) {
    const { content } = state.reading;
    if (content instanceof Unreadable) return fail(content.code, { actual: content.problem });
    switch (content.kind) {
      case 'simple-signing':
        return simpleSigningType(state, content.payload);
      case 'envelope':
        return statementType(state, content.envelope);
      case 'artifact':
        return artifactType(state);
    }
  },
};

export const subjectDigest: Step<Verification> = {
  name: 'subject-digest',
  applies: ({ reading: { content }, evidence: { subject } }) =>
    content instanceof Unreadable ||
    content.kind !== 'artifact' ||
    (content.stated !== undefined && hasHash(subject, content.stated.algorithm)),
  async run(state) {
    const { claims, evidence, reading } = state;
    const { subject } = evidence;
    // Adds this digest to those of the subject if its bytes are known.
    await messageHash(subject, 'sha256');
    const expected = describeDigests(subject.digests);
    if (claims === undefined) throw new TypeError('payload-type has not passed');
    if (claims.kind === 'simple-signing') {
      const { digest } = claims.payload;
      const { algorithm, hash } = splitDigest(digest);
      const compared = { expected, actual: digest, source: 'critical.image.docker-manifest-digest' };
      return (await isNamedBy(subject, { [algorithm]: hash }))
        ? pass(compared)
        : fail('SUBJECT_MISMATCH', compared);
    }
    if (claims.kind === 'in-toto') {
      const { subjects } = claims.statement;
      for (const [at, candidate] of subjects.entries()) {
        if (!(await isNamedBy(subject, candidate.digests))) continue;
        claims.about = candidate;
        return pass({
          expected,
          actual: describeDigests(candidate.digests),
          source: `subject[${at}].digest`,
        });
      }
      const first = subjects.slice(0, MAX_DESCRIBED).map(({ digests }) => describeDigests(digests));
      const rest = subjects.length - first.length;
      const actual = first.join(', ') + (rest > 0 ? `, and ${rest} more` : '');
      return fail('SUBJECT_MISMATCH', { expected, actual, source: 'subject' });
    }
    return statedDigest(subject, reading.content, expected);
  },
};

function simpleSigningType(state: Verification, message: WholeMessage) {
  const payload = payloadIn(message);
  if (payload instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: payload.message });
  const compared = { expected: SIMPLE_SIGNING_TYPE, actual: payload.type, source: 'critical.type' };
  if (payload.type !== SIMPLE_SIGNING_TYPE) return fail('PAYLOAD_TYPE_MISMATCH', compared);
  state.claims = { kind: 'simple-signing', payload };
  return pass(compared);
}

function statementType(state: Verification, envelope: Envelope) {
  const actual = envelope.payloadType;
  if (actual !== IN_TOTO_PAYLOAD_TYPE)
    return fail('PAYLOAD_TYPE_MISMATCH', { expected: IN_TOTO_PAYLOAD_TYPE, actual, source: 'payloadType' });
  const statement = statementIn(envelope);
  if (statement instanceof Malformed) return fail('PAYLOAD_MALFORMED', { actual: statement.message });
  const compared = { expected: STATEMENT_TYPES.join(' or '), actual: statement.type, source: '_type' };
  if (!STATEMENT_TYPES.includes(statement.type)) return fail('PAYLOAD_TYPE_MISMATCH', compared);
  state.claims = { kind: 'in-toto', statement, payload: envelope.payload };
  return pass(compared);
}

/** A bare signature says nothing about an image. If found next to an image, it is a signature of something else. */
function artifactType(state: Verification) {
  const actual = 'a bare signature over an artifact';
  if (state.evidence.source.via !== 'request')
    return fail('PAYLOAD_TYPE_MISMATCH', { expected: 'a statement about an image', actual });
  state.claims = { kind: 'artifact' };
  return pass({ actual });
}

/** `messageDigest` is only a hint, but it must not be wrong. The check does not apply if no digest by that algorithm is known. */
async function statedDigest(subject: Message, content: Verification['reading']['content'], expected: string) {
  if (content instanceof Unreadable || content.kind !== 'artifact' || content.stated === undefined)
    throw new TypeError('no digest is stated');
  const { algorithm, hash } = content.stated;
  const stated = { [algorithm]: hash };
  const compared = { expected, actual: describeDigests(stated), source: 'messageDigest' };
  return (await isNamedBy(subject, stated)) ? pass(compared) : fail('SUBJECT_MISMATCH', compared);
}
