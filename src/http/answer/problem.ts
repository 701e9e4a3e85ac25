// Errors as RFC 9457 problem documents, and the HTTP status of each code. (The gate and admission answer some with another, as their
// clients need.)
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  BAD_UPSTREAM_CODES,
  DEADLINE_CODES,
  type RefusalCode,
  UNAVAILABLE_CODES,
  type UndecidedCode,
  type VerdictCode,
} from '../../core/codes.ts';
import { type CallerCode, CallerError } from '../../core/errors/caller_error.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import { type AppContext, type AppEnv, requestIds } from '../context.ts';
import { asciiLine, wantsText } from './text.ts';

/** Statuses of errors that are neither a verdict nor an upstream's fault. */
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
} as const satisfies Record<CallerCode, number>;

const UNDECIDED_STATUS = new Map<UndecidedCode, 502 | 503 | 504>([
  ...UNAVAILABLE_CODES.map((code) => [code, 503] as const),
  ...BAD_UPSTREAM_CODES.map((code) => [code, 502] as const),
  ...DEADLINE_CODES.map((code) => [code, 504] as const),
]);

const TITLES: Partial<Record<number, string>> = {
  400: 'Bad request',
  401: 'Authentication required',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Too large',
  415: 'Unsupported media type',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad answer from upstream',
  503: 'Upstream unavailable',
  504: 'Deadline exceeded',
};

function undecidedStatus(code: UndecidedCode): 502 | 503 | 504 {
  return UNDECIDED_STATUS.get(code) ?? 502;
}

export function verdictStatus(code: VerdictCode): ContentfulStatusCode {
  if (code === 'VERIFIED' || code === 'EXEMPT') return 200;
  return UNDECIDED_STATUS.get(code as UndecidedCode) ?? 403;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: CallerCode | UndecidedCode | RefusalCode;
  /** The request id. */
  instance: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  upstream?: { host: string; step: string };
}

export function problemOf(error: CallerError | Undecided, instance: string): Problem {
  const status = error instanceof Undecided ? undecidedStatus(error.code) : CALLER_STATUS[error.code];
  return {
    type: `urn:countersign:problem:${error.code}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    instance,
    retryable: error instanceof Undecided ? error.retryable : error.code === 'RATE_LIMITED',
    ...(error instanceof Undecided && error.upstream !== undefined && { upstream: error.upstream }),
  };
}

/** Logs a defect: an error that is neither a `CallerError` nor an `Undecided`. */
export function reportDefect(
  log: (line: Record<string, unknown>) => void,
  context: AppContext,
  error: unknown,
): void {
  if (error instanceof CallerError || error instanceof Undecided) return;
  log({
    level: 'error',
    ...requestIds(context),
    error: String(error),
  });
}

/** Turns any error into a response. A defect becomes a 500 without details, and a log line for the operator. */
export function answerError(
  error: unknown,
  context: AppContext,
  log: (line: Record<string, unknown>) => void,
): Response {
  const instance = context.get('answeredId') ?? context.get('requestId') ?? '';
  const known = error instanceof CallerError || error instanceof Undecided ? error : undefined;
  reportDefect(log, context, error);
  return respondProblem(
    context,
    known ??
      new CallerError(
        'INTERNAL',
        `The service failed. When you report this, quote the request id ${instance}.`,
      ),
  );
}

function respondProblem(context: Context<AppEnv>, error: CallerError | Undecided): Response {
  const problem = problemOf(error, context.get('answeredId') ?? '');
  context.header('Cache-Control', 'no-store');
  if (problem.code === 'UNAUTHENTICATED') context.header('WWW-Authenticate', 'Bearer realm="countersign"');
  if (error instanceof Undecided && error.retryAfter !== undefined)
    context.header('Retry-After', error.retryAfter);
  const status = problem.status as ContentfulStatusCode;
  if (wantsText(context)) {
    const word = error instanceof Undecided ? 'undecided' : 'error';
    return context.text(asciiLine(`${word} ${problem.code} ${problem.detail}`), status);
  }
  return context.body(JSON.stringify(problem), status, { 'Content-Type': 'application/problem+json' });
}
