// What evidence says it is about: the digest that a download will be held to, in each form, or nothing.
import { expect, test } from 'vitest';
import { claimedDigests } from '../../src/core/evidence/claimed_digest.ts';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { makeAttached, makeBundle, rebuild, setBundle, setEnvelope } from '../conformance/bundle_harness.ts';
import { makeSubject } from '../conformance/harness.ts';
import { statement } from '../support/bundles.ts';
import { base64, utf8 } from '../support/bytes.ts';

const hex = { sha256: 'a'.repeat(64), sha384: 'b'.repeat(96), sha512: 'c'.repeat(128) };
const fresh = (evidence: SignatureEvidence): SignatureEvidence => ({ ...evidence });

async function claimedBySubjects(subject: unknown) {
  const attached = await makeAttached();
  const payload = base64(statement(attached.digest, { subject }));
  await setEnvelope(attached, utf8(JSON.stringify({ ...attached.envelope, payload })));
  return claimedDigests(fresh(attached.evidence));
}

test('a statement names its subjects, each by the digest most in use', async () => {
  const { sha256, sha384, sha512 } = hex;
  const subjects = [
    { name: 'all', digest: { sha512, sha384, sha256 } },
    { name: 'two', digest: { sha384, sha512 } },
    { digest: { sha384 } },
    { name: 'unknown', digest: { sha1: 'd'.repeat(40) } },
  ];
  expect(await claimedBySubjects(subjects)).toEqual([
    { name: 'all', digest: `sha256:${sha256}` },
    { name: 'two', digest: `sha512:${sha512}` },
    { digest: `sha384:${sha384}` },
  ]);
  expect(Object.keys((await claimedBySubjects([{ digest: { sha256 } }]))[0] ?? {})).toEqual(['digest']);
});

test('a message signature names what it states; one that states nothing, what its log entry says', async () => {
  const bare = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  expect(claimedDigests(fresh(bare.evidence))).toEqual([{ digest: bare.digest }]);
  const stated = new Uint8Array(32).fill(7);
  await rebuild(bare, ({ messageSignature }) => {
    messageSignature.messageDigest.digest = base64(stated);
  });
  expect(claimedDigests(fresh(bare.evidence))).toEqual([{ digest: `sha256:${'07'.repeat(32)}` }]);
  await rebuild(bare, ({ messageSignature }) => {
    delete messageSignature.messageDigest;
  });
  expect(claimedDigests(fresh(bare.evidence))).toEqual([{ digest: bare.digest }]);
});

test('entries about an envelope, or that cannot be read, name nothing', async () => {
  const bare = await makeBundle({ isMessage: true, kind: 'hashedrekord' });
  const enveloped = await makeBundle({ kind: 'dsse' });
  await rebuild(bare, (bundle) => {
    delete bundle.messageSignature.messageDigest;
    bundle.verificationMaterial.tlogEntries = enveloped.parts.tlogEntries;
  });
  expect(claimedDigests(fresh(bare.evidence))).toEqual([]);
  const { signature, subject, source, facts } = { ...bare, ...bare.evidence };
  const blob: SignatureEvidence = { format: 'blob', signature, subject, source, facts, logBundle: '{}' };
  expect(claimedDigests(blob)).toEqual([]);
});

test('what cannot be read, or speaks of an image, names nothing', async () => {
  const bundle = await makeBundle();
  await setBundle(bundle, utf8('{}'));
  expect(claimedDigests(fresh(bundle.evidence))).toEqual([]);
  const attached = await makeAttached();
  await setEnvelope(
    attached,
    utf8(JSON.stringify({ ...attached.envelope, payload: base64(utf8('no statement')) })),
  );
  expect(claimedDigests(fresh(attached.evidence))).toEqual([]);
  const { evidence } = await makeSubject();
  expect(claimedDigests(evidence)).toEqual([]);
  // Not even when its log entry is about a message.
  const { logBundle = '' } = evidence;
  await setEnvelope(attached, utf8('{}'));
  expect(claimedDigests({ ...attached.evidence, logBundle })).toEqual([]);
});
