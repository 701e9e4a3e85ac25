// Errors for the caller's mistakes: a code, and a sentence that says what to do.
import { CodedError } from './coded_error.ts';

export type CallerCode =
  | 'BAD_REFERENCE'
  | 'BAD_DIGEST'
  | 'BAD_REQUEST'
  | 'BAD_KEY'
  | 'BAD_POLICY'
  | 'NO_TRUST_NAMED'
  | 'REGISTRY_NOT_ALLOWED'
  | 'HOST_NOT_ALLOWED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'IMAGE_NOT_FOUND'
  | 'FILE_NOT_FOUND'
  | 'KEY_NOT_FOUND'
  | 'LOG_NOT_FOUND'
  | 'POLICY_NOT_FOUND'
  | 'TOKEN_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'PRECONDITION_FAILED'
  | 'TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'RATE_LIMITED'
  | 'BAD_CONFIGURATION'
  | 'INTERNAL';

export class CallerError extends CodedError<CallerCode> {
  override readonly name = 'CallerError';
}
