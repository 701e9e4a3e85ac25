// What each passing check reports that it compared, for each form of signature.
import { describe, expect, test } from 'vitest';
import { makeAttached, makeBundle } from '../conformance/support/bundle_harness.ts';
import { explain } from '../conformance/support/explain.ts';
import { LOGGED_AT, makeSubject, trusted } from '../conformance/support/harness.ts';
import { digest, hex, unbase64 } from '../support/bytes.ts';
import { certificatePem } from '../support/keys.ts';

const LOGGED = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

describe('each check of a verified signature reports what it compared', () => {
  test('for a simple-signing payload', async () => {
    const subject = await makeSubject();
    const { fingerprint } = subject.signer;
    const key = `release (${fingerprint})`;
    const payload = await digest(subject.evidence.payload);
    expect(await explain(subject)).toEqual([
      { name: 'payload-digest', expected: payload, actual: payload },
      {
        name: 'payload-type',
        expected: 'cosign container image signature',
        actual: 'cosign container image signature',
        source: 'critical.type',
      },
      {
        name: 'subject-digest',
        expected: subject.digest,
        actual: subject.digest,
        source: 'critical.image.docker-manifest-digest',
      },
      { name: 'key-known', expected: key },
      {
        name: 'signature',
        expected: key,
        actual: 'release with ecdsa-p256 and sha256',
        source: 'dev.cosignproject.cosign/signature',
      },
      { name: 'log-known', expected: 'rekor.example', actual: subject.log.id, source: 'logID' },
      {
        name: 'log-key-valid',
        expected: 'from 2021-01-01T00:00:00Z',
        actual: LOGGED,
        source: 'integratedTime',
      },
      {
        name: 'set',
        expected: 'signed by rekor.example',
        actual: `#1 at ${LOGGED}`,
        source: 'SignedEntryTimestamp',
      },
      { name: 'entry-kind', expected: 'rekord 0.0.1 or hashedrekord 0.0.1', actual: 'hashedrekord 0.0.1' },
      { name: 'entry-signature', expected: 'the signature that was verified', source: 'signature' },
      { name: 'entry-payload', expected: payload, actual: payload, source: 'data.hash' },
      { name: 'entry-key', expected: fingerprint, actual: fingerprint, source: 'public key' },
    ]);
  });

  test('with every kind of key limit and requirement', async () => {
    const subject = await makeSubject({ payload: { optional: { ref: 'main', env: 'prod' } } });
    const validFrom = Date.parse('2025-01-01T00:00:00Z');
    const validUntil = Date.parse('2026-06-01T00:00:00Z');
    const compromisedAt = Date.parse('2025-12-01T00:00:00Z');
    const scopes = ['registry.example/**', 'other.example/*'];
    subject.trust.keys = [
      await trusted(subject.signer, { scopes, validFrom, validUntil, revoked: { compromisedAt } }),
    ];
    subject.requirements.annotations = [
      ['ref', 'main'],
      ['env', 'prod'],
    ];
    subject.evidence.certificate = certificatePem(subject.signer);
    const checks = await explain(subject);
    expect(
      checks.filter(({ name }) =>
        ['key-scope', 'key-valid', 'annotations', 'certificate'].includes(name ?? ''),
      ),
    ).toEqual([
      { name: 'key-scope', expected: 'registry.example/** other.example/*', actual: 'registry.example/app' },
      {
        name: 'key-valid',
        expected:
          'signed from 2025-01-01T00:00:00Z, signed until 2026-06-01T00:00:00Z, signed before 2025-12-01T00:00:00Z',
        actual: `signed at ${LOGGED}`,
      },
      { name: 'annotations', expected: 'ref=main, env=prod', source: 'optional' },
      {
        name: 'certificate',
        expected: `a certificate for ${subject.signer.fingerprint}`,
        source: 'certificate',
      },
    ]);
  });

  test('for a bundle with a v1 log entry', async () => {
    const predicate = { result: 'ok', count: 3 };
    const predicateType = 'https://example/scan';
    const subject = await makeBundle({
      statement: { annotations: { ref: 'main' }, predicate, predicateType },
    });
    subject.requirements = {
      ...subject.requirements,
      annotations: [['ref', 'main']],
      attestation: predicateType,
      predicate: [
        { pointer: '/result', values: ['ok', 'fine'] },
        { pointer: '/count', values: [3] },
      ],
    };
    const [entry] = subject.parts.tlogEntries ?? [];
    const root = hex(unbase64(entry?.inclusionProof?.rootHash ?? ''));
    const listed = await digest(subject.evidence.bundle);
    const payload = await digest(unbase64(subject.envelope?.payload ?? ''));
    const checks = Object.fromEntries(
      (await explain(subject)).map(({ name, ...compared }) => [name, compared]),
    );
    expect(checks).toMatchObject({
      'payload-digest': { expected: listed, actual: listed },
      'payload-type': {
        expected: 'https://in-toto.io/Statement/v0.1 or https://in-toto.io/Statement/v1',
        actual: 'https://in-toto.io/Statement/v1',
        source: '_type',
      },
      'subject-digest': { expected: subject.digest, actual: subject.digest, source: 'subject[0].digest' },
      signature: { source: 'signature' },
      'inclusion-proof': { expected: root, actual: root },
      checkpoint: {
        expected: 'signed by rekor.example',
        actual: 'rekor.example - 1193050959916656506, size 2',
      },
      'entry-kind': { expected: 'dsse 0.0.1 or intoto 0.0.2 or hashedrekord 0.0.1', actual: 'dsse 0.0.1' },
      'entry-payload': { expected: payload, actual: payload, source: 'payloadHash' },
      annotations: { expected: 'ref=main', source: 'subject.annotations' },
      'predicate-type': { expected: predicateType, actual: predicateType, source: 'predicateType' },
      predicate: { expected: '/result = "ok" or "fine", /count = 3', source: 'predicate' },
    });
  });

  test('for a bundle with a v2 log entry, and for a bare signature', async () => {
    const v2 = await makeBundle({ kind: 'v2' });
    const checks = Object.fromEntries((await explain(v2)).map(({ name, ...compared }) => [name, compared]));
    const encoded = await digest(v2.message);
    expect(checks).toMatchObject({
      'log-key-valid': { actual: 'an entry without a time' },
      'entry-kind': { expected: 'hashedrekord 0.0.2', actual: 'hashedrekord 0.0.2' },
      'entry-payload': { expected: encoded, actual: encoded, source: 'data.hash' },
    });
    const bare = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
    const [type, subject] = await explain(bare);
    expect(type).toEqual({ name: 'payload-type', actual: 'a bare signature over an artifact' });
    expect(subject).toEqual({
      name: 'subject-digest',
      expected: bare.digest,
      actual: bare.digest,
      source: 'messageDigest',
    });
  });

  test('for a key whose algorithm includes the hash (Ed25519)', async () => {
    const subject = await makeBundle({ algorithm: 'ed25519' });
    const checks = await explain(subject);
    expect(checks.find(({ name }) => name === 'signature')?.actual).toBe('release with ed25519');
  });

  test('for an attached envelope, with each kind of log entry', async () => {
    const subject = await makeAttached({ kind: 'intoto 0.0.1' });
    const checks = Object.fromEntries(
      (await explain(subject)).map(({ name, ...compared }) => [name, compared]),
    );
    const given = await digest(subject.evidence.envelope);
    const payload = await digest(unbase64(subject.envelope.payload));
    expect(checks).toMatchObject({
      signature: { source: 'signatures[0].sig' },
      'entry-kind': {
        expected: 'dsse 0.0.1 or intoto 0.0.2 or hashedrekord 0.0.1 or intoto 0.0.1',
        actual: 'intoto 0.0.1',
      },
      'entry-signature': { expected: given, actual: given, source: 'content.hash' },
      'entry-payload': { expected: payload, actual: payload, source: 'payloadHash' },
    });
  });
});
