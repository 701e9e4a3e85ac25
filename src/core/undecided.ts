// "Could not decide" as an error of its own: never a refusal, never a pass.
import type { UndecidedCode } from './codes.ts';

/** The host and the step that stood in the way, as in `{ host: "ghcr.io", step: "signature manifest" }`. */
export interface Upstream {
  host: string;
  step: string;
}

export interface UndecidedOptions {
  upstream?: Upstream;
  /** Whether the same call may succeed later. */
  retryable?: boolean;
  /** The upstream's own Retry-After, verbatim. */
  retryAfter?: string;
}

/**
 * Of several reasons the one to tell, so that a program does the right thing: come back when asked to; try again; ask for less; and only
 * where nothing of that may help, give up. Of equals the first.
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

export class Undecided extends Error {
  readonly code: UndecidedCode;
  readonly upstream: Upstream | undefined;
  readonly retryable: boolean;
  readonly retryAfter: string | undefined;

  /** @param detail a sentence that says what happened and what to do */
  constructor(code: UndecidedCode, detail: string, options: UndecidedOptions = {}) {
    super(detail);
    this.name = 'Undecided';
    this.code = code;
    this.upstream = options.upstream;
    this.retryable = options.retryable ?? true;
    this.retryAfter = options.retryAfter;
  }
}
