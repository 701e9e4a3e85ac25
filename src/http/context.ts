// What the routes of one application share, and what one request carries along.
import type { Context } from 'hono';
import type { Trace } from '../egress/trace.ts';
import type { EdgeCache, GateMemory } from '../gate/session.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import type { Verifier } from '../verify/verifier.ts';
import type { Principal } from './access/authenticate.ts';
import type { RateLimiter } from './access/rate_limit.ts';
import type { Metrics } from './metrics.ts';

/** The application's settings and ports, put together by the entry for its runtime. */
export interface Service {
  verifier: Verifier;
  /** `open` lets anyone verify; everything else needs a token. */
  access: 'token' | 'open';
  /** Unset or empty: nobody is the administrator. */
  adminToken: string | undefined;
  /** One line for the operator. */
  log: (line: Record<string, unknown>) => void;
  /** Absent: calls are not limited. */
  limiter: RateLimiter | undefined;
  metrics: Metrics;
  gate: { memory: GateMemory; edge: EdgeCache | undefined };
}

export interface Variables {
  /** Ours; the caller's, where it sent one, is answered instead. */
  requestId: string;
  answeredId: string;
  trace: Trace;
  /** When the request came, in milliseconds since the epoch. */
  startedAt: number;
  /** Milliseconds that this request may still take, by the service's deadline and its own `timeout`; at least 1. */
  timeLeft(): number;
  /** The store, guarded and timed for this request. */
  store: KeyValueStore;
  /** Signature verifications done, for Server-Timing. */
  verifications: number;
  /** Absent: the caller showed no token. */
  principal: Principal | undefined;
}

/** For lines of the log: our id, and the caller's where it sent one. */
export function requestIds(context: AppContext): { requestId: string; callerRequestId?: string } {
  const [requestId, answeredId] = [context.get('requestId'), context.get('answeredId')];
  return { requestId, ...(answeredId !== requestId && { callerRequestId: answeredId }) };
}

/** What the entry knows of one request beyond the request. */
export interface Bindings {
  /** The caller's address, as the platform knows it; never as the caller says. */
  address?: string;
}

export type AppEnv = { Variables: Variables; Bindings: Bindings };
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
