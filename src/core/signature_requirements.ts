import type { PredicateCondition } from './policy/predicate_condition.ts';

/** What a single signature or attestation must satisfy. The verdict decides how many are needed, and by which keys. */
export interface SignatureRequirements {
  /** The full name under which the image is used; absent if the caller gave none. */
  name?: string;
  /** Overrides the key's setting with a stronger one; if absent, the key decides. */
  transparency?: 'required' | 'online';
  /** All must be in the signed annotations, as identical strings. */
  annotations: [name: string, value: string][];
  /** Requires an attestation of this predicate type instead of a signature. */
  attestation?: string;
  /** Conditions on the predicate, all of which must hold. */
  predicate?: PredicateCondition[];
}
