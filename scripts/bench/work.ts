// What the processor does for one verification, as functions that run in any of the runtimes: bare WebCrypto (the floor),
// and the core on whole evidence.

import { parseDigest } from '../../src/core/crypto/digest.ts';
import { messageOfDigest } from '../../src/core/crypto/message.ts';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { fromBase64 } from '../../src/core/encoding/bytes.ts';
import type { SimpleSigningEvidence } from '../../src/core/evidence.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import type { Trust } from '../../src/core/verification.ts';
import { verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import { findPublicLog } from '../../src/verify/public_trust.ts';
import { SEED_BUNDLE, SEED_DIGEST, SEED_KEY_PEM, SEED_PAYLOAD, SEED_SIGNATURE } from '../seed_image.ts';

export type Work = () => Promise<void>;

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const SHA256 = { name: 'ECDSA', hash: 'SHA-256' };

/** The seed's two verifies, signature and promise (SET), with keys imported and signatures converted beforehand. */
export async function makeFloor(): Promise<Work> {
  const log = await seedLog();
  const { body, integratedTime, logIndex, logID } = SEED_BUNDLE.Payload;
  const verifies = await Promise.all([
    makeVerify(pemBody(SEED_KEY_PEM), SEED_SIGNATURE, SEED_PAYLOAD),
    makeVerify(
      log.key.spki,
      SEED_BUNDLE.SignedEntryTimestamp,
      JSON.stringify({ body, integratedTime, logID, logIndex }),
    ),
  ]);
  return async () => {
    for (const verify of verifies) if (!(await verify())) throw new Error('the floor did not verify');
  };
}

async function makeVerify(spki: Uint8Array<ArrayBuffer>, signature: string, message: string) {
  const key = await crypto.subtle.importKey('spki', spki, P256, false, ['verify']);
  const raw = rawSignature(fromBase64(signature, 'signature'));
  const bytes = new TextEncoder().encode(message);
  return () => crypto.subtle.verify(SHA256, key, raw, bytes);
}

/** r ‖ s of a good DER signature. Written for one measurement, on data that is known to be good. */
function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(64);
  const rLength = der[3] ?? 0;
  const r = der.subarray(4, 4 + rLength);
  const s = der.subarray(6 + rLength);
  raw.set(r.subarray(-32), 32 - Math.min(32, r.length));
  raw.set(s.subarray(-32), 64 - Math.min(32, s.length));
  return raw;
}

function pemBody(pem: string): Uint8Array<ArrayBuffer> {
  return fromBase64(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'PEM');
}

export interface Case {
  digest: string;
  keyPem: string;
  payload: string;
  signature: string;
  logBundle: string;
  log: TrustedLog;
}

/** The core on the same evidence: every check, on evidence that is new each time, with keys parsed beforehand. */
export async function makeCore(given: Case): Promise<Work> {
  const trust: Trust = {
    keys: [{ id: 'bench', key: await parsePublicKeyPem(given.keyPem), transparency: 'required' }],
    findLog: async (logId) => (logId === given.log.logId ? given.log : undefined),
    findAuthorities: async () => [],
    otherRoot: () => undefined,
    askLog: () => Promise.reject(new Error('nothing is asked online')),
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
      throw new Error(`the core says ${result.code} after ${meter.verifications} verifies`);
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
