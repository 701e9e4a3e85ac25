// Assembles a service from its settings and its surroundings, independent of any runtime.
import { parseConfig, type RawSettings } from './config.ts';
import { createGateMemory, type EdgeCache } from './gate/gate_session.ts';
import { createRateLimiter, type PlatformRateLimiter } from './http/access/rate_limiter.ts';
import type { Service } from './http/context.ts';
import { type AnalyticsDataset, createMetrics } from './http/metrics.ts';
import { createAuthorizationMemory } from './registry/authorization.ts';
import { createContentCache } from './verify/evidence/content_cache.ts';
import { createEvidenceCache } from './verify/evidence/evidence_cache.ts';
import { createSeenRoots } from './verify/trust/seen_roots.ts';
import type { Ports } from './verify/verifier.ts';

export interface Surroundings extends Omit<Ports, 'alert'> {
  settings: RawSettings;
  /** Writes one line for the operator. */
  log: Service['log'];
  rateLimiter?: PlatformRateLimiter;
  dataset?: AnalyticsDataset;
  edge?: EdgeCache;
}

/** @throws CallerError `BAD_CONFIGURATION` */
export function createService(surroundings: Surroundings): Service {
  const { settings, log, rateLimiter, dataset, edge, ...ports } = surroundings;
  const { verifier, access, adminToken, rateLimit } = parseConfig(settings);
  return {
    verifier: {
      settings: verifier,
      ports: { ...ports, alert: log },
      memory: {
        authorization: createAuthorizationMemory(),
        evidence: createEvidenceCache(),
        content: createContentCache(),
        roots: createSeenRoots(),
      },
    },
    access,
    adminToken,
    log,
    limiter: createRateLimiter(rateLimit, rateLimiter),
    metrics: createMetrics(dataset),
    gate: { memory: createGateMemory(), edge },
  };
}
