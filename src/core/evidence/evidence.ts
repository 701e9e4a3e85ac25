// Evidence: raw bytes that may be a signature, and where they came from. Collecting evidence proves nothing.

import type { Digest } from '../crypto/digest.ts';
import type { Message } from '../crypto/message.ts';
import type { Bytes } from '../encoding/bytes.ts';
import type { Json } from '../encoding/json.ts';
import type { Undecided } from '../errors/undecided.ts';

export interface Source {
  /** The manifest that lists the evidence. */
  manifest?: Digest;
  /** The layer that contains the payload. */
  layer?: Digest;
  /** The position in that manifest, from 0. */
  index: number;
  via: 'tag' | 'referrers' | 'fallback-tag' | 'request';
}

/** The signature formats. */
export const FORMATS = ['simple-signing', 'dsse', 'sigstore-bundle', 'blob'] as const;
export type Format = (typeof FORMATS)[number];

interface Common {
  source: Source;
  /** The artifact that the evidence was found for or submitted with, and must be about. */
  subject: Message;
  /** What the manifest states about the bytes; absent when the caller submitted them. */
  layer?: { digest: Digest; size: number };
  /** Cached results about these immutable bytes: `fact name → whether it holds`. */
  facts: Map<string, boolean>;
}

/** What cosign stores with a signature or envelope, as annotations of the layer. */
export interface Attached {
  /** `dev.sigstore.cosign/bundle`: the log entry, JSON. */
  logBundle?: string;
  /** `dev.sigstore.cosign/certificate`: PEM. */
  certificate?: string;
  /** `dev.sigstore.cosign/rfc3161timestamp`: JSON. */
  timestamp?: string;
}

/**
 * Drops annotations without a value. Some signers (Tekton Chains) write an empty string for what they do not have, or `null` where JSON
 * is expected; cosign treats both as absent (sigstore/cosign internal/signature/layer.go).
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

/** A simple signing payload with a detached signature. */
export interface SimpleSigningEvidence extends Common, Attached {
  format: 'simple-signing';
  payload: Bytes;
  /** `dev.cosignproject.cosign/signature`: base64. */
  signature?: string;
}

/** A DSSE envelope attached to an image, as in cosign's `.att` manifests. */
export interface EnvelopeEvidence extends Common, Attached {
  format: 'dsse';
  envelope: Bytes;
  /** `dev.cosignproject.cosign/signature`: cosign leaves it empty, because the signature is in the envelope. */
  signature?: string;
}

/** A Sigstore bundle, as JSON. */
export interface BundleEvidence extends Common {
  format: 'sigstore-bundle';
  bundle: Bytes;
  /** The parsed JSON of `bundle`, if it was parsed already. */
  read?: Json;
}

/** What `cosign sign-blob --bundle` wrote before Sigstore bundles existed: a bare signature over the artifact. */
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

/** The bytes that the layer's digest covers; a bare signature has none. */
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

/** An envelope or bundle stays in memory with its decoded payload and pre-authentication encoding: together 2.5 times its bytes. */
const READING_FACTOR = 3;

/** The approximate size in memory, in bytes. */
export function evidenceSize(evidence: SignatureEvidence): number {
  const isEnvelope = evidence.format === 'dsse' || evidence.format === 'sigstore-bundle';
  const bytes = (rawBytes(evidence)?.length ?? 0) * (isEnvelope ? READING_FACTOR : 1);
  const beside: Attached & { signature?: string } = evidence.format === 'sigstore-bundle' ? {} : evidence;
  const { signature = '', logBundle = '', certificate = '', timestamp = '' } = beside;
  return bytes + signature.length + logBundle.length + certificate.length + timestamp.length;
}
