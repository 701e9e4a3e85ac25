// The checks payload-digest, payload-type and subject-digest: for each, a signature that fails only that check, and the same signature
// without the fault.
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import { digest, join, utf8 } from '../../support/bytes.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { ok } from '../support/assert.ts';
import { failsAlone, passes, USUAL, without } from '../support/check_alone.ts';
import { makeSubject, resign } from '../support/harness.ts';
import { test } from '../table.ts';

test('check payload-digest: PAYLOAD_DIGEST_MISMATCH for another digest and another size', async () => {
  const subject = await makeSubject();
  await passes(subject);
  const good = subject.evidence.layer;
  ok(good);
  subject.evidence.layer = { ...good, digest: parseDigest(await digest(utf8('other'))) };
  await failsAlone(subject, 'payload-digest', 'PAYLOAD_DIGEST_MISMATCH');
  for (const size of [good.size - 1, good.size + 1, 0]) {
    subject.evidence.layer = { ...good, size };
    await failsAlone(subject, 'payload-digest', 'PAYLOAD_DIGEST_MISMATCH');
  }
});

test('check payload-digest: does not apply if the caller supplied the payload', async () => {
  const subject = await makeSubject();
  delete subject.evidence.layer;
  await passes(subject, without(USUAL, 'payload-digest'));
});

test('A7 A20 check payload-type: PAYLOAD_MALFORMED for signed and logged bytes that are not a payload', async () => {
  const subject = await makeSubject();
  const good = JSON.parse(new TextDecoder().decode(subject.evidence.payload));
  const { critical } = good;
  const bad: Record<string, unknown> = {
    'not JSON': utf8('{"critical"'),
    empty: utf8(''),
    null: null,
    'an array': [good],
    'a string': 'payload',
    'no critical': { optional: null },
    'critical null': { critical: null, optional: null },
    'no image': { critical: { ...critical, image: undefined }, optional: null },
    'image null': { critical: { ...critical, image: null }, optional: null },
    'digest missing': { critical: { ...critical, image: {} }, optional: null },
    'digest a number': { critical: { ...critical, image: { 'docker-manifest-digest': 7 } }, optional: null },
    'digest in upper case': payloadFor(subject.digest.toUpperCase().replace('SHA', 'sha')),
    'digest empty': payloadFor(''),
    'digest without hex': payloadFor('sha256:'),
    'digest of another algorithm': payloadFor(`sha512:${'a'.repeat(128)}`),
    'type missing': { critical: { ...critical, type: undefined }, optional: null },
    'type a number': { critical: { ...critical, type: 1 }, optional: null },
    'identity missing': { critical: { ...critical, identity: undefined }, optional: null },
    'optional a list': { critical, optional: [] },
    'optional a string': { critical, optional: 'a=b' },
    'byte-order mark': join([0xef, 0xbb, 0xbf], subject.evidence.payload),
    'invalid UTF-8': join(subject.evidence.payload.slice(0, -1), utf8(',"x":"'), [0xff], utf8('"}')),
    'text after it': join(subject.evidence.payload, utf8(' {}')),
  };
  for (const [what, value] of Object.entries(bad)) {
    await resign(
      subject,
      value instanceof Uint8Array ? (value as typeof subject.evidence.payload) : utf8(JSON.stringify(value)),
    );
    await failsAlone(subject, 'payload-type', 'PAYLOAD_MALFORMED').catch((error) => {
      throw new Error(`${what}: ${error}`);
    });
  }
});

test('A7 check payload-type: PAYLOAD_TYPE_MISMATCH unless critical.type matches exactly', async () => {
  for (const type of [
    '',
    'atomic container signature',
    'Cosign container image signature',
    'cosign container image signature ',
  ]) {
    const subject = await makeSubject();
    await passes(subject);
    await resign(subject, payloadFor(subject.digest, { type }));
    await failsAlone(subject, 'payload-type', 'PAYLOAD_TYPE_MISMATCH');
  }
});

test('A7 check subject-digest: SUBJECT_MISMATCH for a signature copied from another image', async () => {
  const [subject, other] = [await makeSubject(), await makeSubject()];
  await passes(subject);
  subject.evidence.subject = other.evidence.subject;
  await failsAlone(subject, 'subject-digest', 'SUBJECT_MISMATCH');
});
