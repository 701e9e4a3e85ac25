// What the routes of one application share, and what each request carries with it.
import type { Context } from 'hono';
import type { Trace } from '../egress/trace.ts';
import type { EdgeCache, GateMemory } from '../gate/gate_session.ts';
import type { KeyValueStore } from '../store/kv/key_value.ts';
import type { Verifier } from '../verify/verifier.ts';
import type { Principal } from './access/principal.ts';
import type { RateLimiter } from './access/rate_limiter.ts';
import type { Metrics } from './metrics.ts';

/** The application's settings and ports, assembled by the entry point of the runtime. */
export interface Service {
  verifier: Verifier;
  /** `open` lets anyone verify; everything else needs a token. */
  access: 'token' | 'open';
  /** Unset or empty: there is no administrator. */
  adminToken: string | undefined;
  /** Writes one line for the operator. */
  log: (line: Record<string, unknown>) => void;
  /** Absent: requests are not limited. */
  limiter: RateLimiter | undefined;
  metrics: Metrics;
  gate: { memory: GateMemory; edge: EdgeCache | undefined };
}

export interface Variables {
  /** The service's own id. The answer carries `answeredId`, which is the caller's id if it sent a valid one. */
  requestId: string;
  answeredId: string;
  trace: Trace;
  /** When the request arrived, by `performance.now()`: the clock may be set in the meantime. */
  startedAt: number;
  /** Milliseconds left for this request under the service's deadline and its own `timeout`; at least 1. */
  timeLeft(): number;
  /** The store, guarded and timed for this request. */
  store: KeyValueStore;
  /** Signature verifications computed, for Server-Timing. */
  verifications: number;
  /** Absent: the caller sent no token. */
  principal: Principal | undefined;
}

/** The ids for log lines: the service's, and the caller's if it sent one. */
export function requestIds(context: AppContext): { requestId: string; callerRequestId?: string } {
  const [requestId, answeredId] = [context.get('requestId'), context.get('answeredId')];
  return { requestId, ...(answeredId !== requestId && { callerRequestId: answeredId }) };
}

/** The caller's name as the audit log and records use it. */
export function callerName(context: AppContext): string {
  return context.get('principal')?.who ?? 'anonymous';
}

/** What the entry point knows about a request beyond the request itself. */
export interface Bindings {
  /** The caller's address as the platform reports it, never as the caller states it. */
  address?: string;
}

export type AppEnv = { Variables: Variables; Bindings: Bindings };
export type AppContext = Context<AppEnv>;

/** Asks the runtime, where possible, to wait for work that outlives the answer. */
export function keepAlive(context: AppContext): (work: Promise<unknown>) => void {
  return (work) => {
    try {
      context.executionCtx.waitUntil(work);
    } catch {
      // No execution context: the runtime keeps running anyway.
    }
  };
}
