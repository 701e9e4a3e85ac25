// The Cache API of Workers (developers.cloudflare.com/workers/runtime-apis/cache) for small texts: one for each location, and none at all
// on workers.dev. What it cannot do is as if it had nothing.
import type { EdgeCache } from './session.ts';

/** Not a host that anyone can ask for: keys are made here alone. */
const ORIGIN = 'https://edge-cache.countersign.invalid/';
/** Seconds: longer than Workers KV may lag. */
const TTL = 3600;

interface CacheLike {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

export function createWorkersEdgeCache(): EdgeCache {
  const cache = () => (globalThis as { caches?: { default?: CacheLike } }).caches?.default;
  return {
    async get(key) {
      try {
        const found = await cache()?.match(ORIGIN + key);
        return found?.status === 200 ? await found.text() : undefined;
      } catch {
        return undefined;
      }
    },
    async put(key, text) {
      const headers = { 'Cache-Control': `max-age=${TTL}` };
      try {
        await cache()?.put(ORIGIN + key, new Response(text, { headers }));
      } catch {
        // The record is in the store, where the others will find it.
      }
    },
  };
}
