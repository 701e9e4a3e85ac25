// Describes failures of upstreams: one code for each service and fault, and a message that names the host and the step.
import type { UndecidedCode } from '../core/codes.ts';
import { isPlatformLimit } from '../core/errors/platform_limit.ts';
import { Undecided, type UndecidedOptions } from '../core/errors/undecided.ts';
import type { Metric } from './trace.ts';

/** RFC 9110 §10.2.3: seconds or a date. Anything else is an upstream's text that must not reach our headers. */
const RETRY_AFTER =
  /^(?:[0-9]{1,8}|[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT)$/;

/** What was asked, and of whom. */
export interface Asked {
  /** The kind of upstream: decides the error codes and the Server-Timing metric. */
  service: Exclude<Metric, 'kv'>;
  /** What was fetched, for messages: "signature manifest". */
  step: string;
  url: string;
}

type Fault = 'UNAVAILABLE' | 'RATE_LIMITED' | 'MALFORMED' | 'UNAUTHORIZED' | 'LIMIT';

const CODES: Record<Asked['service'], Record<Fault, UndecidedCode>> = {
  registry: {
    UNAVAILABLE: 'REGISTRY_UNAVAILABLE',
    RATE_LIMITED: 'REGISTRY_RATE_LIMITED',
    MALFORMED: 'REGISTRY_MALFORMED',
    UNAUTHORIZED: 'REGISTRY_UNAUTHORIZED',
    LIMIT: 'LIMIT_EXCEEDED',
  },
  download: {
    UNAVAILABLE: 'DOWNLOAD_UNAVAILABLE',
    RATE_LIMITED: 'DOWNLOAD_UNAVAILABLE',
    MALFORMED: 'DOWNLOAD_MALFORMED',
    UNAUTHORIZED: 'DOWNLOAD_MALFORMED',
    LIMIT: 'LIMIT_EXCEEDED',
  },
  rekor: {
    UNAVAILABLE: 'REKOR_UNAVAILABLE',
    RATE_LIMITED: 'REKOR_UNAVAILABLE',
    MALFORMED: 'REKOR_MALFORMED',
    UNAUTHORIZED: 'REKOR_MALFORMED',
    LIMIT: 'LIMIT_EXCEEDED',
  },
};

/** An `Undecided` that names the host and the step. It shows no more of the URL than the host, because query strings carry secrets. */
export function failure(
  asked: Asked,
  fault: Fault,
  problem: string,
  options: UndecidedOptions = {},
): Undecided {
  const { host } = new URL(asked.url);
  return new Undecided(CODES[asked.service][fault], `The ${asked.step} from ${host} ${problem}.`, {
    upstream: { host, step: asked.step },
    retryable: fault === 'UNAVAILABLE' || fault === 'RATE_LIMITED',
    ...options,
  });
}

/** Statuses that may differ next time: the upstream is down, overloaded, or limits our rate. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** The failure for a transient status, with the upstream's own Retry-After. */
export function unavailable(
  asked: Asked,
  { status, headers }: { status: number; headers: Headers },
): Undecided {
  const retryAfter = headers.get('retry-after');
  const options = retryAfter === null || !RETRY_AFTER.test(retryAfter) ? {} : { retryAfter };
  if (status === 429) return failure(asked, 'RATE_LIMITED', 'was rate-limited (429)', options);
  return failure(asked, 'UNAVAILABLE', `is currently unavailable (${status})`, options);
}

/** The failure of a call whose connection failed, unless what ended it says more. */
export function networkFailure(
  asked: Asked,
  error: unknown,
  problem = 'could not be fetched; the connection failed (wrong name, no route, no valid TLS certificate, or plain http)',
): Undecided {
  if (error instanceof Undecided) return error;
  if (isPlatformLimit(error))
    return failure(asked, 'LIMIT', 'would exceed the calls that the platform allows a request; ask for less');
  return failure(asked, 'UNAVAILABLE', problem);
}
