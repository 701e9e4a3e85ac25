// Small texts in the Cache API of Workers (developers.cloudflare.com/workers/runtime-apis/cache): one cache per location, and none on
// workers.dev. Every failure counts as a cache miss.
import type { EdgeCache } from './gate_session.ts';

/** A host that nobody can request: only this service writes under it. */
const ORIGIN = 'https://edge-cache.countersign.invalid/';
/** In seconds: longer than Workers KV may lag. */
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
        // The record is in the store, where other isolates will find it.
      }
    },
  };
}
