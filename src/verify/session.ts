// The state of one request: what it may use, what it has spent, and what it has looked up.
import { createEgress, type Egress } from '../egress/egress.ts';
import type { Trace } from '../egress/trace.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { snapshot } from '../store/snapshot.ts';
import type { Deadline } from './deadline.ts';
import type { Turns } from './turns.ts';
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
  /** Look-ups by name: everything in the request that needs the same one shares it. */
  flights: Map<string, unknown>;
  /** What the request's images have cost so far. */
  spent: { verifications: number };
  /** Set if several images share the request. */
  turns?: Turns;
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
    flights: new Map(),
    spent: { verifications: 0 },
  };
}

/** Shares values, promises included, within one request and never beyond it: a promise may end with its request's answer. */
export function shared<T>({ flights }: Session, name: string, make: () => T): T {
  const known = flights.get(name) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  flights.set(name, made);
  return made;
}
