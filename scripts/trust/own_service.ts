// A service of our own in this process, which holds nothing at first and forgets everything in the end. Whatever it refuses the
// running one would refuse too, since it is the same application.
import { randomBytes } from 'node:crypto';
import { createApp } from '../../src/app.ts';
import { parseConfig, type RawSettings } from '../../src/config.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createRateLimiter } from '../../src/http/rate_limit.ts';
import { createAuthorizationMemory } from '../../src/registry/authorization.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createEvidenceCache } from '../../src/verify/evidence_cache.ts';
import { createSeenRoots } from '../../src/verify/seen_roots.ts';
import type { Fetch } from './client.ts';

export interface OwnService {
  url: string;
  token: string;
  fetch: Fetch;
}

/** The built-in logs are off unless the settings say otherwise, so that a folder may hold any log. */
export function startOwnService(settings: RawSettings = {}): OwnService {
  const token = randomBytes(24).toString('base64url');
  const { verifier, access, adminToken, rateLimit } = parseConfig({
    ADMIN_TOKEN: token,
    PUBLIC_LOG: 'off',
    ...settings,
  });
  const app = createApp({
    verifier: {
      settings: verifier,
      ports: {
        fetch: () => Promise.reject(new TypeError('nothing is fetched')),
        store: createMemoryStore(),
        now: () => Date.now(),
        background: 0,
        alert: () => undefined,
      },
      memory: {
        authorization: createAuthorizationMemory(),
        evidence: createEvidenceCache(),
        roots: createSeenRoots(),
      },
    },
    access,
    adminToken,
    log: () => undefined,
    limiter: createRateLimiter(rateLimit),
    metrics: createMetrics(),
  });
  return {
    url: 'https://own.invalid',
    token,
    fetch: async (url, init) => app.fetch(new Request(url, init)),
  };
}
