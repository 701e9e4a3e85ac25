// The CPU work of one verification, as functions that run in each runtime: bare WebCrypto (the floor), and the core on
// complete evidence.

import { parseDigest } from '../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../src/core/crypto/message.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { type Bytes, fromBase64, utf8 } from '../../src/core/encoding/bytes.ts';
import type { SimpleSigningEvidence } from '../../src/core/evidence/evidence.ts';
import type { Trust } from '../../src/core/trust/trust.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import { verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import { findPublicLog } from '../../src/verify/trust/public_trust.ts';
import { SEED_BUNDLE, SEED_DIGEST, SEED_KEY_PEM, SEED_PAYLOAD, SEED_SIGNATURE } from '../seed/image.ts';

export type Work = () => Promise<void>;

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const SHA256 = { name: 'ECDSA', hash: 'SHA-256' };

/** The seed's two WebCrypto verifications, of signature and promise (SET), with keys and signatures prepared beforehand. */
export async function makeFloor(): Promise<Work> {
  const { key, logKey } = await importKeys();
  const verifies = [
    verifyOf(key, bytesOf(SEED_SIGNATURE), utf8(SEED_PAYLOAD)),
    verifyOf(logKey, bytesOf(SEED_BUNDLE.SignedEntryTimestamp), promised(SEED_BUNDLE.Payload)),
  ];
  return async () => {
    for (const verify of verifies) if (!(await verify())) throw new Error('the floor did not verify');
  };
}

/**
 * The same verifications, but evidence is parsed each time, which no verifier can avoid, with only the runtime's own parsers: entry, body
 * and payload from JSON, keys and signatures from base64, and the payload's hash. It compares nothing.
 */
export async function makeReadingFloor(): Promise<Work> {
  const { key, logKey } = await importKeys();
  const logBundle = JSON.stringify(SEED_BUNDLE);
  const payload = utf8(SEED_PAYLOAD);
  return async () => {
    const { Payload, SignedEntryTimestamp } = JSON.parse(logBundle) as typeof SEED_BUNDLE;
    const { content, publicKey } = JSON.parse(textOf(bytesOf(Payload.body))).spec.signature;
    const read = [pemBody(textOf(bytesOf(publicKey.content))), bytesOf(content), JSON.parse(textOf(payload))];
    await crypto.subtle.digest('SHA-256', payload);
    const isSigned = await verifyOf(key, bytesOf(SEED_SIGNATURE), payload)();
    const isPromised = await verifyOf(logKey, bytesOf(SignedEntryTimestamp), promised(Payload))();
    if (!isSigned || !isPromised || read.length !== 3) throw new Error('the floor did not verify');
  };
}

async function importKeys(): Promise<{ key: CryptoKey; logKey: CryptoKey }> {
  const spkis = [pemBody(SEED_KEY_PEM), (await seedLog()).key.spki] as const;
  const [key, logKey] = await Promise.all(
    spkis.map((spki) => crypto.subtle.importKey('spki', spki, P256, false, ['verify'])),
  );
  if (key === undefined || logKey === undefined) throw new TypeError('two keys were imported');
  return { key, logKey };
}

function verifyOf(key: CryptoKey, signature: Bytes, message: Bytes): () => Promise<boolean> {
  const raw = rawSignature(signature);
  return () => crypto.subtle.verify(SHA256, key, raw, message);
}

function promised({ body, integratedTime, logIndex, logID }: typeof SEED_BUNDLE.Payload): Bytes {
  return utf8(JSON.stringify({ body, integratedTime, logID, logIndex }));
}

function bytesOf(base64: string): Bytes {
  return fromBase64(base64, 'base64');
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function textOf(bytes: Bytes): string {
  return decoder.decode(bytes);
}

/** r ‖ s of a valid DER signature. It checks nothing, since it is only used on data that is known to be valid. */
function rawSignature(der: Bytes): Bytes {
  const raw = new Uint8Array(64);
  const rLength = der[3] ?? 0;
  const r = der.subarray(4, 4 + rLength);
  const s = der.subarray(6 + rLength);
  raw.set(r.subarray(-32), 32 - Math.min(32, r.length));
  raw.set(s.subarray(-32), 64 - Math.min(32, s.length));
  return raw;
}

function pemBody(pem: string): Bytes {
  return bytesOf(pem.replace(/-----[A-Z ]+-----|\s/g, ''));
}

export interface Case {
  digest: string;
  keyPem: string;
  payload: string;
  signature: string;
  logBundle: string;
  log: TrustedLog;
}

/** The core on the same evidence: every check, on new evidence each time, with keys parsed beforehand. */
export async function makeCore(given: Case): Promise<Work> {
  const trust: Trust = {
    keys: [{ id: 'bench', key: await parsePublicKeyPem(given.keyPem), transparency: 'required' }],
    findLog: async (logId) => (logId === given.log.logId ? given.log : undefined),
    findAuthorities: async () => [],
    recordCheckpoint: () => undefined,
    askLog: () => Promise.reject(new Error('no online requests')),
  };
  const digest = parseDigest(given.digest);
  const payload = new TextEncoder().encode(given.payload);
  return async () => {
    const evidence: SimpleSigningEvidence = {
      format: 'simple-signing',
      source: { index: 0, via: 'request' },
      subject: messageOfDigest(digest),
      payload,
      signature: given.signature,
      logBundle: given.logBundle,
      facts: new Map(),
    };
    const meter = { verifications: 0, proofs: 0 };
    const result = await verifySignatureEvidence(evidence, trust, { annotations: [] }, Date.now(), meter);
    if (result.verdict !== 'verified' || meter.verifications !== 2) {
      throw new Error(`the core returned ${result.code} after ${meter.verifications} verifications`);
    }
  };
}

export async function makeCoreSeed(): Promise<Work> {
  return makeCore({
    digest: SEED_DIGEST,
    keyPem: SEED_KEY_PEM,
    payload: SEED_PAYLOAD,
    signature: SEED_SIGNATURE,
    logBundle: JSON.stringify(SEED_BUNDLE),
    log: await seedLog(),
  });
}

async function seedLog(): Promise<TrustedLog> {
  const log = await findPublicLog(SEED_BUNDLE.Payload.logID);
  if (log === undefined) throw new Error('the public log is not built in');
  return log;
}
