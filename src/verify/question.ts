// What a caller asks, after all parsing: every door (image, evidence, batch, admission) comes down to this.

import type { ArtifactDigest } from '../core/crypto/digest.ts';
import type { PublicKey } from '../core/crypto/public_key.ts';
import type { Json } from '../core/encoding/json.ts';
import type { ImageReference } from '../core/reference.ts';
import type { Platform } from '../registry/manifest.ts';
import type { StoredPolicy } from '../store/policies.ts';

/** Named keys of one request: each costs a store read and, at worst, a verification per signature. */
export const MAX_NAMED_KEYS = 16;

export type NamedTrust =
  /** Ids or fingerprints in the store; any one is enough. */
  | { keys: string[] }
  | { policy: PolicyChoice }
  /** The caller's own; only with these may the log be waived. */
  | { publicKeys: PublicKey[]; isLogWaived: boolean };

export type PolicyChoice =
  /** A stored one; implied is the policy `default` of a caller who named nobody. */
  | { id: string; isImplied: boolean }
  /** One that is only tried. */
  | { draft: StoredPolicy };

export interface Question {
  trust: NamedTrust;
  annotations: [name: string, value: string][];
  /** Only ever stronger than what the key says. */
  transparency?: 'required' | 'online';
  /** The predicate type of an attestation that is asked for instead of a signature. */
  attestation?: string;
}

export interface ImageQuestion extends Question {
  reference: ImageReference;
  platform?: Platform;
  /** The repository that holds the signatures, if not the image's own. */
  signatures?: { registry: string; repository: string };
}

/** A signature in the forms that callers hold it in; `bundle` is the bytes of a Sigstore bundle's JSON, `read` what they say, where that is known. */
export type HeldEvidence =
  | { form: 'sigstore-bundle'; bundle: Uint8Array<ArrayBuffer>; read?: Json }
  | {
      form: 'simple-signing';
      payload: Uint8Array<ArrayBuffer>;
      signature: string;
      logBundle?: string;
      certificate?: string;
    }
  | {
      form: 'dsse';
      envelope: Uint8Array<ArrayBuffer>;
      signature: string;
      logBundle?: string;
      certificate?: string;
    }
  | { form: 'blob'; signature: string; logBundle?: string; certificate?: string };

export interface EvidenceQuestion extends Question {
  digest: ArtifactDigest;
  held: HeldEvidence[];
  /** The caller's word for where it is meant to go; proves nothing. */
  reference?: ImageReference;
}

export type AnyQuestion = ImageQuestion | EvidenceQuestion;
