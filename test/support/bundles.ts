// Statements, DSSE envelopes, Sigstore bundles and the log bodies for them, as cosign 3, sigstore-js and npm write them.
import { type Bytes, base64, hex, join, sha256, unhex, utf8 } from './bytes.ts';
import type { ApiEntry } from './fake_log.ts';
import type { BundleEntry } from './fake_log_v2.ts';
import type { Hash, Signer } from './keys.ts';

export const IN_TOTO = 'application/vnd.in-toto+json';
export const SIGN_V1 = 'https://sigstore.dev/cosign/sign/v1';
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
export const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';

export interface StatementOptions {
  type?: unknown;
  predicateType?: unknown;
  predicate?: unknown;
  annotations?: unknown;
  /** Instead of the one subject. */
  subject?: unknown;
}

/** @param imageDigest `sha256:…` */
export function statement(imageDigest: string, options: StatementOptions = {}): Bytes {
  const {
    type = 'https://in-toto.io/Statement/v1',
    predicateType = SIGN_V1,
    predicate = {},
    annotations,
  } = options;
  const [algorithm = '', value] = imageDigest.split(':');
  const own = { digest: { [algorithm]: value }, ...(annotations !== undefined && { annotations }) };
  const subject = 'subject' in options ? options.subject : [own];
  return utf8(JSON.stringify({ _type: type, subject, predicateType, predicate }));
}

export interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { sig: string; keyid?: string }[];
}

export async function envelope(
  signer: Signer,
  payload: Bytes,
  { payloadType = IN_TOTO, hash = 'SHA-256' }: { payloadType?: string; hash?: Hash } = {},
): Promise<Envelope> {
  const sig = base64(await signer.sign(pae(payloadType, payload), hash));
  return { payload: base64(payload), payloadType, signatures: [{ sig }] };
}

/** DSSE's pre-authentication encoding. */
export function pae(payloadType: string, payload: Bytes): Bytes {
  return join(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload);
}

export interface BundleParts {
  mediaType?: string;
  hint?: string;
  content: { dsseEnvelope: Envelope } | { messageSignature: { messageDigest?: object; signature: string } };
  tlogEntries?: BundleEntry[];
  timestamps?: Bytes[];
}

export function bundle({ mediaType = BUNDLE_TYPE, hint, content, tlogEntries, timestamps }: BundleParts) {
  return {
    mediaType,
    verificationMaterial: {
      publicKey: { hint: hint ?? '' },
      ...(tlogEntries !== undefined && { tlogEntries }),
      ...(timestamps !== undefined && {
        timestampVerificationData: {
          rfc3161Timestamps: timestamps.map((token) => ({ signedTimestamp: base64(token) })),
        },
      }),
    },
    ...content,
  };
}

/** What cosign 3 writes as a key's hint. */
export function hintOf({ fingerprint }: Pick<Signer, 'fingerprint'>): string {
  return base64(unhex(fingerprint.slice('sha256:'.length)));
}

/** Rekor v1's response in the form that a bundle contains. */
export function bundleEntry({ body, integratedTime, logID, logIndex, verification }: ApiEntry): BundleEntry {
  const { kind, apiVersion } = JSON.parse(atob(body)) as { kind: string; apiVersion: string };
  const { signedEntryTimestamp, inclusionProof } = verification;
  return {
    logIndex: String(logIndex),
    logId: { keyId: base64(unhex(logID)) },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(integratedTime),
    ...(signedEntryTimestamp !== undefined && { inclusionPromise: { signedEntryTimestamp } }),
    ...(inclusionProof !== undefined && {
      inclusionProof: {
        logIndex: String(inclusionProof.logIndex),
        rootHash: base64(unhex(inclusionProof.rootHash)),
        treeSize: String(inclusionProof.treeSize),
        hashes: inclusionProof.hashes.map((hash) => base64(unhex(hash))),
        checkpoint: { envelope: inclusionProof.checkpoint },
      },
    }),
    canonicalizedBody: body,
  };
}

async function stated(bytes: Bytes) {
  return { algorithm: 'sha256', value: hex(await sha256(bytes)) };
}

/** @param given the envelope's JSON text as sent to the log */
export async function dsseBody(
  { payload, signatures }: Envelope,
  { pem }: Pick<Signer, 'pem'>,
  given: string,
): Promise<string> {
  return JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: await stated(utf8(given)),
      payloadHash: await stated(decode(payload)),
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: base64(pem) })),
    },
  });
}

export async function intotoBody(
  version: '0.0.1' | '0.0.2',
  { payload, payloadType, signatures }: Envelope,
  { pem }: Pick<Signer, 'pem'>,
  given: string,
): Promise<string> {
  const hashes = { hash: await stated(utf8(given)), payloadHash: await stated(decode(payload)) };
  const content = {
    envelope: {
      payloadType,
      signatures: signatures.map(({ sig }) => ({ publicKey: base64(pem), sig: base64(sig) })),
    },
    ...hashes,
  };
  const spec = version === '0.0.1' ? { content: hashes, publicKey: base64(pem) } : { content };
  return JSON.stringify({ apiVersion: version, kind: 'intoto', spec });
}

const KEY_DETAILS = {
  'P-256': 'PKIX_ECDSA_P256_SHA_256',
  'P-384': 'PKIX_ECDSA_P384_SHA_384',
  'P-521': 'PKIX_ECDSA_P521_SHA_512',
  'rsa-2048': 'PKIX_RSA_PKCS1V15_2048_SHA256',
  'rsa-3072': 'PKIX_RSA_PKCS1V15_3072_SHA256',
  ed25519: 'PKIX_ED25519_PH',
};

/** Rekor v2's only kind of entry, for any message; for an envelope, the message is its encoding (PAE). */
export async function hashedBodyV2(
  message: Bytes,
  signature: string,
  { spki, algorithm }: Pick<Signer, 'spki' | 'algorithm'>,
  { hash = 'SHA-256', keyDetails = KEY_DETAILS[algorithm] }: { hash?: Hash; keyDetails?: string } = {},
): Promise<string> {
  const digest = base64(new Uint8Array(await crypto.subtle.digest(hash, message)));
  const verifier = { keyDetails, publicKey: { rawBytes: base64(spki) } };
  const data = { algorithm: hash.replace('SHA-', 'SHA2_'), digest };
  return JSON.stringify({
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: { hashedRekordV002: { data, signature: { content: signature, verifier } } },
  });
}

function decode(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
