// The codes of verdicts. They are part of the API: the union is closed, and one place maps each class to an HTTP status. Codes of the
// caller's mistakes are in caller_error.ts.

/** Refused: the evidence is conclusive and not sufficient (HTTP 403). */
export const REFUSAL_CODES = [
  'POLICY_NO_RULE',
  'NO_SIGNATURES',
  'NO_TRUSTED_SIGNATURE',
  'POLICY_THRESHOLD',
  'NOT_ADMITTED',
  'UNTRUSTED_KEY',
  'KEY_NOT_YET_VALID',
  'KEY_EXPIRED',
  'KEY_REVOKED',
  'KEY_OUT_OF_SCOPE',
  'NO_TRUSTED_TIME',
  'SIGNATURE_MALFORMED',
  'SIGNATURE_INVALID',
  'ALGORITHM_MISMATCH',
  'ALGORITHM_NEEDS_ARTIFACT',
  'PAYLOAD_MALFORMED',
  'PAYLOAD_DIGEST_MISMATCH',
  'PAYLOAD_TYPE_MISMATCH',
  'SUBJECT_MISMATCH',
  'ANNOTATION_MISMATCH',
  'PREDICATE_TYPE_MISMATCH',
  'PREDICATE_MISMATCH',
  'LOG_ENTRY_MISSING',
  'LOG_ENTRY_MALFORMED',
  'LOG_UNKNOWN',
  'LOG_KEY_NOT_VALID',
  'LOG_ENTRY_KIND_UNSUPPORTED',
  'SET_INVALID',
  'INCLUSION_PROOF_INVALID',
  'CHECKPOINT_INVALID',
  'ENTRY_SIGNATURE_MISMATCH',
  'ENTRY_PAYLOAD_MISMATCH',
  'ENTRY_KEY_MISMATCH',
  'ENTRY_ONLINE_MISMATCH',
  'TIMESTAMP_INVALID',
  'BUNDLE_MALFORMED',
  'BUNDLE_UNSUPPORTED',
  'CERTIFICATE_UNSUPPORTED',
  'MANIFEST_DIGEST_MISMATCH',
  'MANIFEST_UNSUPPORTED',
  'BLOB_DIGEST_MISMATCH',
] as const;

/** Undecided: an upstream is down or rate-limits this service (HTTP 503). */
export const UNAVAILABLE_CODES = [
  'REGISTRY_UNAVAILABLE',
  'REGISTRY_RATE_LIMITED',
  'REKOR_UNAVAILABLE',
  'DOWNLOAD_UNAVAILABLE',
  'STORE_UNAVAILABLE',
] as const;

/** Undecided: an upstream's response is wrong, or exceeds the limits (HTTP 502). */
export const BAD_UPSTREAM_CODES = [
  'REGISTRY_MALFORMED',
  'REGISTRY_UNAUTHORIZED',
  'REKOR_MALFORMED',
  'DOWNLOAD_MALFORMED',
  'LIMIT_EXCEEDED',
] as const;

/** Undecided: the time ran out (HTTP 504). */
export const DEADLINE_CODES = ['DEADLINE_EXCEEDED'] as const;

export const UNDECIDED_CODES = [...UNAVAILABLE_CODES, ...BAD_UPSTREAM_CODES, ...DEADLINE_CODES] as const;

/** `EXEMPT`: allowed without a signature by a named rule. */
export const VERDICT_CODES = ['VERIFIED', 'EXEMPT', ...REFUSAL_CODES, ...UNDECIDED_CODES] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];
export type UndecidedCode = (typeof UNDECIDED_CODES)[number];
export type VerdictCode = (typeof VERDICT_CODES)[number];
