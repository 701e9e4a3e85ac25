// The peer: @sigstore/verify on a bundle that takes the same work. A key and a log are made here. The core gets the same signature, entry
// and promise (SET) as cosign's annotations, and the peer gets them as a Sigstore bundle.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';
import { parsePublicKey } from '../../src/core/crypto/public_key.ts';
import { logIdOf } from '../../src/core/trust/trusted_log.ts';
import { SEED_DIGEST, SEED_PAYLOAD } from '../seed/image.ts';
import { sha256 } from '../seed/manifest.ts';
import { makeCore, type Work } from './work.ts';

const LOG_NAME = 'rekor.example';
const LOG_INDEX = 783_606;
const INTEGRATED_TIME = 1_700_000_000;

export async function makePeerPair(): Promise<{ core: Work; peer: Work }> {
  const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const log = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const logKey = await parsePublicKey(new Uint8Array(spki(log.publicKey)));
  const logID = await logIdOf(1, LOG_NAME, logKey);
  const keyPem = signer.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const signature = sign('sha256', Buffer.from(SEED_PAYLOAD), signer.privateKey).toString('base64');
  const body = Buffer.from(entryBody(signature, keyPem)).toString('base64');
  const promised = { body, integratedTime: INTEGRATED_TIME, logID, logIndex: LOG_INDEX };
  const promise = sign('sha256', Buffer.from(JSON.stringify(promised)), log.privateKey).toString('base64');

  const core = await makeCore({
    digest: SEED_DIGEST,
    keyPem,
    payload: SEED_PAYLOAD,
    signature,
    logBundle: JSON.stringify({ SignedEntryTimestamp: promise, Payload: promised }),
    log: { name: LOG_NAME, url: 'https://log.example', version: 1, key: logKey, logId: logID, validFrom: 0 },
  });
  const bundle = sigstoreBundle({ signature, body, promise, logID });
  return { core, peer: makePeer(bundle, signer.publicKey, log.publicKey, logID) };
}

function makePeer(bundle: object, signerKey: KeyObject, logKey: KeyObject, logID: string): Work {
  const always = { start: new Date(0), end: new Date('2100-01-01') };
  const verifier = new Verifier(
    {
      certificateAuthorities: [],
      timestampAuthorities: [],
      tlogs: [
        {
          logID: Buffer.from(logID, 'hex'),
          baseURL: 'https://log.example',
          publicKey: logKey,
          validFor: always,
        },
      ],
      ctlogs: [],
      publicKey: () => ({ publicKey: signerKey, validFor: () => true }),
    },
    { tlogThreshold: 1, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  const payload = Buffer.from(SEED_PAYLOAD);
  // Parsed each time, as the core parses its annotations each time.
  const text = JSON.stringify(bundle);
  return async () => {
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(text)), payload));
  };
}

/** A `hashedrekord` entry, which both sides support. */
function entryBody(signature: string, keyPem: string): string {
  return JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256(SEED_PAYLOAD).slice('sha256:'.length) } },
      signature: { content: signature, publicKey: { content: Buffer.from(keyPem).toString('base64') } },
    },
  });
}

interface Logged {
  signature: string;
  body: string;
  promise: string;
  logID: string;
}

function sigstoreBundle({ signature, body, promise, logID }: Logged): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      publicKey: { hint: 'bench' },
      tlogEntries: [
        {
          logIndex: String(LOG_INDEX),
          logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
          kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
          integratedTime: String(INTEGRATED_TIME),
          inclusionPromise: { signedEntryTimestamp: promise },
          canonicalizedBody: body,
        },
      ],
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: Buffer.from(sha256(SEED_PAYLOAD).slice('sha256:'.length), 'hex').toString('base64'),
      },
      signature,
    },
  };
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
