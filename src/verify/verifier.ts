// What verification needs from its surroundings: settings and ports, put together once for a runtime.
import type { EgressPolicy } from '../egress/policy.ts';
import type { AuthorizationMemory } from '../registry/authorization.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import type { EvidenceCache } from './evidence_cache.ts';
import type { SeenRoots } from './seen_roots.ts';

export interface Settings {
  egressPolicy: EgressPolicy;
  /** Used only for callers with a token. */
  registryCredentials: Credentials;
  /** Whether the built-in logs are trusted. */
  publicLog: boolean;
  /** Instead of the built-in log's address. Without a trailing slash. */
  rekorUrl?: string;
  /** Milliseconds until a call is answered, at the latest. */
  deadline: number;
  /** How long evidence that was found is remembered, in milliseconds. */
  cacheTtl: number;
  /** Hosts that files are downloaded from, with ports where needed. */
  downloadHosts: ReadonlySet<string>;
  /** Calls out per request. */
  maxCalls: number;
}

export interface Ports {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  store: KeyValueStore;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How long work may go on after the answer, in milliseconds. */
  background: number;
  /** One line for the operator, of something that must not pass unseen. */
  alert: (line: Record<string, unknown>) => void;
}

export interface Verifier {
  settings: Settings;
  ports: Ports;
  memory: { authorization: AuthorizationMemory; evidence: EvidenceCache; roots: SeenRoots };
}
