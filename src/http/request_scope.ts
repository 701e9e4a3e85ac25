// Sets up every request (ids, a trace, a timed store) and finishes every answer (X-Request-Id, Server-Timing and others).
import type { MiddlewareHandler } from 'hono';
import { createTrace } from '../egress/trace.ts';
import { guardStore } from '../store/kv/guard.ts';
import type { AppContext, AppEnv, Service } from './context.ts';
import { assertCanonicalPath, assertOneAddress, rawPath } from './request/path.ts';
import { workingTime } from './request/timeout.ts';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
/** Every answer under these paths carries Countersign-Verdict, errors included. */
const VERDICT_PATH = /^\/(?:v1\/(?:verify|download)|v2)(?:\/|$)/;

/** Gives every request ids and a trace, before anything can fail. */
export const identify: MiddlewareHandler<AppEnv> = async (context, next) => {
  const requestId = crypto.randomUUID();
  const sent = context.req.header('X-Request-Id');
  context.set('requestId', requestId);
  context.set('answeredId', sent !== undefined && REQUEST_ID.test(sent) ? sent : requestId);
  const now = () => performance.now();
  context.set('startedAt', now());
  context.set('trace', createTrace(now));
  context.set('verifications', 0);
  assertOneAddress(context.req.url, context.req.header('Host'));
  assertCanonicalPath(rawPath(context.req.url));
  await next();
};

/** Provides the time left, and the store, guarded and timed for this request. */
export function provideStore({ verifier }: Service): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    const trace = context.get('trace');
    context.set('timeLeft', () => {
      const whole = workingTime(verifier.settings.deadline, context.req.query('timeout'));
      return Math.max(1, Math.floor(whole - (performance.now() - context.get('startedAt'))));
    });
    context.set(
      'store',
      guardStore(verifier.ports.store, (step) => trace.begin('kv', { host: 'trust store', step })),
    );
    await next();
  };
}

/** Sets the headers that every answer carries, errors included. */
export async function finishAnswer(context: AppContext): Promise<void> {
  if (context.req.method === 'HEAD') await sayLength(context);
  const { headers } = context.res;
  headers.set('X-Request-Id', context.get('answeredId'));
  headers.set('X-Content-Type-Options', 'nosniff');
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store');
  const timing = serverTiming(context);
  if (timing !== '') headers.set('Server-Timing', timing);
  const isVerdict = VERDICT_PATH.test(rawPath(context.req.url));
  if (isVerdict && !headers.has('Countersign-Verdict')) headers.set('Countersign-Verdict', 'undecided');
}

/** States the length of an answer to HEAD while its body exists; the body is dropped later (RFC 9110 §8.6). */
async function sayLength(context: AppContext): Promise<void> {
  const { res } = context;
  if (res.body === null || res.headers.has('Content-Length')) return;
  const { byteLength } = await res.arrayBuffer();
  context.res = new Response(null, res);
  context.res.headers.set('Content-Length', String(byteLength));
}

/** Reports time spent waiting. A Worker's clock stands still while it computes, so cryptography is counted, not timed. */
function serverTiming(context: AppContext): string {
  const waited = Object.entries(context.get('trace').totals()).map(
    ([metric, ms]) => `${metric};dur=${Math.round(ms)}`,
  );
  const verifications = context.get('verifications');
  if (verifications > 0) waited.push(`crypto;desc="${verifications} verifies"`);
  return waited.join(', ');
}
