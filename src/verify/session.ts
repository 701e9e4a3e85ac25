// The state of one request: what it may use, what it has spent, and what it has looked up.
import type { OnlineAnswer } from '../core/log/online_query.ts';
import type { Trust } from '../core/trust/trust.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import type { Trace } from '../egress/trace.ts';
import type { RepositoryClient } from '../registry/client.ts';
import type { KeyValueStore } from '../store/kv/key_value.ts';
import { snapshot } from '../store/kv/snapshot.ts';
import type { CallQueue } from './call_queue.ts';
import type { Deadline } from './deadline.ts';
import type { Gathered, Look } from './evidence/place.ts';
import type { Progress, Report } from './report.ts';
import type { resolveSubject } from './subject.ts';
import type { Turn } from './turn.ts';
import type { Verifier } from './verifier.ts';

export interface Session {
  verifier: Verifier;
  /** The store as this request sees it: a snapshot. */
  store: KeyValueStore;
  /** Whether the caller may use the service's registry credentials. */
  mayUseCredentials: boolean;
  /** Resolves once this fraction (0 to 1) of the request's time has passed. */
  timeAt: Deadline['at'];
  /** Outbound calls, counted over the whole request. */
  egress: Egress;
  /** What has been looked up, by kind and name. */
  lookUps: { [K in keyof LookUps]: Map<string, LookUps[K]> };
  /** What the request's images have cost so far. */
  spent: { verifications: number };
  /** Set if several images share the request. */
  queue?: CallQueue;
}

/** What everything in one request shares: who needs the same one waits for the same one. */
export interface LookUps {
  repository: RepositoryClient;
  evidence: RepositoryClient;
  subject: ReturnType<typeof resolveSubject>;
  /** What is found about an image, and whose turn it takes. */
  gathered: { turn: Turn; gathered: Promise<Gathered> };
  look: Look;
  trust: Omit<Trust, 'keys'>;
  entry: Promise<OnlineAnswer>;
  /** What is known so far of a verdict that is under way. */
  progress: Progress;
  verdict: Promise<Report>;
}

/** @param deadline aborts what is still under way after the answer */
export function openSession(
  verifier: Verifier,
  trace: Trace,
  store: KeyValueStore,
  mayUseCredentials: boolean,
  deadline: Pick<Deadline, 'signal' | 'at'>,
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
    store: snapshot(store),
    mayUseCredentials,
    timeAt: deadline.at,
    egress,
    lookUps: {
      repository: new Map(),
      evidence: new Map(),
      subject: new Map(),
      gathered: new Map(),
      look: new Map(),
      trust: new Map(),
      entry: new Map(),
      progress: new Map(),
      verdict: new Map(),
    },
    spent: { verifications: 0 },
  };
}

/** Shares values, promises included, within one request and never beyond it: a promise may end with its request's answer. */
export function shared<K extends keyof LookUps>(
  { lookUps }: Session,
  kind: K,
  name: string,
  make: () => LookUps[K],
): LookUps[K] {
  const known: Map<string, LookUps[K]> = lookUps[kind];
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = make();
  known.set(name, made);
  return made;
}

/** Part of the cache keys of evidence and manifests: callers with and without the service's registry credentials never share them. */
export function callerKind({ mayUseCredentials }: Pick<Session, 'mayUseCredentials'>): string {
  return mayUseCredentials ? 'credential' : 'anonymous';
}
