// The digest that evidence claims to be about, which a download is then checked against: in each form of evidence, or none.
import { expect, test } from 'vitest';
import { claimedDigests } from '../../src/core/evidence/claimed_digest.ts';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import {
  makeAttached,
  makeBundle,
  rebuild,
  setBundle,
  setEnvelope,
} from '../conformance/support/bundle_harness.ts';
import { makeSubject } from '../conformance/support/harness.ts';
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

test('a statement claims its subjects, each by its most common digest algorithm', async () => {
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

test('a message signature claims the digest it states, or else the digest in its log entry', async () => {
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

test('a log entry about an envelope, or one that cannot be parsed, claims nothing', async () => {
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

test('evidence that cannot be parsed, or is about an image, claims nothing', async () => {
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
  // The same with a log entry that is about a message.
  const { logBundle = '' } = evidence;
  await setEnvelope(attached, utf8('{}'));
  expect(claimedDigests({ ...attached.evidence, logBundle })).toEqual([]);
});
