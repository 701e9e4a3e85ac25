// What the routes of one application share, and what one request carries along.
import type { Context } from 'hono';
import type { Trace } from '../egress/trace.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import type { Verifier } from '../verify/service.ts';

/** The application's settings and ports, put together by the entry for its runtime. */
export interface Service {
  verifier: Verifier;
  /** `open` lets anyone verify; everything else needs a token. */
  access: 'token' | 'open';
  /** Unset or empty: nobody is the administrator. */
  adminToken: string | undefined;
  /** One line for the operator. */
  log: (line: Record<string, unknown>) => void;
}

export interface Variables {
  /** Ours; the caller's, where it sent one, is answered instead. */
  requestId: string;
  answeredId: string;
  trace: Trace;
  /** When the request came, in milliseconds since the epoch. */
  startedAt: number;
  /** The service's deadline, in milliseconds. */
  deadline: number;
  /** The store, guarded and timed for this request. */
  store: KeyValueStore;
  /** Signature verifications done, for Server-Timing. */
  verifications: number;
  /** Whether the caller showed a token. */
  isAuthenticated: boolean;
}

export type AppEnv = { Variables: Variables };
export type AppContext = Context<AppEnv>;

/** Lets the runtime wait for work that outlives the answer, where it can. */
export function keepAlive(context: AppContext): (work: Promise<unknown>) => void {
  return (work) => {
    try {
      context.executionCtx.waitUntil(work);
    } catch {
      // No execution context: the runtime keeps running anyway.
    }
  };
}
