// Envelopes as cosign attaches them to an image, with their log entry as an annotation: for each check, an envelope that fails only that
// check.
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { dsseBody, envelope, intotoBody, statement } from '../../support/bundles.ts';
import { base64, unbase64, utf8 } from '../../support/bytes.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { type AttachedSubject, makeAttached, setEnvelope } from '../support/bundle_harness.ts';
import { failsAlone, inOrder, NO_ENTRY, passes, withThese } from '../support/check_alone.ts';
import { LOGGED_AT, trusted, verify } from '../support/harness.ts';
import { authorityOf, STAMPED } from '../support/timestamps.ts';
import { test } from '../table.ts';

const KINDS = ['dsse', 'intoto 0.0.1', 'intoto 0.0.2'] as const;
const CHECKS = withThese('predicate-type');

/** Puts another entry body into the annotation, with a new promise by the log. */
async function logInstead(subject: AttachedSubject, body: string): Promise<void> {
  const { entry } = await subject.log.append(body, LOGGED_AT);
  subject.evidence.logBundle = subject.log.annotation(entry);
}

/** Changes fields of the envelope and leaves everything else. */
function changed(subject: AttachedSubject, change: object): Promise<void> {
  return setEnvelope(subject, utf8(JSON.stringify({ ...subject.envelope, ...change })));
}

test('an attached envelope verifies with each kind of log entry, and the result shows what was signed, how it was logged and when', async () => {
  for (const kind of KINDS) {
    const subject = await makeAttached({ kind, statement: { annotations: { ref: 'main' } } });
    const { claims, transparency, signer, signedAt, format } = await passes(subject, CHECKS);
    ok(claims?.kind === 'in-toto', kind);
    equal(claims.about?.annotations, { ref: 'main' }, kind);
    equal(
      [transparency?.proof, signedAt, signer?.hash, format],
      ['set', LOGGED_AT * 1000, 'sha256', 'dsse'],
      kind,
    );
  }
});

test('an envelope’s payload and signature may be in base64url, as DSSE allows, but not in a mixture', async () => {
  const url = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_');
  // Predicates and signatures differ, so that both letters occur somewhere.
  for (let at = 0; at < 8; at++) {
    const subject = await makeAttached({ statement: { predicate: { note: `??>>~~${at}` } } });
    const { payload, signatures } = subject.envelope;
    const sig = signatures[0]?.sig ?? '';
    subject.envelope = { ...subject.envelope, payload: url(payload), signatures: [{ sig: url(sig) }] };
    const given = JSON.stringify(subject.envelope);
    await setEnvelope(subject, utf8(given));
    await logInstead(
      subject,
      await dsseBody({ ...subject.envelope, payload, signatures }, subject.signer, given),
    );
    await passes(subject, CHECKS);
    await changed(subject, { payload: url(payload).replace(/^.{4}/, '-+-+') });
    equal((await verify(subject)).code, 'PAYLOAD_MALFORMED');
  }
});

test('A18 attached envelopes: an ECDSA key verifies with its curve’s own hash or SHA-256 and no other, Ed25519 without a hash', async () => {
  for (const [algorithm, hash] of [
    ['P-256', 'SHA-256'],
    ['P-384', 'SHA-384'],
    ['P-384', 'SHA-256'],
    ['P-521', 'SHA-512'],
    ['P-521', 'SHA-256'],
    ['ed25519', 'SHA-256'],
  ] as const)
    await passes(await makeAttached({ algorithm, hash }), CHECKS);
  for (const [algorithm, hash] of [
    ['P-256', 'SHA-384'],
    ['P-384', 'SHA-512'],
    ['P-521', 'SHA-384'],
  ] as const)
    await failsAlone(await makeAttached({ algorithm, hash }), 'signature', 'SIGNATURE_INVALID', CHECKS);
});

test('check signature: SIGNATURE_MALFORMED if the signature annotation beside an envelope is missing or not empty', async () => {
  const subject = await makeAttached();
  const [own] = subject.envelope.signatures;
  for (const signature of [undefined, own?.sig, ' ']) {
    const { signature: _, ...rest } = subject.evidence;
    subject.evidence = { ...rest, ...(signature !== undefined && { signature }) };
    await failsAlone(subject, 'signature', 'SIGNATURE_MALFORMED', CHECKS);
  }
});

test('A12 check payload-type: PAYLOAD_MALFORMED for text that is not an envelope, and for an envelope without exactly one signature', async () => {
  const subject = await makeAttached();
  const [own] = subject.envelope.signatures;
  for (const envelopeText of [
    '{}',
    'x',
    JSON.stringify({ ...subject.envelope, signatures: [] }),
    JSON.stringify({ ...subject.envelope, signatures: [own, own] }),
    JSON.stringify(subject.envelope).replace('{', '{"payload":"",'),
  ]) {
    await setEnvelope(subject, utf8(envelopeText));
    const { code, checks } = await verify(subject);
    equal(code, 'PAYLOAD_MALFORMED', envelopeText);
    equal(checks.find(({ result }) => result === 'fail')?.name, 'payload-type', envelopeText);
  }
});

test('A6 check payload-type: PAYLOAD_TYPE_MISMATCH for a signed envelope with another payload type', async () => {
  const subject = await makeAttached();
  const other = await envelope(subject.signer, statement(subject.digest), { payloadType: 'text/plain' });
  await setEnvelope(subject, utf8(JSON.stringify(other)));
  await logInstead(subject, await dsseBody(other, subject.signer, JSON.stringify(other)));
  await failsAlone(subject, 'payload-type', 'PAYLOAD_TYPE_MISMATCH', CHECKS);
});

test('check payload-digest: PAYLOAD_DIGEST_MISMATCH for an envelope other than the listed one', async () => {
  const subject = await makeAttached();
  subject.evidence.envelope = utf8(`${JSON.stringify(subject.envelope)} `);
  await failsAlone(subject, 'payload-digest', 'PAYLOAD_DIGEST_MISMATCH', CHECKS);
});

test('A7 check subject-digest: SUBJECT_MISMATCH for an envelope copied from another image', async () => {
  const [subject, other] = [await makeAttached(), await makeAttached()];
  subject.evidence.subject = messageOfDigest(other.digest);
  await failsAlone(subject, 'subject-digest', 'SUBJECT_MISMATCH', CHECKS);
});

test('A12 check signature: SIGNATURE_INVALID for an envelope with another payload than was signed', async () => {
  const subject = await makeAttached();
  await changed(subject, { payload: base64(statement(subject.digest, { predicate: { more: 1 } })) });
  await failsAlone(subject, 'signature', 'SIGNATURE_INVALID', CHECKS);
});

test('A4 check predicate-type: PREDICATE_TYPE_MISMATCH for a statement of another predicate type than was asked for', async () => {
  const subject = await makeAttached({ statement: { predicateType: 'https://slsa.dev/provenance/v1' } });
  await failsAlone(subject, 'predicate-type', 'PREDICATE_TYPE_MISMATCH', CHECKS);
});

test('A22 an entry about another envelope is refused: its signature, its envelope hash and its payload hash are compared', async () => {
  for (const kind of KINDS) {
    const subject = await makeAttached({ kind });
    const { signer } = subject;
    const given = JSON.stringify(subject.envelope);
    const other = await envelope(signer, statement(subject.digest, { predicate: { other: 1 } }));
    const body = (whole: typeof other, text: string) =>
      kind === 'dsse'
        ? dsseBody(whole, signer, text)
        : intotoBody(kind === 'intoto 0.0.1' ? '0.0.1' : '0.0.2', whole, signer, text);
    await logInstead(subject, await body(subject.envelope, given));
    await passes(subject, CHECKS);
    await logInstead(subject, await body(other, JSON.stringify(other)));
    await failsAlone(subject, 'entry-signature', 'ENTRY_SIGNATURE_MISMATCH', CHECKS);
    // The same envelope was logged with other bytes: intoto 0.0.1 has only the envelope's hash to identify the signature by.
    await logInstead(subject, await body(subject.envelope, `${given}\n`));
    if (kind === 'intoto 0.0.1')
      await failsAlone(subject, 'entry-signature', 'ENTRY_SIGNATURE_MISMATCH', CHECKS);
    else await failsAlone(subject, 'entry-payload', 'ENTRY_PAYLOAD_MISMATCH', CHECKS);
    // The right envelope hash and signature, beside the hash of another payload.
    await logInstead(subject, await body({ ...subject.envelope, payload: other.payload }, given));
    await failsAlone(subject, 'entry-payload', 'ENTRY_PAYLOAD_MISMATCH', CHECKS);
  }
});

test('an early intoto entry without a payload hash is compared by its envelope hash', async () => {
  const subject = await makeAttached({ kind: 'intoto 0.0.1' });
  const body = JSON.parse(
    await intotoBody('0.0.1', subject.envelope, subject.signer, JSON.stringify(subject.envelope)),
  );
  delete body.spec.content.payloadHash;
  await logInstead(subject, JSON.stringify(body));
  await passes(subject, CHECKS);
});

test('check entry-key: ENTRY_KEY_MISMATCH for an entry with another key, or with a certificate for another key', async () => {
  for (const kind of KINDS) {
    const subject = await makeAttached({ kind });
    const stranger = await makeKey();
    const given = JSON.stringify(subject.envelope);
    const body = (pem: string) =>
      kind === 'dsse'
        ? dsseBody(subject.envelope, { pem }, given)
        : intotoBody(kind === 'intoto 0.0.1' ? '0.0.1' : '0.0.2', subject.envelope, { pem }, given);
    await logInstead(subject, await body(stranger.pem));
    await failsAlone(subject, 'entry-key', 'ENTRY_KEY_MISMATCH', CHECKS);
    await logInstead(subject, await body(certificatePem(stranger)));
    await failsAlone(subject, 'entry-key', 'ENTRY_KEY_MISMATCH', CHECKS);
  }
});

test('check entry-kind: LOG_ENTRY_KIND_UNSUPPORTED for an envelope logged as a blob in a rekord entry', async () => {
  const subject = await makeAttached();
  const [own] = subject.envelope.signatures;
  const layer = { payload: subject.evidence.envelope, signature: own?.sig ?? '' };
  await logInstead(subject, await logBody('rekord', layer, subject.signer));
  await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_KIND_UNSUPPORTED', CHECKS);
});

test('check log-known: an envelope is refused if its log entry is missing or cannot be parsed', async () => {
  const subject = await makeAttached();
  subject.evidence.logBundle = '{}';
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MALFORMED', inOrder([...NO_ENTRY, 'predicate-type']));
  delete subject.evidence.logBundle;
  await failsAlone(subject, 'log-known', 'LOG_ENTRY_MISSING', inOrder([...NO_ENTRY, 'predicate-type']));
});

test('check key-known: UNTRUSTED_KEY for an envelope by an untrusted key', async () => {
  const subject = await makeAttached();
  subject.trust.keys = [await trusted(await makeKey())];
  await failsAlone(subject, 'key-known', 'UNTRUSTED_KEY', CHECKS);
});

test('a timestamp beside an envelope proves its time if it is over the envelope or over its signature, and is refused otherwise', async () => {
  const tsa = await makeTsa();
  const subject = await makeAttached();
  const names = inOrder([...CHECKS, 'timestamp']);
  subject.trust.findAuthorities = async () => [authorityOf(tsa)];
  const stamp = async (message: Uint8Array) => {
    subject.evidence.timestamp = JSON.stringify({ SignedRFC3161Timestamp: base64(await tsa.stamp(message)) });
  };
  await stamp(subject.evidence.envelope);
  equal((await passes(subject, names)).signedAt, Math.min(STAMPED, LOGGED_AT * 1000));
  const signature = unbase64(subject.envelope.signatures[0]?.sig ?? '');
  await stamp(signature);
  equal((await passes(subject, names)).signedAt, Math.min(STAMPED, LOGGED_AT * 1000));
  for (const other of [signature.subarray(1), unbase64(subject.envelope.payload), utf8('')]) {
    await stamp(other);
    await failsAlone(subject, 'timestamp', 'TIMESTAMP_INVALID', names);
  }
});
