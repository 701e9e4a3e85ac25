// The checks entry-kind, entry-signature, entry-payload and entry-key: for each, a signature that fails only that check, and the same
// signature without the fault.
import { parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { verifySignature } from '../../../src/core/crypto/signature.ts';
import { unbase64, utf8 } from '../../support/bytes.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { ok } from '../support/assert.ts';
import { failsAlone, passes } from '../support/check_alone.ts';
import { logBodyInstead, makeSubject, type Subject, twinOf } from '../support/harness.ts';
import { test } from '../table.ts';

test('check entry-kind: LOG_ENTRY_KIND_UNSUPPORTED for an unknown kind or version', async () => {
  const subject = await makeSubject();
  const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
  await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer));
  await passes(subject);
  for (const options of [
    { kind: 'Hashedrekord' },
    { kind: 'dsse', apiVersion: '0.0.2' },
    { kind: 'intoto', apiVersion: '0.0.3' },
    { apiVersion: '0.0.3' },
    { apiVersion: '' },
  ]) {
    await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer, options));
    await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_KIND_UNSUPPORTED');
  }
});

test('A60 check entry-kind: LOG_ENTRY_MALFORMED for a promised body that does not fit its kind', async () => {
  const subject = await makeSubject();
  const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
  const good = await logBody('hashedrekord', layer, subject.signer);
  const v2 = {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: { hashedRekordV002: { data: {}, signature: {} } },
  };
  const bad = [
    '',
    'null',
    '{}',
    good.slice(0, -1),
    good.replace('"spec"', '"Spec"'),
    good.replace('{', '{"x":1,'),
    good.replace('"kind"', '"kind":"hashedrekord","kind"'),
    good.replace('sha256', 'sha1'),
    good.replace('"content"', '"format":"x509","content"'),
    JSON.stringify(v2),
    good.replace('hashedrekord', 'intoto'),
    good.replace('hashedrekord', 'dsse'),
    good.replace('0.0.1', '0.0.2'),
  ];
  for (const body of bad) {
    await logBodyInstead(subject, body);
    await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_MALFORMED');
  }
});

test('check entry-kind: ALGORITHM_MISMATCH for a plain Ed25519 signature in a hashedrekord', async () => {
  await failsAlone(await makeSubject({ algorithm: 'ed25519' }), 'entry-kind', 'ALGORITHM_MISMATCH');
});

test('A3 check entry-signature: ENTRY_SIGNATURE_MISMATCH for a second signature over the same payload', async () => {
  const subject = await makeSubject();
  const second = twinOf(subject);
  ok(
    await verifySignature(await keyOf(subject), 'sha256', second.payload, unbase64(second.signature)),
    'the second signature',
  );
  await logBodyInstead(subject, await logBody('hashedrekord', second, subject.signer));
  await failsAlone(subject, 'entry-signature', 'ENTRY_SIGNATURE_MISMATCH');
});

const keyOf = ({ signer }: Subject) => parsePublicKeyPem(signer.pem);

test('A2 check entry-payload: ENTRY_PAYLOAD_MISMATCH for an entry about another payload', async () => {
  const subject = await makeSubject();
  const layer = { payload: utf8('another payload'), signature: subject.evidence.signature ?? '' };
  for (const kind of ['hashedrekord', 'rekord'] as const) {
    await logBodyInstead(subject, await logBody(kind, layer, subject.signer));
    await failsAlone(subject, 'entry-payload', 'ENTRY_PAYLOAD_MISMATCH');
  }
});

test('A60 check entry-payload: ALGORITHM_MISMATCH for a hashedrekord with another hash algorithm than the signature’s', async () => {
  const subject = await makeSubject();
  const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
  await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer, { hash: 'SHA-512' }));
  await failsAlone(subject, 'entry-payload', 'ALGORITHM_MISMATCH');
});

test('A2 check entry-key: ENTRY_KEY_MISMATCH for an entry that names another key', async () => {
  const subject = await makeSubject();
  const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
  const other = await makeKey();
  for (const pem of [other.pem, certificatePem(other)]) {
    await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer, { pem }));
    await failsAlone(subject, 'entry-key', 'ENTRY_KEY_MISMATCH');
  }
  for (const pem of [
    subject.signer.pem.trimEnd(),
    subject.signer.pem.replaceAll('\n', '\r\n'),
    certificatePem(subject.signer),
  ]) {
    await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer, { pem }));
    await passes(subject);
  }
});
