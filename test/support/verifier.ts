// The verifier without HTTP: one process with its memory and clock, and a fake registry.
import { type PublicKey, parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { createTrace } from '../../src/egress/trace.ts';
import { createAuthorizationMemory } from '../../src/registry/authorization.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { createContentCache } from '../../src/verify/evidence/content_cache.ts';
import { createEvidenceCache } from '../../src/verify/evidence/evidence_cache.ts';
import { openSession, type Session } from '../../src/verify/session.ts';
import { createSeenRoots } from '../../src/verify/trust/seen_roots.ts';
import type { Settings, Verifier } from '../../src/verify/verifier.ts';
import { type FakeRegistry, makeRegistry } from './fake_registry.ts';
import { makeKey } from './keys.ts';

export interface VerifierWorld {
  registry: FakeRegistry;
  store: KeyValueStore;
  verifier: Verifier;
  /** Begins a request. @param isKnown whether the caller presented a token */
  session(isKnown?: boolean): Session;
  /** Moves the clock on, in milliseconds. */
  wait(milliseconds: number): void;
}

export async function makePublicKey(): Promise<PublicKey> {
  return parsePublicKeyPem((await makeKey()).pem);
}

/** @param host the registry's host, and the only one that may be contacted */
export function makeVerifier(host: string, settings: Partial<Settings> = {}): VerifierWorld {
  const registry = makeRegistry({ host });
  const store = createMemoryStore();
  let time = 1_000_000;
  const now = () => time;
  const verifier: Verifier = {
    settings: {
      egressPolicy: { registries: new Set([host]), anyPublicRegistry: false, insecure: new Set() },
      registryCredentials: new Map(),
      publicLog: false,
      deadline: 1000,
      cacheTtl: 60_000,
      downloadHosts: new Set(),
      maxCalls: 100,
      ...settings,
    },
    ports: {
      fetch: async (url, init) => registry.handle(new Request(url, init)),
      store,
      now,
      background: 0,
      alert: () => undefined,
    },
    memory: {
      authorization: createAuthorizationMemory(),
      evidence: createEvidenceCache(),
      content: createContentCache(),
      roots: createSeenRoots(),
    },
  };
  return {
    registry,
    store,
    verifier,
    session(isKnown = false) {
      const deadline = { signal: new AbortController().signal, at: () => Promise.resolve() };
      return openSession(verifier, createTrace(now), store, isKnown, deadline);
    },
    wait(milliseconds) {
      time += milliseconds;
    },
  };
}
