// Every signature and log entry that cosign and Rekor left in the fixtures gives the result that its file states.
import { digestOf, parseDigest } from '../../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../../src/core/crypto/message.ts';
import { parsePublicKey, parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { verifySignature } from '../../../src/core/crypto/signature.ts';
import { equalBytes, fromBase64, toHex } from '../../../src/core/encoding/bytes.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import type { SimpleSigningEvidence } from '../../../src/core/evidence/evidence.ts';
import { isSignedByLog, parseCheckpoint } from '../../../src/core/log/checkpoint.ts';
import { type LogEntry, parseApiLogEntry, parseLogBundle } from '../../../src/core/log/log_entry.ts';
import { promisedBytes } from '../../../src/core/log/log_promise.ts';
import { leafHash } from '../../../src/core/log/merkle.ts';
import { logIdOf, type TrustedLog, type VersionedLog } from '../../../src/core/trust/trusted_log.ts';
import { verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import { pem } from '../../support/keys.ts';
import { equal, notEqual, ok } from '../support/assert.ts';
import { NOW, trusted, trustIn } from '../support/harness.ts';
import { isIncluded } from '../support/included.ts';
import { type TestContext, test } from '../table.ts';

const COSIGN_FILES = [
  'dsse-cert-c0d23d6a-80008005',
  'gertd-demo',
  'hashedrekord-cert-c0d23d6a-11605770',
  'hashedrekord-cert-c0d23d6a-13452680',
  'hashedrekord-cert-c0d23d6a-17544187',
  'hashedrekord-cert-c0d23d6a-18589865',
  'hashedrekord-cert-c0d23d6a-8949589',
  'hashedrekord-cert-c0d23d6a-919437390',
  'hashedrekord-cert-d32f30a3-27129519',
  'hashedrekord-key-c0d23d6a-11608800',
  'intoto-cert-c0d23d6a-10957770',
  'intoto-cert-c0d23d6a-14313132',
  'rekord-cert-c0d23d6a-783607',
  'rekord-key-c0d23d6a-783606',
  'zot-demo-referrer',
];

test('every cosign fixture file has a case', (t) => {
  const expected = [...COSIGN_FILES, 'key-only'].map((name) => `cosign/${name}.json`);
  equal(t.files('cosign'), expected.sort());
});

for (const name of COSIGN_FILES) {
  test(`cosign/${name}: promise, leaf hash and verdict are as the file states`, async (t) => {
    const file = t.json(`cosign/${name}.json`);
    const entry = parseLogBundle(JSON.stringify(file.bundle));
    const logs = await fixtureLogs(t);
    const log = logs.find(({ logId }) => logId === entry.logId);
    ok(log, `the log ${entry.logId}`);
    equal(toHex(await leafHash(entry.body)), file.leafHash, 'leaf hash');
    equal(await isPromised(entry, log), file.expect.setValid, 'signed entry timestamp');
    if (file.expect.signatureValid !== null) await verifies(t, file, logs);
  });
}

/** The whole verification: VERIFIED with the file's key; a file with a certificate is CERTIFICATE_UNSUPPORTED. */
async function verifies(t: TestContext, file: Fixture, logs: TrustedLog[]): Promise<void> {
  const payload = fromBase64(file.payloadB64, 'payload');
  const named = JSON.parse(new TextDecoder().decode(payload)).critical.image['docker-manifest-digest'];
  const isKey = file.verifier === 'key';
  const signer = { pem: isKey ? file.verifierPem : t.text('keys/rekor.prod.pub') };
  const evidence: SimpleSigningEvidence = {
    format: 'simple-signing',
    source: { index: 0, via: 'tag' },
    subject: messageOfDigest(parseDigest(named)),
    layer: { digest: parseDigest(`sha256:${file.payloadSha256}`), size: payload.length },
    payload,
    signature: file.signatureB64,
    logBundle: JSON.stringify(file.bundle),
    ...(!isKey && { certificate: file.verifierPem }),
    facts: new Map(),
  };
  const trust = await trustIn([await trusted(signer)], logs);
  const result = await verifySignatureEvidence(evidence, trust, { annotations: [] }, NOW, {
    verifications: 0,
    proofs: 0,
  });
  equal(result.code, isKey ? 'VERIFIED' : 'CERTIFICATE_UNSUPPORTED');
  if (isKey) equal(result.transparency?.entry.logIndex, BigInt(file.bundle.Payload.logIndex), 'log index');
}

test('cosign/rekord-key-c0d23d6a-783606: the seed image’s key, payload, signature and log entry have their known values', async (t) => {
  const file = t.json('cosign/rekord-key-c0d23d6a-783606.json');
  const key = await parsePublicKeyPem(file.verifierPem);
  equal(key.fingerprint, 'sha256:167482e9a2589fc1fca0224056ffb21567c7db47c6fd288eb6cedd0dbee2cbb4');
  const payload = fromBase64(file.payloadB64, 'payload');
  equal(payload.length, 248, 'payload length');
  equal(await digestOf(payload), 'sha256:3af4414d20c9e1cb76ccc72aae8b242166dabe6af531a4a790db8e2f0e5ee7c9');
  equal(fromBase64(file.signatureB64, 'signature').length, 72, 'signature length');
  const entry = parseLogBundle(JSON.stringify(file.bundle));
  equal(promisedBytes(entry).length, 888, 'length of the promised JSON');
  equal([entry.logIndex, entry.integratedTime], [783606n, 1634714179]);
});

test('cosign/key-only: each signature without a log entry has the validity that the file states', async (t) => {
  const files: KeyOnly[] = t.json('cosign/key-only.json');
  equal(files.length, 7, 'the number of files');
  for (const file of files) {
    const key = await parsePublicKeyPem(file.publicKeyPem);
    const payload = fromBase64(file.payloadB64, 'payload');
    const signature = fromBase64(file.signatureB64, 'signature');
    equal(await verifySignature(key, 'sha256', payload, signature), file.signatureValid, file.name);
    equal(
      await codeWithoutLog(file, 'unsafe-none'),
      file.signatureValid ? 'VERIFIED' : 'SIGNATURE_INVALID',
      file.name,
    );
    equal(
      await codeWithoutLog(file, 'required'),
      file.signatureValid ? 'LOG_ENTRY_MISSING' : 'SIGNATURE_INVALID',
      file.name,
    );
  }
});

async function codeWithoutLog(file: KeyOnly, transparency: 'required' | 'unsafe-none'): Promise<string> {
  const payload = fromBase64(file.payloadB64, 'payload');
  const named = JSON.parse(new TextDecoder().decode(payload)).critical.image['docker-manifest-digest'];
  const evidence: SimpleSigningEvidence = {
    format: 'simple-signing',
    source: { index: 0, via: 'tag' },
    subject: messageOfDigest(parseDigest(named)),
    layer: { digest: await digestOf(payload), size: payload.length },
    payload,
    signature: file.signatureB64,
    facts: new Map(),
  };
  const trust = await trustIn([await trusted({ pem: file.publicKeyPem }, { transparency })], []);
  return (
    await verifySignatureEvidence(evidence, trust, { annotations: [] }, NOW, { verifications: 0, proofs: 0 })
  ).code;
}

test('rekor-api/entries: promise, UUID, inclusion proof and checkpoint of each real entry verify', async (t) => {
  const logs = await fixtureLogs(t);
  for (const { uuid, entry: json, expect } of t.json('rekor-api/entries.json')) {
    const entry = parseApiLogEntry(parseJson(JSON.stringify(json), 'entry'));
    const log = logs.find(({ logId }) => logId === entry.logId);
    ok(log, `the log ${entry.logId}`);
    const leaf = await leafHash(entry.body);
    equal(toHex(leaf), uuid.slice(-64), 'the UUID is the leaf hash');
    equal(await isPromised(entry, log), expect.set, 'signed entry timestamp');
    equal(Number(entry.inclusionProof?.logIndex ?? -1), expect.pidx ?? -1, 'index in the tree');
    if (entry.inclusionProof === undefined) continue;
    const { logIndex, treeSize, hashes, rootHash, checkpoint = '' } = entry.inclusionProof;
    notEqual(logIndex, entry.logIndex, 'the shard-local index');
    ok(await isIncluded(leaf, logIndex, treeSize, hashes, rootHash), 'inclusion');
    const note = parseCheckpoint(checkpoint);
    ok(note.size === treeSize && equalBytes(note.root, rootHash), 'checkpoint and proof agree');
    ok(await isSignedByLog(note, log), 'checkpoint signature');
  }
});

/** The logs of both published trusted roots. */
async function fixtureLogs(t: TestContext): Promise<VersionedLog[]> {
  const logs: VersionedLog[] = [];
  for (const instance of ['prod', 'staging']) {
    for (const log of t.json(`keys/trusted_root.${instance}.json`).tlogs) {
      const key = await parsePublicKey(fromBase64(log.publicKey.rawBytes, 'key'));
      const validFrom = Date.parse(log.publicKey.validFor.start);
      const name = new URL(log.baseUrl).host;
      const version = key.algorithm.name === 'Ed25519' ? 2 : 1;
      const logId = await logIdOf(version, name, key);
      equal(logId, toHex(fromBase64(log.logId.keyId, 'log id')), `the log id of ${name}`);
      logs.push({ name, url: log.baseUrl, version, key, logId, validFrom });
    }
  }
  return logs;
}

function isPromised(entry: LogEntry, log: VersionedLog): Promise<boolean> {
  ok(entry.signedEntryTimestamp, 'the entry has a signed entry timestamp');
  return verifySignature(log.key, 'sha256', promisedBytes(entry), entry.signedEntryTimestamp);
}

test('keys/rekor.prod.pub is the first log’s key in the production trusted root', async (t) => {
  const alone = await parsePublicKeyPem(t.text('keys/rekor.prod.pub'));
  const [first] = await fixtureLogs(t);
  equal(alone.fingerprint, first?.key.fingerprint);
  equal(first?.logId, 'c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d');
  equal((await parsePublicKeyPem(pem('PUBLIC KEY', alone.spki))).fingerprint, alone.fingerprint);
});

interface Fixture {
  verifier: 'key' | 'cert';
  verifierPem: string;
  payloadB64: string;
  payloadSha256: string;
  signatureB64: string;
  bundle: { Payload: { logIndex: number } };
}

interface KeyOnly {
  name: string;
  publicKeyPem: string;
  payloadB64: string;
  signatureB64: string;
  signatureValid: boolean;
}
