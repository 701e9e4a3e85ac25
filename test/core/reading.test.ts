// What evidence states about its key, in each form, before any of it is verified.
import { expect, test } from 'vitest';
import type { ArtifactDigest } from '../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../src/core/crypto/message.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { namedFingerprints, namedKeys, namesCertificate } from '../../src/core/evidence/named_keys.ts';
import { payloadIn } from '../../src/core/evidence/parsed_content.ts';
import { readingOf, statedPredicateType } from '../../src/core/evidence/read_evidence.ts';
import { Unreadable } from '../../src/core/evidence/reading.ts';
import {
  makeAttached,
  makeBundle,
  rebuild,
  setBundle,
  setEnvelope,
} from '../conformance/support/bundle_harness.ts';
import { makeSubject } from '../conformance/support/harness.ts';
import { base64, utf8 } from '../support/bytes.ts';
import { certificatePem, makeKey } from '../support/keys.ts';

const read = (evidence: SignatureEvidence) => readingOf({ ...evidence });
const derOf = (pem: string) => pem.replace(/-----[A-Z ]+-----|\s/g, '');

test('a certificate beside a signature is read, as PEM or as base64 of PEM; a bare key too', async () => {
  const { evidence, signer } = await makeSubject();
  const pem = certificatePem(signer);
  for (const certificate of [pem, base64(utf8(pem))])
    expect(read({ ...evidence, certificate }).material).toEqual({ spki: signer.spki, isCertificate: true });
  for (const certificate of [signer.pem, base64(utf8(signer.pem))])
    expect(read({ ...evidence, certificate }).material).toEqual({ spki: signer.spki, isCertificate: false });
  expect(read(evidence).material).toBeUndefined();
});

test('malformed text in place of a certificate counts as a certificate, and names no key', async () => {
  const { evidence } = await makeSubject();
  for (const certificate of ['', 'AAAA', '-----BEGIN', base64(Uint8Array.of(0xff))]) {
    const reading = read({ ...evidence, certificate, logBundle: '' });
    expect(reading.material).toEqual({ spki: expect.any(Malformed), isCertificate: true });
    expect(namesCertificate(reading)).toBe(true);
    expect(namedKeys(reading)).toEqual([]);
  }
});

test('a bundle’s certificate is read, but its key does not count as named by the bundle', async () => {
  const subject = await makeBundle();
  const rawBytes = derOf(certificatePem(subject.signer));
  const other = await makeKey();
  const withCertificate = (bytes: string) =>
    rebuild(subject, ({ verificationMaterial }) => {
      delete verificationMaterial.publicKey;
      verificationMaterial.certificate = { rawBytes: bytes };
      verificationMaterial.tlogEntries = [];
    });
  await withCertificate(rawBytes);
  const reading = read(subject.evidence);
  expect(reading.material).toEqual({ spki: subject.signer.spki, isCertificate: true });
  expect([namesCertificate(reading), namedKeys(reading), reading.hint]).toEqual([true, [], undefined]);
  await withCertificate(base64(other.spki));
  expect(read(subject.evidence).material).toEqual({ spki: expect.any(Malformed), isCertificate: true });
});

test('keys are named by the log entry, as a bare key and by the hint, each listed once', async () => {
  const { evidence, signer } = await makeSubject();
  const { fingerprint } = await makeKey();
  expect(await namedFingerprints(read({ ...evidence, certificate: signer.pem }))).toEqual([
    signer.fingerprint,
  ]);
  const other = await makeKey();
  expect(await namedFingerprints(read({ ...evidence, certificate: other.pem }))).toEqual([
    signer.fingerprint,
    other.fingerprint,
  ]);
  expect(await namedFingerprints(read({ ...evidence, logBundle: '{}' }))).toEqual([]);
  const bundle = await makeBundle();
  expect(await namedFingerprints(read(bundle.evidence))).toEqual([bundle.signer.fingerprint]);
  bundle.parts.hint = base64(
    Uint8Array.from(fingerprint.slice(7).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  );
  await rebuild(bundle);
  expect(await namedFingerprints(read(bundle.evidence))).toEqual([bundle.signer.fingerprint, fingerprint]);
});

test('a log entry with a certificate is reported as such; one that cannot be parsed is not', async () => {
  const { evidence } = await makeSubject();
  expect(namesCertificate(read(evidence))).toBe(false);
  expect(namesCertificate(read({ ...evidence, logBundle: '{}' }))).toBe(false);
});

test('each form of evidence allows its own hash algorithms', async () => {
  const forms = [
    (await makeSubject()).evidence,
    (await makeAttached()).evidence,
    (await makeBundle()).evidence,
    (await makeBundle({ isMessage: true, kind: 'hashedrekord' })).evidence,
  ];
  for (const [algorithm, ...wanted] of [
    ['P-256', ['sha256'], ['sha256'], ['sha256'], ['sha256']],
    ['P-384', ['sha384', 'sha256'], ['sha384', 'sha256'], ['sha384'], ['sha384']],
    ['P-521', ['sha512', 'sha256'], ['sha512', 'sha256'], ['sha512'], ['sha512']],
    ['rsa-2048', ['sha256'], ['sha256'], ['sha256'], ['sha256']],
    ['ed25519', ['none', 'sha512'], ['none'], ['none'], ['none', 'sha512']],
  ] as const) {
    const key = await parsePublicKeyPem((await makeKey(algorithm)).pem);
    expect(forms.map((evidence) => read(evidence).hashes(key))).toEqual(wanted);
  }
});

test('a log entry of an unknown kind names no key', async () => {
  const { evidence, log } = await makeSubject();
  const { entry } = await log.append('{"apiVersion":"0.0.1","kind":"helm","spec":{}}');
  expect(namedKeys(read({ ...evidence, logBundle: log.annotation(entry) }))).toEqual([]);
});

test('evidence that cannot be parsed yields only the reason', async () => {
  const bundle = await makeBundle();
  const attached = await makeAttached();
  await setBundle(bundle, utf8('{}'));
  await setEnvelope(attached, utf8('{}'));
  for (const [evidence, code] of [
    [bundle.evidence, 'BUNDLE_MALFORMED'],
    [attached.evidence, 'PAYLOAD_MALFORMED'],
  ] as const) {
    const { content, signed, signature } = read(evidence);
    expect(content).toBeInstanceOf(Unreadable);
    expect((content as Unreadable).code).toBe(code);
    expect(signed).toEqual({ digests: {} });
    expect(signature).toBeInstanceOf(Malformed);
  }
  await setBundle(bundle, utf8('{"mediaType":"application/json"}'));
  const { content, entries, timestamps, material } = read(bundle.evidence);
  expect((content as Unreadable).code).toBe('BUNDLE_UNSUPPORTED');
  expect([entries, timestamps, material]).toEqual([[], [], undefined]);
});

test('the predicate type that a statement states is read', async () => {
  const attached = await makeAttached({ statement: { predicateType: 'https://a.example/b' } });
  expect(statedPredicateType({ ...attached.evidence })).toBe('https://a.example/b');
  expect(statedPredicateType((await makeSubject()).evidence)).toBeUndefined();
  await setEnvelope(attached, utf8('{}'));
  expect(statedPredicateType({ ...attached.evidence })).toBeUndefined();
  const payload = base64(utf8('[]'));
  await setEnvelope(attached, utf8(JSON.stringify({ ...attached.envelope, payload })));
  expect(statedPredicateType({ ...attached.evidence })).toBeUndefined();
});

test('bytes that a manifest lists many times are parsed once, for every format', async () => {
  const simple = (await makeSubject()).evidence;
  const payloads = [simple, simple].map((evidence) => {
    const { content } = read(evidence);
    if (content instanceof Unreadable || content.kind !== 'simple-signing') throw new Error('not a payload');
    return payloadIn(content.payload);
  });
  expect(payloads[0]).toBe(payloads[1]);
  for (const { evidence } of [await makeAttached(), await makeBundle()]) {
    const [one, other] = [read(evidence), read(evidence)];
    expect([one.signed, one.content]).toMatchObject([
      { bytes: expect.any(Uint8Array) },
      { kind: 'envelope' },
    ]);
    expect(one.signed).toBe(other.signed);
    expect(one.listed).toBe(other.listed);
    const [first, second] = [one.content, other.content].map((content) =>
      'envelope' in content ? content.envelope : undefined,
    );
    expect(first).toBe(second);
  }
});

test('one bundle over a bare artifact is read for each artifact that it is submitted with', async () => {
  const { evidence } = await makeBundle({ isMessage: true });
  for (const digit of ['a', 'b']) {
    const subject = messageOfDigest(`sha256:${digit.repeat(64)}` as ArtifactDigest);
    expect(read({ ...evidence, subject }).signed).toBe(subject);
  }
});
