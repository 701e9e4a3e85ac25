// What a caller asks, fully parsed. Every route (image, evidence, batch, admission) builds one of these.

import type { ArtifactDigest } from '../core/crypto/digest.ts';
import type { PublicKey } from '../core/crypto/public_key.ts';
import type { Bytes } from '../core/encoding/bytes.ts';
import type { Json } from '../core/encoding/json.ts';
import type { Attached } from '../core/evidence/evidence.ts';
import type { ImageReference } from '../core/reference.ts';
import type { Platform } from '../registry/manifest.ts';
import type { StoredPolicy } from '../store/policies.ts';

/** Named keys per request: each costs a store read and, at worst, one verification per signature. */
export const MAX_NAMED_KEYS = 16;

export type NamedTrust =
  /** Ids or fingerprints in the store; a signature by any one of them is enough. */
  | { keys: string[] }
  | { policy: PolicyChoice }
  /** The caller's own keys; the log may be waived only with these. */
  | { publicKeys: PublicKey[]; isLogWaived: boolean };

export type PolicyChoice =
  /** A stored policy; `isImplied` if it is `default` because the caller named nobody. */
  | { id: string; isImplied: boolean }
  /** A policy that is only being tested. */
  | { draft: StoredPolicy };

export interface Question {
  trust: NamedTrust;
  annotations: [name: string, value: string][];
  /** Can only be stricter than what the key requires. */
  transparency?: 'required' | 'online';
  /** The predicate type, if an attestation is asked for instead of a signature. */
  attestation?: string;
}

/** An image, and where to look for what was signed about it. */
export interface NamedImage {
  reference: ImageReference;
  platform?: Platform;
  /** The repository that holds the signatures, if not the image's own. */
  signatures?: { registry: string; repository: string };
}

export interface ImageQuestion extends Question, NamedImage {}

/** A signature in the forms that callers send. `bundle` is the JSON of a Sigstore bundle as bytes; `read` is the same parsed, if known. */
export type HeldEvidence =
  | { form: 'sigstore-bundle'; bundle: Bytes; read?: Json }
  | ({ form: 'simple-signing'; payload: Bytes; signature: string } & Attached)
  | ({ form: 'dsse'; envelope: Bytes; signature: string } & Attached)
  | ({ form: 'blob'; signature: string } & Attached);

export interface EvidenceQuestion extends Question {
  digest: ArtifactDigest;
  held: HeldEvidence[];
  /** The caller's claim of where the artifact is meant to go; it proves nothing. */
  reference?: ImageReference;
}

export type AnyQuestion = ImageQuestion | EvidenceQuestion;
