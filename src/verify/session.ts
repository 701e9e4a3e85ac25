// One request's share of the service: what it may use, what it has spent, and what it looks up once.
import { createEgress, type Egress } from '../egress/egress.ts';
import type { Trace } from '../egress/trace.ts';
import type { KeyValueStore } from '../store/key_value.ts';
import { snapshot } from '../store/snapshot.ts';
import type { Deadline } from './deadline.ts';
import type { Turns } from './turns.ts';
import type { Verifier } from './verifier.ts';

export interface Session {
  verifier: Verifier;
  /** The store as this request sees it. */
  store: KeyValueStore;
  /** Whether the caller may use the service's registry credentials. */
  mayUseCredentials: boolean;
  /** Settles when so much of the time is over, from 0 to 1. */
  timeAt: Deadline['at'];
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

/** Promises too are shared within one request, and never beyond it: with their owner's answer they may end. */
export function shared<T>({ flights }: Session, name: string, make: () => T): T {
  const known = flights.get(name) as T | undefined;
  if (known !== undefined) return known;
  const made = make();
  flights.set(name, made);
  return made;
}
