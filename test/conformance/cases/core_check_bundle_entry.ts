// Sigstore bundles: for each check of what the log entry is about, a bundle that fails only that check.
import { messageOfBytes } from '../../../src/core/crypto/message.ts';
import { bundleEntry, type Envelope, hashedBodyV2 } from '../../support/bundles.ts';
import { base64, hex, sha256, unbase64 } from '../../support/bytes.ts';
import { makeKey, twinSignature } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { equal } from '../support/assert.ts';
import { BARE, checksOf, KINDS, V1, V2 } from '../support/bundle_checks.ts';
import { logEntry, makeBundle, rebuild } from '../support/bundle_harness.ts';
import { failsAlone, passes } from '../support/check_alone.ts';
import { LOGGED_AT, verify } from '../support/harness.ts';
import { test } from '../table.ts';

test('A60 check entry-kind: the entry’s kind must be one for this log version and content, and the stated kind must be the body’s', async () => {
  const dsse = await makeBundle();
  const v2 = await makeBundle({ kind: 'v2' });
  await rebuild(dsse, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].kindVersion = { kind: 'intoto', version: '0.0.2' };
  });
  await failsAlone(dsse, 'entry-kind', 'LOG_ENTRY_MALFORMED', V1);
  await rebuild(dsse, ({ verificationMaterial }) => {
    verificationMaterial.tlogEntries[0].kindVersion.version = '0.0.2';
  });
  await failsAlone(dsse, 'entry-kind', 'LOG_ENTRY_MALFORMED', V1);
  // A v1 entry body in a log that is trusted as a v2 log.
  v2.parts.tlogEntries = [await v2.logV2.append(await v1Body(v2))];
  await rebuild(v2);
  await failsAlone(v2, 'entry-kind', 'LOG_ENTRY_KIND_UNSUPPORTED', V2);
  // An envelope's entry for a bare signature.
  const message = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  message.parts.tlogEntries = [await foreignEntry(message)];
  await rebuild(message);
  await failsAlone(message, 'entry-kind', 'LOG_ENTRY_KIND_UNSUPPORTED', BARE);
});

test('A60 check entry-kind: LOG_ENTRY_KIND_UNSUPPORTED for intoto 0.0.1 and dsse 0.0.2 in a bundle', async () => {
  const subject = await makeBundle({ kind: 'intoto' });
  const hashes = { algorithm: 'sha256', value: '0'.repeat(64) };
  const publicKey = base64(subject.signer.pem);
  for (const body of [
    {
      apiVersion: '0.0.1',
      kind: 'intoto',
      spec: { content: { hash: hashes, payloadHash: hashes }, publicKey },
    },
    { apiVersion: '0.0.2', kind: 'dsse', spec: {} },
  ]) {
    const { entry } = await subject.log.append(JSON.stringify(body), 1748779200);
    subject.parts.tlogEntries = [bundleEntry(entry)];
    await rebuild(subject);
    await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_KIND_UNSUPPORTED', V1);
  }
});

test('A12 check entry-kind: LOG_ENTRY_MALFORMED for an entry about an envelope without signatures, or with two', async () => {
  for (const kind of ['dsse', 'intoto'] as const) {
    const subject = await makeBundle({ kind });
    const { entry } = await subject.log.get(1);
    const body = JSON.parse(atob(entry.body));
    const { signatures } = kind === 'dsse' ? body.spec : body.spec.content.envelope;
    const [good] = signatures;
    const stranger = base64(await (await makeKey()).sign(subject.message));
    const bad = { ...good, ...(kind === 'dsse' ? { signature: stranger } : { sig: base64(stranger) }) };
    for (const several of [[], [good, good], [good, bad], [bad, good]]) {
      signatures.splice(0, signatures.length, ...several);
      const { entry: other } = await subject.log.append(JSON.stringify(body), LOGGED_AT);
      subject.parts.tlogEntries = [bundleEntry(other)];
      await rebuild(subject);
      await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_MALFORMED', V1);
    }
    signatures.splice(0, signatures.length, good);
    const { entry: single } = await subject.log.append(JSON.stringify(body), LOGGED_AT);
    subject.parts.tlogEntries = [bundleEntry(single)];
    await rebuild(subject);
    await passes(subject, V1);
  }
});

test('A3 check entry-signature: ENTRY_SIGNATURE_MISMATCH for another valid signature over the same payload', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    const twin = base64(twinSignature(unbase64(subject.signature)));
    await rebuild(subject, ({ dsseEnvelope }) => {
      dsseEnvelope.signatures[0].sig = twin;
    });
    await failsAlone(subject, 'entry-signature', 'ENTRY_SIGNATURE_MISMATCH', checksOf(kind));
  }
});

test('A2 check entry-payload: ENTRY_PAYLOAD_MISMATCH for an entry with this signature and another payload', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    const other = await makeBundle({ kind });
    const { message, envelope } = subject;
    const mixed = { ...(envelope as Envelope), payload: (other.envelope as Envelope).payload };
    subject.message = other.message;
    subject.envelope = mixed;
    subject.parts.tlogEntries = [await logEntry(subject, kind)];
    Object.assign(subject, { message, envelope });
    await rebuild(subject);
    await failsAlone(subject, 'entry-payload', 'ENTRY_PAYLOAD_MISMATCH', checksOf(kind));
  }
});

test('A2 check entry-key: ENTRY_KEY_MISMATCH for an entry with another key', async () => {
  for (const kind of KINDS) {
    const subject = await makeBundle({ kind });
    const { signer } = subject;
    const stranger = await makeKey();
    subject.signer = { ...signer, pem: stranger.pem, spki: stranger.spki };
    subject.parts.tlogEntries = [await logEntry(subject, kind)];
    subject.signer = signer;
    await rebuild(subject);
    await failsAlone(subject, 'entry-key', 'ENTRY_KEY_MISMATCH', checksOf(kind));
  }
});

test('check entry-key: ENTRY_KEY_MISMATCH for a v2 entry that states another algorithm than the key’s', async () => {
  const subject = await makeBundle({ kind: 'v2' });
  const { message, signature, signer, logV2 } = subject;
  for (const keyDetails of ['PKIX_ECDSA_P384_SHA_384', 'PKIX_ECDSA_P256_HMAC_SHA_256', '']) {
    subject.parts.tlogEntries = [
      await logV2.append(await hashedBodyV2(message, signature, signer, { keyDetails })),
    ];
    await rebuild(subject);
    await failsAlone(subject, 'entry-key', 'ENTRY_KEY_MISMATCH', V2);
  }
});

test('check entry-payload: ALGORITHM_MISMATCH for an envelope’s hashedrekord entry with another hash algorithm', async () => {
  const subject = await makeBundle({ kind: 'hashedrekord' });
  subject.parts.tlogEntries = [await logEntry(subject, 'hashedrekord', 'SHA-512')];
  await rebuild(subject);
  await failsAlone(subject, 'entry-payload', 'ALGORITHM_MISMATCH', V1);
});

test('check entry-payload: ALGORITHM_NEEDS_ARTIFACT if the artifact’s digest by the entry’s hash algorithm is not known', async () => {
  const subject = await makeBundle({ isMessage: true, kind: 'hashedrekord', algorithm: 'P-521' });
  const { artifact, signature, signer, log } = subject;
  const sha512 = new Uint8Array(await crypto.subtle.digest('SHA-512', artifact));
  subject.evidence.subject = { digests: { sha512 } };
  const messageDigest = { algorithm: 'SHA2_512', digest: base64(sha512) };
  subject.parts.content = { messageSignature: { messageDigest, signature } };
  const value = hex(await sha256(artifact));
  const { entry } = await log.append(
    await logBody('rekord', { payload: artifact, signature }, signer),
    LOGGED_AT,
  );
  subject.parts.tlogEntries = [bundleEntry(entry)];
  await rebuild(subject);
  await failsAlone(subject, 'entry-payload', 'ALGORITHM_NEEDS_ARTIFACT', BARE);
  const { checks } = await verify(subject);
  const { expected, actual, source } = checks.find(({ name }) => name === 'entry-payload') ?? {};
  equal([expected, actual, source], ["the artifact's sha256", `sha256:${value}`, 'data.hash']);
  subject.evidence.subject = messageOfBytes(artifact);
  await passes(subject, BARE);
});

test('A60 check entry-kind: LOG_ENTRY_MALFORMED for a correct hash by an algorithm that the kind’s schema does not allow', async () => {
  for (const kind of ['dsse', 'intoto'] as const) {
    const subject = await makeBundle({ kind });
    const { entry } = await subject.log.append(await strongerBody(subject), LOGGED_AT);
    subject.parts.tlogEntries = [bundleEntry(entry)];
    await rebuild(subject);
    await failsAlone(subject, 'entry-kind', 'LOG_ENTRY_MALFORMED', V1);
  }
});

/** The bundle's entry body, with the payload's SHA-512 in place of its SHA-256. */
async function strongerBody({
  parts,
  envelope: signed,
}: Awaited<ReturnType<typeof makeBundle>>): Promise<string> {
  const payload = unbase64(signed?.payload ?? '');
  const value = hex(new Uint8Array(await crypto.subtle.digest('SHA-512', payload)));
  const body = JSON.parse(atob(parts.tlogEntries?.[0]?.canonicalizedBody ?? ''));
  const holder = body.kind === 'dsse' ? body.spec : body.spec.content;
  holder.payloadHash = { algorithm: 'sha512', value };
  return JSON.stringify(body);
}

test('check entry-payload: ALGORITHM_MISMATCH for a logged hash by another algorithm than was signed, whether or not the artifact’s digest by it is known', async () => {
  const subject = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  const { artifact, signature, signer, log } = subject;
  const body = JSON.parse(await logBody('hashedrekord', { payload: artifact, signature }, signer));
  const value = hex(new Uint8Array(await crypto.subtle.digest('SHA-512', artifact)));
  body.spec.data.hash = { algorithm: 'sha512', value };
  const { entry } = await log.append(JSON.stringify(body), LOGGED_AT);
  subject.parts.tlogEntries = [bundleEntry(entry)];
  await rebuild(subject);
  await failsAlone(subject, 'entry-payload', 'ALGORITHM_MISMATCH', BARE);
  subject.evidence.subject = messageOfBytes(artifact);
  await failsAlone(subject, 'entry-payload', 'ALGORITHM_MISMATCH', BARE);
});

async function v1Body(subject: Awaited<ReturnType<typeof makeBundle>>): Promise<string> {
  return logBody('hashedrekord', { payload: subject.message, signature: subject.signature }, subject.signer);
}

/** The entry of another envelope by the same log and signer. */
async function foreignEntry(subject: Awaited<ReturnType<typeof makeBundle>>) {
  const { log, signer } = subject;
  const other = await makeBundle({ log, signer });
  return other.parts.tlogEntries?.[0] as NonNullable<typeof other.parts.tlogEntries>[number];
}
