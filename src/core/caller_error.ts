// The caller's mistakes, as errors with a code and a sentence that says what to do.

/** HTTP status by code: the one table for what is neither a verdict nor an upstream's fault. */
export const CALLER_STATUS = {
  BAD_REFERENCE: 400,
  BAD_DIGEST: 400,
  BAD_REQUEST: 400,
  BAD_KEY: 400,
  BAD_POLICY: 400,
  NO_TRUST_NAMED: 400,
  REGISTRY_NOT_ALLOWED: 400,
  HOST_NOT_ALLOWED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  IMAGE_NOT_FOUND: 404,
  FILE_NOT_FOUND: 404,
  KEY_NOT_FOUND: 404,
  LOG_NOT_FOUND: 404,
  POLICY_NOT_FOUND: 404,
  TOKEN_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  BAD_CONFIGURATION: 500,
  INTERNAL: 500,
} as const;

export type CallerCode = keyof typeof CALLER_STATUS;

export class CallerError extends Error {
  readonly code: CallerCode;

  constructor(code: CallerCode, detail: string) {
    super(detail);
    this.name = 'CallerError';
    this.code = code;
  }
}
