// Errors in the form that registries use (OCI distribution-spec "Error Codes"). Clients print only `message`, so it must say everything.
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { printable } from '../../core/encoding/display.ts';
import { type CallerCode, CallerError } from '../../core/errors/caller_error.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import { BadPathRequest } from '../../gate/distribution_path.ts';
import { Refused } from '../../verify/refused.ts';
import type { AppContext, Service } from '../context.ts';
import { CALLER_STATUS, reportDefect } from './problem.ts';

const CODES: Partial<Record<CallerCode, string>> = {
  UNAUTHENTICATED: 'UNAUTHORIZED',
  IMAGE_NOT_FOUND: 'MANIFEST_UNKNOWN',
  METHOD_NOT_ALLOWED: 'UNSUPPORTED',
  RATE_LIMITED: 'TOOMANYREQUESTS',
  NOT_FOUND: 'UNSUPPORTED',
  BAD_REQUEST: 'NAME_INVALID',
};

/** Whether responses under this path use the registries' error format. */
export function isDistributionPath(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/');
}

export function answerDistributionError(error: unknown, context: AppContext, log: Service['log']): Response {
  if (error instanceof BadPathRequest) return answer(context, 400, error.code, error.message);
  if (error instanceof Refused) return deny(context, error.code, error.message);
  if (error instanceof Undecided) return unavailable(context, error);
  if (error instanceof CallerError) {
    if (error.code === 'UNAUTHENTICATED') return unauthorized(context);
    const status = CALLER_STATUS[error.code];
    if (CODES[error.code] === undefined && status < 500) return deny(context, error.code, error.message);
    return answer(context, status, CODES[error.code] ?? 'UNKNOWN', error.message, { code: error.code });
  }
  reportDefect(log, context, error);
  const requestId = context.get('answeredId');
  return answer(
    context,
    500,
    'UNKNOWN',
    `The gate failed. When you report this, quote the request id ${requestId}.`,
    {
      code: 'INTERNAL',
    },
  );
}

/** @param code the verdict's code */
export function deny(context: AppContext, code: string, sentence: string): Response {
  context.header('Countersign-Code', code);
  return answer(context, 403, 'DENIED', `${code}: ${sentence}`, { code });
}

/** Answers 503 for something undecided: nothing was refused, and the client may try again. */
export function unavailable(
  context: AppContext,
  { code, message, retryAfter, retryable }: Undecided,
): Response {
  context.header('Countersign-Code', code);
  if (retryAfter !== undefined) context.header('Retry-After', retryAfter);
  return answer(context, 503, 'UNAVAILABLE', `${code}: ${message}`, { code, retryable });
}

/** Byte for byte the same for every caller and path, so that it reveals nothing about what exists. */
function unauthorized(context: AppContext): Response {
  context.header('WWW-Authenticate', 'Basic realm="countersign"');
  const message = 'Log in with any user name and a token with the scope pull as the password.';
  return send(context, 401, { code: 'UNAUTHORIZED', message });
}

export function answer(
  context: AppContext,
  status: number,
  code: string,
  message: string,
  detail: object = {},
): Response {
  const requestId = context.get('answeredId');
  return send(context, status, { code, message: printable(message), detail: { ...detail, requestId } });
}

function send(context: AppContext, status: number, error: object): Response {
  // Never compressed: clients that accept any coding when they ask for a layer do not decode the error they get instead.
  context.header('Cache-Control', 'no-store, no-transform');
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  const body = JSON.stringify({ errors: [error] });
  return context.body(body, status as ContentfulStatusCode, { 'Content-Type': 'application/json' });
}
