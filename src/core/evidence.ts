// What was found that might be a signature, as raw bytes with where it came from. Gathering it proves nothing.

import type { Digest } from './crypto/digest.ts';
import type { Message } from './crypto/message.ts';
import type { Bytes } from './encoding/bytes.ts';
import type { Json } from './encoding/json.ts';
import type { Undecided } from './undecided.ts';

export interface Source {
  /** The manifest that listed it. */
  manifest?: Digest;
  /** The layer that holds the payload. */
  layer?: Digest;
  /** Its place in that manifest, from 0. */
  index: number;
  via: 'tag' | 'referrers' | 'fallback-tag' | 'request';
}

/** The forms a signature comes in. */
export const FORMATS = ['simple-signing', 'dsse', 'sigstore-bundle', 'blob'] as const;
export type Format = (typeof FORMATS)[number];

interface Common {
  source: Source;
  /** What it was found under, or handed in for: the thing it must be about. */
  subject: Message;
  /** What the manifest said of the bytes; absent when the caller handed them in. */
  layer?: { digest: Digest; size: number };
  /** What was once computed about these very bytes and cannot change: `fact name → held`. */
  facts: Map<string, boolean>;
}

/** What cosign keeps beside a signature or envelope, as annotations of the layer. */
export interface Attached {
  /** `dev.sigstore.cosign/bundle`: the log entry, JSON. */
  logBundle?: string;
  /** `dev.sigstore.cosign/certificate`: PEM. */
  certificate?: string;
  /** `dev.sigstore.cosign/rfc3161timestamp`: JSON. */
  timestamp?: string;
}

/**
 * What stands beside it. Some signers (Tekton Chains) write an empty text for what they do not have, or the JSON of nothing where JSON
 * belongs; to cosign that is not there (sigstore/cosign internal/signature/layer.go).
 */
export function attachedOf({
  logBundle,
  certificate,
  timestamp,
}: {
  [name in keyof Attached]: string | undefined;
}): Attached {
  return {
    ...(isThere(logBundle) && logBundle !== 'null' && { logBundle }),
    ...(isThere(certificate) && { certificate }),
    ...(isThere(timestamp) && timestamp !== 'null' && { timestamp }),
  };
}

function isThere(text: string | undefined): text is string {
  return (text ?? '') !== '';
}

/** A simple-signing payload with its signature beside it. */
export interface SimpleSigningEvidence extends Common, Attached {
  format: 'simple-signing';
  payload: Bytes;
  /** `dev.cosignproject.cosign/signature`: base64. */
  signature?: string;
}

/** A DSSE envelope attached to an image, as cosign's `.att` holds them. */
export interface EnvelopeEvidence extends Common, Attached {
  format: 'dsse';
  envelope: Bytes;
  /** `dev.cosignproject.cosign/signature`: cosign leaves it empty, the signature being in the envelope. */
  signature?: string;
}

/** A Sigstore bundle: its JSON. */
export interface BundleEvidence extends Common {
  format: 'sigstore-bundle';
  bundle: Bytes;
  /** What `bundle` says as JSON, where it was read already. */
  read?: Json;
}

/** What `cosign sign-blob --bundle` wrote before there were Sigstore bundles: a bare signature over the artifact. */
export interface BlobEvidence extends Common, Attached {
  format: 'blob';
  /** Base64. */
  signature: string;
}

export type SignatureEvidence = SimpleSigningEvidence | EnvelopeEvidence | BundleEvidence | BlobEvidence;

/** A signature that is listed but could not be fetched. */
export interface MissingEvidence {
  format: Format;
  source: Source;
  missing: Undecided;
}

export type Evidence = SignatureEvidence | MissingEvidence;

/** The bytes that a layer's digest is of; a bare signature has none. */
export function rawBytes(evidence: SignatureEvidence): Bytes | undefined {
  switch (evidence.format) {
    case 'simple-signing':
      return evidence.payload;
    case 'dsse':
      return evidence.envelope;
    case 'sigstore-bundle':
      return evidence.bundle;
    case 'blob':
      return undefined;
  }
}

/** What it holds in memory, approximately, in bytes. */
export function evidenceSize(evidence: SignatureEvidence): number {
  const bytes = rawBytes(evidence)?.length ?? 0;
  const beside: Attached & { signature?: string } = evidence.format === 'sigstore-bundle' ? {} : evidence;
  const { signature = '', logBundle = '', certificate = '', timestamp = '' } = beside;
  return bytes + signature.length + logBundle.length + certificate.length + timestamp.length;
}
