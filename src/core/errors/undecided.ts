// The error for "could not decide", which is neither a refusal nor a pass.

import type { UndecidedCode } from '../codes.ts';
import { CodedError } from './coded_error.ts';

/** The host and the step that failed, such as `{ host: "ghcr.io", step: "signature manifest" }`. */
export interface Upstream {
  host: string;
  step: string;
}

export interface UndecidedOptions {
  upstream?: Upstream;
  /** Whether the same request may succeed later. */
  retryable?: boolean;
  /** The upstream's own Retry-After, verbatim. */
  retryAfter?: string;
}

/**
 * Picks the reason to report, so that a client reacts correctly. In order of preference: retry at the stated time; retry; ask for less;
 * give up, when none of these can help. Among equals, the first wins.
 */
export function foremost(reasons: Undecided[]): Undecided | undefined {
  const rank = ({ retryable, retryAfter, code }: Undecided) => {
    if (retryable) return retryAfter === undefined ? 1 : 0;
    return code === 'LIMIT_EXCEEDED' ? 2 : 3;
  };
  return reasons.reduce<Undecided | undefined>(
    (first, one) => (first === undefined || rank(one) < rank(first) ? one : first),
    undefined,
  );
}

export class Undecided extends CodedError<UndecidedCode> {
  override readonly name = 'Undecided';
  readonly upstream: Upstream | undefined;
  readonly retryable: boolean;
  readonly retryAfter: string | undefined;

  /** @param detail a sentence that says what happened and what to do */
  constructor(code: UndecidedCode, detail: string, options: UndecidedOptions = {}) {
    super(code, detail);
    this.upstream = options.upstream;
    this.retryable = options.retryable ?? true;
    this.retryAfter = options.retryAfter;
  }
}
