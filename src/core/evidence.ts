// What was found that might be a signature, as raw bytes with where it came from. Gathering it proves nothing.
import type { Bytes } from './bytes.ts';
import type { Digest } from './digest.ts';
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

/** A simple-signing payload with what cosign keeps beside it on the layer. */
export interface SimpleSigningEvidence {
  format: 'simple-signing';
  source: Source;
  /** The digest it was found under: the one it must name. */
  subject: Digest;
  /** What the manifest said of the payload; absent when the caller handed it in. */
  layer?: { digest: Digest; size: number };
  payload: Bytes;
  /** Annotation `dev.cosignproject.cosign/signature`: base64. */
  signature?: string;
  /** Annotation `dev.sigstore.cosign/bundle`: the log entry, JSON. */
  logBundle?: string;
  /** Annotation `dev.sigstore.cosign/certificate`: PEM. */
  certificate?: string;
  /** What was once computed about these very bytes and cannot change: `fact name → held`. */
  facts: Map<string, boolean>;
}

/** A signature that is listed but could not be fetched. */
export interface MissingEvidence {
  format: 'simple-signing';
  source: Source;
  subject: Digest;
  missing: Undecided;
}

export type Evidence = SimpleSigningEvidence | MissingEvidence;
