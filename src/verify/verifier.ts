// What verification needs from its surroundings: settings and ports, assembled once per runtime.
import type { EgressPolicy } from '../egress/egress_policy.ts';
import type { AuthorizationMemory } from '../registry/authorization.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { KeyValueStore } from '../store/kv/key_value.ts';
import type { ContentCache } from './evidence/content_cache.ts';
import type { EvidenceCache } from './evidence/evidence_cache.ts';
import type { SeenRoots } from './trust/seen_roots.ts';

export interface Settings {
  egressPolicy: EgressPolicy;
  /** Used only for callers with a token. */
  registryCredentials: Credentials;
  /** Whether the built-in logs are trusted. */
  publicLog: boolean;
  /** Replaces the built-in log's address. Without a trailing slash. */
  rekorUrl?: string;
  /** The longest time until a request is answered, in milliseconds. */
  deadline: number;
  /** How long found evidence is cached, in milliseconds. */
  cacheTtl: number;
  /** Hosts that files are downloaded from, with ports where needed. */
  downloadHosts: ReadonlySet<string>;
  /** Outbound calls per request. */
  maxCalls: number;
}

export interface Ports {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  store: KeyValueStore;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How long work may continue after the answer, in milliseconds. */
  background: number;
  /** Writes one line for the operator about something that must not go unnoticed. */
  alert: (line: Record<string, unknown>) => void;
}

export interface Verifier {
  settings: Settings;
  ports: Ports;
  memory: {
    authorization: AuthorizationMemory;
    evidence: EvidenceCache;
    content: ContentCache;
    roots: SeenRoots;
  };
}
