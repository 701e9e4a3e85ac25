// What a failing check of payload, signer or claims reports that it compared.
import { describe, expect, test } from 'vitest';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { makeAttached, makeBundle, rebuild, setEnvelope } from '../conformance/support/bundle_harness.ts';
import { explain, failing } from '../conformance/support/explain.ts';
import {
  LOGGED_AT,
  makeSubject,
  resign,
  type Subject,
  trusted,
  verify,
} from '../conformance/support/harness.ts';
import { envelope, statement } from '../support/bundles.ts';
import { base64, digest, utf8 } from '../support/bytes.ts';
import { certificatePem, type Hash, makeKey } from '../support/keys.ts';
import { payloadFor } from '../support/sign_image.ts';

const hashed = async (name: Hash, bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest(name, bytes));
const LOGGED = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

describe('a failing check reports what is wrong', () => {
  test('with the payload', async () => {
    const subject = await makeSubject();
    const { layer } = subject.evidence;
    if (layer === undefined) throw new TypeError('no layer');
    const genuine = await digest(subject.evidence.payload);
    subject.evidence.layer = { ...layer, size: layer.size + 1 };
    expect(await failing(subject)).toEqual({
      name: 'payload-digest',
      code: 'PAYLOAD_DIGEST_MISMATCH',
      expected: `${layer.size + 1} bytes`,
      actual: `${layer.size} bytes`,
    });
    const other = `sha256:${'0'.repeat(64)}` as typeof layer.digest;
    subject.evidence.layer = { ...layer, digest: other };
    expect(await failing(subject)).toMatchObject({ expected: other, actual: genuine });
    const another = await makeSubject();
    await resign(another, payloadFor(`sha256:${'1'.repeat(64)}`));
    expect(await failing(another)).toEqual({
      name: 'subject-digest',
      code: 'SUBJECT_MISMATCH',
      expected: another.digest,
      actual: `sha256:${'1'.repeat(64)}`,
      source: 'critical.image.docker-manifest-digest',
    });
  });

  test('with a statement', async () => {
    const subject = await makeBundle({
      statement: { subject: [{ digest: { sha256: '1'.repeat(64) } }, { digest: {} }] },
    });
    expect(await failing(subject)).toEqual({
      name: 'subject-digest',
      code: 'SUBJECT_MISMATCH',
      expected: subject.digest,
      actual: `sha256:${'1'.repeat(64)}, no digest`,
      source: 'subject',
    });
    for (const [digest, text] of [
      [{}, 'no digest'],
      [{ sha256: '1'.repeat(64) }, `sha256:${'1'.repeat(64)}`],
    ]) {
      const many = await makeBundle({ statement: { subject: Array(1024).fill({ digest }) } });
      const shown = `${Array(24).fill(text).join(', ')}, and 1000 more`;
      expect(await failing(many)).toMatchObject({ code: 'SUBJECT_MISMATCH', actual: shown });
    }
    const attached = await makeAttached();
    const signed = { ...attached.envelope, payload: base64('{"subject":1}') };
    await setEnvelope(attached, utf8(JSON.stringify(signed)));
    expect(await failing(attached)).toEqual({
      name: 'payload-type',
      code: 'PAYLOAD_MALFORMED',
      actual: 'subject: expected an array',
    });
    const bare = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
    await rebuild(bare, ({ messageSignature }) => {
      messageSignature.messageDigest.digest = base64(new Uint8Array(32));
    });
    expect(await failing(bare)).toMatchObject({
      actual: `sha256:${'0'.repeat(64)}`,
      source: 'messageDigest',
    });
    bare.evidence.source.via = 'tag';
    expect(await failing(bare)).toMatchObject({
      name: 'payload-type',
      expected: 'a statement about an image',
      actual: 'a bare signature over an artifact',
    });
  });

  test('with the signer', async () => {
    const subject = await makeSubject();
    const { fingerprint } = subject.signer;
    const stranger = await makeKey();
    const strangers = await trusted(stranger);
    subject.trust.keys = [];
    expect(await failing(subject)).toMatchObject({ expected: 'at least one trusted key', actual: 'none' });
    subject.trust.keys = [strangers];
    expect(await failing(subject)).toEqual({
      name: 'key-known',
      code: 'UNTRUSTED_KEY',
      expected: `release (${stranger.fingerprint})`,
      actual: `the log entry names a different key, ${fingerprint}`,
      source: 'log entry',
    });
    const unlogged = await makeSubject();
    unlogged.trust.keys = [strangers];
    const { logBundle: _logged, ...evidence } = unlogged.evidence;
    unlogged.evidence = { ...evidence, certificate: unlogged.signer.pem };
    expect(await failing(unlogged)).toMatchObject({
      actual: `the certificate names a different key, ${unlogged.signer.fingerprint}`,
      source: 'certificate',
    });
    const hinted = await makeBundle();
    hinted.trust.keys = [{ ...strangers, transparency: 'unsafe-none' }];
    await rebuild(hinted, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [];
    });
    expect(await failing(hinted)).toMatchObject({
      actual: `the hint names ${hinted.signer.fingerprint}`,
      source: 'publicKey.hint',
    });
    const { id: _, ...nameless } = await trusted(subject.signer, { scopes: ['a.example/**'] });
    const { id: __, ...open } = strangers;
    subject.trust.keys = [nameless, open];
    expect(await failing(subject)).toEqual({
      name: 'key-scope',
      code: 'KEY_OUT_OF_SCOPE',
      expected: 'a.example/**, **',
      actual: 'registry.example/app',
    });
    subject.requirements = { annotations: [] };
    expect(await failing(subject)).toMatchObject({ actual: 'no name given' });
    subject.trust.keys = [{ ...nameless, scopes: ['**'] }];
    subject.requirements = { annotations: [], name: 'registry.example/app' };
    const checks = await explain(subject);
    expect(checks.find(({ name }) => name === 'signature')).toMatchObject({
      expected: fingerprint,
      actual: `${fingerprint} with ecdsa-p256 and sha256`,
    });
  });

  test('with the signature', async () => {
    const subject = await makeSubject();
    const genuine = subject.evidence.signature;
    subject.evidence.signature = '!';
    expect(await failing(subject)).toMatchObject({
      name: 'signature',
      code: 'SIGNATURE_MALFORMED',
      expected: `release (${subject.signer.fingerprint})`,
      actual: 'signature: not standard base64 with padding',
      source: 'dev.cosignproject.cosign/signature',
    });
    subject.evidence.signature = '';
    expect(await failing(subject)).toMatchObject({ actual: 'signature: the annotation is missing or empty' });
    subject.evidence.signature = base64('x');
    expect(await failing(subject)).toMatchObject({ actual: expect.stringMatching(/^signature: not DER/) });
    const other = await makeSubject({ signer: subject.signer });
    subject.evidence.signature = other.evidence.signature ?? '';
    expect(await failing(subject)).toMatchObject({
      code: 'SIGNATURE_INVALID',
      actual: 'does not verify under any of them',
      source: 'dev.cosignproject.cosign/signature',
    });
    expect(genuine).not.toBe(other.evidence.signature);
  });

  test('with the signature, for keys of several types', async () => {
    const subject = await makeSubject();
    const [ed25519, p256] = [
      await trusted(await makeKey('ed25519'), { id: 'ed' }),
      await trusted(await makeKey()),
    ];
    delete subject.evidence.logBundle;
    subject.trust.keys = [
      { ...ed25519, transparency: 'unsafe-none' },
      { ...p256, transparency: 'unsafe-none' },
    ];
    expect(await failing(subject)).toMatchObject({
      code: 'SIGNATURE_INVALID',
      actual: 'does not verify under any of them',
    });
    subject.evidence.signature = base64('neither of them');
    expect(await failing(subject)).toMatchObject({ code: 'SIGNATURE_MALFORMED' });
  });

  test('with a signature over an artifact of which only the digest is known', async () => {
    const { signer, ...subject }: Subject<SignatureEvidence> = await makeSubject({ algorithm: 'P-521' });
    const artifact = crypto.getRandomValues(new Uint8Array(9));
    const blob = async (hash: 'SHA-256' | 'SHA-512', known: Hash) => ({
      ...subject,
      signer,
      evidence: {
        format: 'blob' as const,
        source: { index: 0, via: 'request' as const },
        subject: { digests: { [known.toLowerCase().replace('-', '')]: await hashed(known, artifact) } },
        signature: base64(await signer.sign(artifact, hash)),
        facts: new Map(),
      },
    });
    const [known] = subject.trust.keys;
    if (known === undefined) throw new TypeError('no key');
    const p256 = await trusted(await makeKey(), { id: 'other' });
    const open = [known, p256].map((key) => ({ ...key, transparency: 'unsafe-none' as const }));
    subject.trust.keys = open;
    expect((await verify(await blob('SHA-512', 'SHA-512'))).code).toBe('VERIFIED');
    expect(await failing(await blob('SHA-512', 'SHA-256'))).toEqual({
      name: 'signature',
      code: 'ALGORITHM_NEEDS_ARTIFACT',
      expected: `release (${signer.fingerprint}), other (${p256.key.fingerprint})`,
      actual:
        'ecdsa-p521 signatures of this form cannot be verified from the given digest; they need the artifact, or its digest by a different hash',
      source: 'base64Signature',
    });
    const plain = await makeKey('ed25519');
    const one = await blob('SHA-256', 'SHA-256');
    subject.trust.keys = [...open.slice(1), { ...(await trusted(plain)), transparency: 'unsafe-none' }];
    const wrong = { ...one, trust: subject.trust };
    wrong.evidence.signature = base64(await (await makeKey()).sign(artifact));
    expect(await failing(wrong)).toMatchObject({ code: 'SIGNATURE_INVALID' });
    wrong.evidence.signature = base64(await plain.sign(artifact));
    expect(await failing(wrong)).toMatchObject({
      code: 'ALGORITHM_NEEDS_ARTIFACT',
      actual:
        'ed25519 signatures of this form cannot be verified from the given digest; they need the artifact, or its digest by a different hash',
    });
  });

  test('with the claims: annotations, predicate type and predicate', async () => {
    const subject = await makeSubject({ payload: { optional: { ref: 'main', n: 7 } } });
    const bundle = await makeBundle({ statement: { annotations: { ref: 'main' } } });
    for (const [name, value, actual] of [
      ['ref', 'dev', 'ref=main'],
      ['n', '7', 'not a string'],
      ['more', '', 'absent'],
    ] as const) {
      subject.requirements.annotations = [[name, value]];
      expect(await failing(subject)).toEqual({
        name: 'annotations',
        code: 'ANNOTATION_MISMATCH',
        expected: `${name}=${value}`,
        actual,
        source: 'optional',
      });
    }
    bundle.requirements.annotations = [['ref', 'dev']];
    expect(await failing(bundle)).toMatchObject({ actual: 'ref=main', source: 'subject.annotations' });
    bundle.requirements = { annotations: [], attestation: 'https://example/p' };
    expect(await failing(bundle)).toEqual({
      name: 'predicate-type',
      code: 'PREDICATE_TYPE_MISMATCH',
      expected: 'https://example/p',
      actual: 'https://sigstore.dev/cosign/sign/v1',
      source: 'predicateType',
    });
    subject.requirements = bundle.requirements;
    expect(await failing(subject)).toMatchObject({
      code: 'PREDICATE_TYPE_MISMATCH',
      actual: 'no statement',
      source: 'predicateType',
    });
    bundle.requirements = {
      annotations: [],
      predicate: [{ pointer: '/a', values: [1] }],
    };
    expect(await failing(bundle)).toEqual({
      name: 'predicate',
      code: 'PREDICATE_MISMATCH',
      expected: '/a = 1',
      actual: '/a = nothing',
      source: 'predicate',
    });
  });

  test('with the validity of the key', async () => {
    const subject = await makeSubject();
    const late = Date.parse('2025-07-01T00:00:00Z');
    for (const [limits, code, expected] of [
      [{ validFrom: late }, 'KEY_NOT_YET_VALID', 'signed from 2025-07-01T00:00:00Z'],
      [{ validUntil: 0 }, 'KEY_EXPIRED', 'signed until 1970-01-01T00:00:00Z'],
      [{ revoked: {} }, 'KEY_REVOKED', 'a key that is not revoked'],
      [{ revoked: { compromisedAt: 0 } }, 'KEY_REVOKED', 'signed before 1970-01-01T00:00:00Z'],
    ] as const) {
      subject.trust.keys = [await trusted(subject.signer, limits)];
      expect(await failing(subject)).toEqual({
        name: 'key-valid',
        code,
        expected,
        actual: `signed at ${LOGGED}`,
      });
    }
    delete subject.evidence.logBundle;
    subject.trust.keys = [await trusted(subject.signer, { validFrom: 0, transparency: 'unsafe-none' })];
    expect(await failing(subject)).toMatchObject({
      code: 'NO_TRUSTED_TIME',
      actual: 'no proven signing time',
    });
  });

  test('with a certificate beside it', async () => {
    const subject = await makeSubject();
    subject.evidence.certificate = certificatePem(await makeKey());
    const expected = `a certificate for ${subject.signer.fingerprint}`;
    expect(await failing(subject)).toEqual({
      name: 'certificate',
      code: 'CERTIFICATE_UNSUPPORTED',
      expected,
      actual: 'a certificate for a different key',
      source: 'certificate',
    });
    subject.evidence.certificate = 'x';
    expect(await failing(subject)).toEqual({
      name: 'certificate',
      code: 'CERTIFICATE_UNSUPPORTED',
      expected,
      actual: 'certificate: not standard base64 with padding',
      source: 'certificate',
    });
  });

  test('with a certificate in place of a key', async () => {
    const subject = await makeSubject();
    subject.evidence.certificate = certificatePem(subject.signer);
    subject.trust.keys = [await trusted(await makeKey())];
    expect(await failing(subject)).toMatchObject({
      name: 'key-known',
      code: 'CERTIFICATE_UNSUPPORTED',
      actual: 'signed with a certificate (keyless), not with a trusted key',
    });
  });

  test('with a bundle that cannot be parsed', async () => {
    const subject = await makeBundle();
    await rebuild(subject, (document) => {
      document.more = 1;
    });
    expect(await failing(subject)).toEqual({
      name: 'payload-type',
      code: 'BUNDLE_MALFORMED',
      actual: 'bundle: unknown field "more"',
    });
    const other = await envelope(subject.signer, statement(subject.digest), { payloadType: 'text/plain' });
    await rebuild(subject, (document) => {
      document.dsseEnvelope = other;
    });
    expect(await failing(subject)).toEqual({
      name: 'payload-type',
      code: 'PAYLOAD_TYPE_MISMATCH',
      expected: 'application/vnd.in-toto+json',
      actual: 'text/plain',
      source: 'payloadType',
    });
  });
});
