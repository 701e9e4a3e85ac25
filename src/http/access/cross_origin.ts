// CORS (Fetch standard §3.2) for reads that need no token: any page may make them, and none sends credentials along.
// Headers are put on the finished answer: Hono's own middleware puts them on before, and an answer that is merged with them
// goes out as a stream, which costs more than all the rest of a call on Deno.
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
