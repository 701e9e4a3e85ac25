// What verification needs from its surroundings: settings and ports, put together once for a runtime.
import { createEgress, type Egress } from '../egress/egress.ts';
import type { EgressPolicy } from '../egress/policy.ts';
import type { Trace } from '../egress/trace.ts';
import type { AuthorizationMemory } from '../registry/authorization.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { snapshot } from '../store/snapshot.ts';
import type { Deadline } from './deadline.ts';
import type { EvidenceCache } from './evidence_cache.ts';
import type { SeenRoots } from './seen_roots.ts';
import type { Turns } from './turns.ts';

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

/** One request's share of it all. */
export interface Session {
  verifier: Verifier;
  trace: Trace;
  /** The store as this request sees it. */
  store: KeyValueStore;
  /** Whether the caller may use the service's registry credentials. */
  mayUseCredentials: boolean;
  /** The way out, counted over the whole request. */
  egress: Egress;
  /** What this request looks up, by name: everything in it that needs the same shares one look. */
  flights: Map<string, unknown>;
  /** What its images have cost so far. */
  spent: { verifications: number };
  /** Where several images share the request. */
  turns?: Turns;
}

/** @param deadline ends what is still under way after the answer */
export function openSession(
  verifier: Verifier,
  trace: Trace,
  store: KeyValueStore,
  mayUseCredentials: boolean,
  deadline: Pick<Deadline, 'signal'>,
): Session {
  const { settings, ports } = verifier;
  const egress = createEgress({
    fetch: ports.fetch,
    policy: settings.egressPolicy,
    trace,
    maxCalls: settings.maxCalls,
    deadline,
  });
  return {
    verifier,
    trace,
    store: snapshot(store),
    mayUseCredentials,
    egress,
    flights: new Map(),
    spent: { verifications: 0 },
  };
}

/** Promises too are shared within one request, and never beyond it: with their owner's answer they may end. */
export function shared<T>({ flights }: Session, name: string, make: () => T): T {
  const known = flights.get(name) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  flights.set(name, made);
  return made;
}
