// What a failing check of the log or its entry reports that it compared.
import { describe, expect, test } from 'vitest';
import {
  type BundleSubject,
  makeAttached,
  makeBundle,
  rebuild,
} from '../conformance/support/bundle_harness.ts';
import { explain, failing } from '../conformance/support/explain.ts';
import {
  answerWith,
  editBundle,
  LOGGED_AT,
  logBodyInstead,
  makeSubject,
  trustedLog,
  trustIn,
} from '../conformance/support/harness.ts';
import { dsseBody, intotoBody } from '../support/bundles.ts';
import { base64, digest, hex, sha256 } from '../support/bytes.ts';
import { makeKey } from '../support/keys.ts';
import { logBody } from '../support/sign_image.ts';

const LOGGED = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

describe('a failing check reports what is wrong', () => {
  test('with the log and its entry', async () => {
    const subject = await makeSubject();
    const annotation = subject.evidence.logBundle ?? '';
    subject.trust = await trustIn(subject.trust.keys, []);
    expect(await failing(subject)).toEqual({
      name: 'log-known',
      code: 'LOG_UNKNOWN',
      expected: 'a trusted log',
      actual: subject.log.id,
      source: 'logID',
    });
    delete subject.evidence.logBundle;
    expect(await failing(subject)).toEqual({
      name: 'log-known',
      code: 'LOG_ENTRY_MISSING',
      expected: 'a transparency log entry',
      actual: 'none',
      source: 'log entry',
    });
    subject.evidence.logBundle = '{}';
    expect(await failing(subject)).toMatchObject({ code: 'LOG_ENTRY_MALFORMED', source: 'log entry' });
    subject.evidence.logBundle = annotation;
    const validFrom = Date.parse('2025-07-01T00:00:00Z');
    const validUntil = Date.parse('2025-08-01T00:00:00Z');
    subject.trust = await trustIn(subject.trust.keys, [
      await trustedLog(subject.log, { validFrom, validUntil }),
    ]);
    expect(await failing(subject)).toEqual({
      name: 'log-key-valid',
      code: 'LOG_KEY_NOT_VALID',
      expected: 'from 2025-07-01T00:00:00Z to 2025-08-01T00:00:00Z',
      actual: LOGGED,
      source: 'integratedTime',
    });
  });

  test('with a promise', async () => {
    const subject = await makeSubject();
    subject.now = LOGGED_AT * 1000 - 6 * 60_000;
    expect(await failing(subject)).toEqual({
      name: 'set',
      code: 'SET_INVALID',
      expected: 'a time up to 2025-06-01T11:54:00Z',
      actual: LOGGED,
      source: 'integratedTime',
    });
    const other = await makeSubject();
    editBundle(other, (bundle) => {
      bundle.Payload.logIndex = 5;
    });
    expect(await failing(other)).toEqual({
      name: 'set',
      code: 'SET_INVALID',
      expected: 'signed by rekor.example',
      actual: 'does not verify',
      source: 'SignedEntryTimestamp',
    });
  });

  test('with a missing promise', async () => {
    const subject = await makeBundle({ mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1' });
    await rebuild(subject, ({ verificationMaterial }) => {
      delete verificationMaterial.tlogEntries[0].inclusionPromise;
    });
    expect(await failing(subject)).toEqual({
      name: 'set',
      code: 'SET_INVALID',
      expected: 'a signed entry timestamp',
      actual: 'none',
    });
  });

  async function bundleWith(
    edit: (entry: NonNullable<BundleSubject['parts']['tlogEntries']>[number]) => void,
  ) {
    const subject = await makeBundle();
    const [entry] = subject.parts.tlogEntries ?? [];
    if (entry !== undefined) edit(entry);
    await rebuild(subject);
    return { failure: await failing(subject), entry, subject };
  }

  test('with a proof or a checkpoint', async () => {
    // biome-ignore lint/suspicious/noExplicitAny: entries are changed into forms that no type allows
    const proofOf = (entry: any) => entry.inclusionProof;
    const without = await bundleWith((entry) => {
      delete entry.inclusionProof;
    });
    expect(without.failure).toEqual({
      name: 'inclusion-proof',
      code: 'INCLUSION_PROOF_INVALID',
      expected: 'an inclusion proof',
      actual: 'none',
    });
    const wrong = await bundleWith((entry) => {
      proofOf(entry).rootHash = base64(new Uint8Array(32));
    });
    expect(wrong.failure).toMatchObject({
      expected: '0'.repeat(64),
      actual: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const long = await bundleWith((entry) => {
      proofOf(entry).hashes.push(base64(new Uint8Array(32)));
    });
    expect(long.failure).toMatchObject({ actual: expect.stringMatching(/more hashes than its position/) });
    const bare = await bundleWith((entry) => {
      delete proofOf(entry).checkpoint;
    });
    expect(bare.failure).toEqual({
      name: 'checkpoint',
      code: 'CHECKPOINT_INVALID',
      expected: 'a checkpoint signed by the log',
      actual: 'none',
    });
    const broken = await bundleWith((entry) => {
      proofOf(entry).checkpoint.envelope = 'x';
    });
    expect(broken.failure).toMatchObject({ actual: expect.stringMatching(/^checkpoint: /) });
    const elsewhere = await bundleWith((entry) => {
      const { envelope } = proofOf(entry).checkpoint;
      proofOf(entry).checkpoint.envelope = envelope.replace('\n2\n', '\n3\n');
    });
    expect(elsewhere.failure).toMatchObject({
      expected: expect.stringMatching(/^size 3, root [0-9a-f]{64}$/),
      actual: expect.stringMatching(/^size 2, root [0-9a-f]{64}$/),
      source: 'checkpoint',
    });
    const split = await makeBundle();
    split.trust.recordCheckpoint = () => new Uint8Array(32);
    expect(await failing(split)).toMatchObject({
      expected: `one tree of size 2, with the root signed earlier: ${'0'.repeat(64)}`,
      actual: expect.stringMatching(/^root [0-9a-f]{64}$/),
      source: 'checkpoint',
    });
  });

  test('with what the entry is about', async () => {
    const subject = await makeSubject();
    const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
    const body = JSON.parse(await logBody('hashedrekord', layer, subject.signer));
    const withBody = async (edit: (copy: typeof body) => void) => {
      const copy = structuredClone(body);
      edit(copy);
      await logBodyInstead(subject, JSON.stringify(copy));
      return failing(subject);
    };
    const kinds = 'rekord 0.0.1 or hashedrekord 0.0.1';
    expect(
      await withBody((copy) => {
        copy.kind = 'helm';
      }),
    ).toEqual({
      name: 'entry-kind',
      code: 'LOG_ENTRY_KIND_UNSUPPORTED',
      expected: kinds,
      actual: 'helm 0.0.1',
    });
    expect(
      await withBody((copy) => {
        copy.more = 1;
      }),
    ).toEqual({
      name: 'entry-kind',
      code: 'LOG_ENTRY_MALFORMED',
      expected: kinds,
      actual: 'log entry body: unknown field "more"',
      source: 'body',
    });
    expect(
      await withBody((copy) => {
        copy.spec.data.hash.value = '0'.repeat(64);
      }),
    ).toEqual({
      name: 'entry-payload',
      code: 'ENTRY_PAYLOAD_MISMATCH',
      expected: await digest(subject.evidence.payload),
      actual: `sha256:${'0'.repeat(64)}`,
      source: 'data.hash',
    });
    const stranger = await makeKey();
    expect(
      await withBody((copy) => {
        copy.spec.signature.publicKey.content = base64(stranger.pem);
      }),
    ).toEqual({
      name: 'entry-key',
      code: 'ENTRY_KEY_MISMATCH',
      expected: subject.signer.fingerprint,
      actual: 'a different key',
      source: 'public key',
    });
    const other = await subject.signer.sign(subject.evidence.payload);
    expect(
      await withBody((copy) => {
        copy.spec.signature.content = base64(other);
      }),
    ).toEqual({
      name: 'entry-signature',
      code: 'ENTRY_SIGNATURE_MISMATCH',
      expected: 'the signature that was verified',
      actual: 'a different signature',
      source: 'signature',
    });
    const hash = hex(new Uint8Array(await crypto.subtle.digest('SHA-512', subject.evidence.payload)));
    expect(
      await withBody((copy) => {
        copy.spec.data.hash = { algorithm: 'sha512', value: hash };
      }),
    ).toEqual({
      name: 'entry-payload',
      code: 'ALGORITHM_MISMATCH',
      expected: 'sha256',
      actual: 'sha512',
      source: 'data.hash.algorithm',
    });
    const stated = await bundleWith((entry) => {
      Object.assign(entry, { kindVersion: { kind: 'dsse', version: '0.0.2' } });
    });
    expect(stated.failure).toEqual({
      name: 'entry-kind',
      code: 'LOG_ENTRY_MALFORMED',
      expected: 'dsse 0.0.2',
      actual: 'dsse 0.0.1',
      source: 'kindVersion',
    });
    const plain = await makeSubject({ algorithm: 'ed25519' });
    expect(await failing(plain)).toEqual({
      name: 'entry-kind',
      code: 'ALGORITHM_MISMATCH',
      expected: 'an entry kind that contains the whole payload',
      actual: 'hashedrekord with pure Ed25519',
    });
  });

  test('with the algorithm that a v2 entry states', async () => {
    const subject = await makeBundle({ kind: 'v2' });
    const [entry] = subject.parts.tlogEntries ?? [];
    const genuine = JSON.parse(atob(entry?.canonicalizedBody ?? ''));
    genuine.spec.hashedRekordV002.signature.verifier.keyDetails = 'PKIX_ECDSA_P384_SHA_384';
    subject.parts.tlogEntries = [await subject.logV2.append(JSON.stringify(genuine))];
    await rebuild(subject);
    expect(await failing(subject)).toEqual({
      name: 'entry-key',
      code: 'ENTRY_KEY_MISMATCH',
      expected: subject.signer.fingerprint,
      actual: 'the key as PKIX_ECDSA_P384_SHA_384',
      source: 'keyDetails',
    });
  });

  test('with an attached envelope’s entry', async () => {
    for (const kind of ['dsse', 'intoto 0.0.1'] as const) {
      const subject = await makeAttached({ kind });
      const given = `${JSON.stringify(subject.envelope)}\n`;
      const body =
        kind === 'dsse'
          ? await dsseBody(subject.envelope, subject.signer, given)
          : await intotoBody('0.0.1', subject.envelope, subject.signer, given);
      const { entry } = await subject.log.append(body, LOGGED_AT);
      subject.evidence.logBundle = subject.log.annotation(entry);
      expect(await failing(subject)).toEqual({
        name: kind === 'dsse' ? 'entry-payload' : 'entry-signature',
        code: kind === 'dsse' ? 'ENTRY_PAYLOAD_MISMATCH' : 'ENTRY_SIGNATURE_MISMATCH',
        expected: await digest(subject.evidence.envelope),
        actual: `sha256:${hex(await sha256(new TextEncoder().encode(given)))}`,
        source: kind === 'dsse' ? 'envelope hash' : 'content.hash',
      });
    }
  });

  test('with the answer of the log itself', async () => {
    const subject = await makeSubject();
    subject.requirements.transparency = 'online';
    expect(await failing(subject)).toEqual({
      name: 'online-entry',
      code: 'ENTRY_ONLINE_MISMATCH',
      expected: '#1, identical to the entry in the evidence',
      actual: 'no such entry',
      source: 'https://rekor.example/none',
    });
    const source = 'https://rekor.example/api/v1/log/entries';
    answerWith(subject, (await subject.log.get(0)).entry);
    expect(await failing(subject)).toMatchObject({ actual: 'a different entry: #0', source });
    answerWith(subject, subject.logged.entry);
    const checks = await explain(subject);
    expect(checks.at(-1)).toEqual({
      name: 'online-entry',
      expected: '#1, identical to the entry in the evidence',
      actual: '#1',
      source,
    });
    delete subject.evidence.logBundle;
    const found = await explain(subject);
    expect(found.at(-1)).toEqual({ name: 'online-entry', actual: '#1', source });
    const v2 = await makeBundle({ kind: 'v2' });
    v2.requirements.transparency = 'online';
    expect(await failing(v2)).toEqual({
      name: 'online-entry',
      code: 'LOG_ENTRY_KIND_UNSUPPORTED',
      expected: 'a log that can be queried for single entries',
      actual: `${v2.logV2.name} is a Rekor v2 log: its entries carry proofs and cannot be queried online`,
    });
  });
});
