// CORS (Fetch standard §3.2) for reads that need no token: any page may make them, without credentials.
// Headers are set on the finished response. Hono's own middleware sets them beforehand, and merging those into a response turns its
// body into a stream, which costs more on Deno than the rest of the call.
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../context.ts';

const EXPOSED = 'Countersign-Verdict, X-Request-Id, Server-Timing, Retry-After';

export function publicRead(): MiddlewareHandler<AppEnv> {
  return async (context, next) => {
    if (context.req.method === 'OPTIONS') {
      return new Response(null, {
        status: 204,
        headers: {
          'Access-Control-Allow-Origin': '*',
          'Access-Control-Allow-Methods': 'GET, HEAD',
          'Access-Control-Allow-Headers': 'Accept, X-Request-Id',
        },
      });
    }
    await next();
    const { headers } = context.res;
    headers.set('Access-Control-Allow-Origin', '*');
    headers.set('Access-Control-Expose-Headers', EXPOSED);
  };
}
