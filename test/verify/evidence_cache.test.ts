// Which evidence is cached, for how long, and which never is.
import { describe, expect, test } from 'vitest';
import { messageOfBytes } from '../../src/core/crypto/message.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import type { Referrer } from '../../src/registry/referrers.ts';
import {
  createEvidenceCache,
  isWorthAnotherLook,
  rememberEvidence,
} from '../../src/verify/evidence/evidence_cache.ts';

const NOW = 1_000_000;
const source = { index: 0, via: 'tag' as const };
const MB = 1024 * 1024;

function signature(size = 10, payload = new Uint8Array(size)): Evidence {
  return {
    format: 'simple-signing',
    source,
    subject: messageOfBytes(payload),
    payload,
    signature: '',
    facts: new Map(),
  };
}

const gap = new Undecided('REGISTRY_UNAVAILABLE', 'down');
const missing: Evidence = { format: 'simple-signing', source, missing: gap };

function remembering(
  found: { evidence?: Evidence[]; gaps?: Undecided[]; unopened?: Referrer[]; since?: number; at?: number },
  { ttl = 60_000, key = 'key', cache = createEvidenceCache() } = {},
) {
  const whole = { evidence: [], gaps: [], unopened: [], since: NOW, at: NOW, ...found };
  rememberEvidence(cache, key, whole, ttl);
  return cache;
}

describe('the evidence found for an image', () => {
  test('is cached unchanged, with the time, for the cache time', () => {
    const evidence = [signature()];
    const unopened = [{ via: 'referrers', isLikely: false } as Referrer];
    const cache = remembering({ evidence, unopened });
    expect(cache.get('key', NOW + 59_999)).toEqual({
      evidence,
      unopened,
      gaps: [],
      since: NOW,
      at: NOW,
    });
    expect(cache.get('key', NOW + 60_000)).toBeUndefined();
  });

  test('is cached for three seconds if it is empty, or for the cache time if that is shorter', () => {
    expect(remembering({}).get('key', NOW + 2999)).toBeDefined();
    expect(remembering({}).get('key', NOW + 3000)).toBeUndefined();
    expect(remembering({}, { ttl: 1000 }).get('key', NOW + 1000)).toBeUndefined();
  });

  test('is not cached if something could not be fetched', () => {
    expect(remembering({ evidence: [signature()], gaps: [gap] }).get('key', NOW)).toBeUndefined();
    expect(remembering({ evidence: [signature(), missing] }).get('key', NOW)).toBeUndefined();
  });

  test('is not replaced by a search that started earlier and took longer', () => {
    const cache = createEvidenceCache();
    const evidence = [signature()];
    remembering({ evidence, since: NOW, at: NOW }, { cache });
    remembering({ since: NOW - 1, at: NOW }, { cache });
    expect(cache.get('key', NOW)?.evidence).toBe(evidence);
    remembering({ since: NOW, at: NOW }, { cache });
    expect(cache.get('key', NOW)?.evidence).toEqual([]);
  });

  test('is replaced if it is from a time that has not come, since the clock was set back', () => {
    const cache = createEvidenceCache();
    remembering({ evidence: [signature()], since: NOW + 1, at: NOW + 5 }, { cache });
    remembering({ since: NOW - 1, at: NOW }, { cache });
    expect(cache.get('key', NOW)?.evidence).toEqual([]);
  });

  test('is not cached if the cache time is 0', () => {
    expect(remembering({ evidence: [signature()] }, { ttl: 0 }).get('key', NOW - 1)).toBeUndefined();
  });

  test('is removed beyond sixteen megabytes, oldest first', () => {
    const cache = createEvidenceCache();
    remembering({ evidence: [signature(8 * MB)] }, { key: 'first', cache });
    remembering({ evidence: [signature(7 * MB)] }, { key: 'second', cache });
    expect(cache.get('first', NOW)).toBeDefined();
    remembering({ evidence: [signature(1 * MB)] }, { key: 'third', cache });
    expect(['first', 'second', 'third'].map((key) => cache.get(key, NOW) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('weighs what its payload takes when it is parsed: 64 bytes for each value', () => {
    const cache = createEvidenceCache();
    // Besides the outermost value, two overheads of 1 KiB, and 4 KiB for facts.
    const values = 256 * 1024 - 96 - 1;
    for (const value of ['{', '[', ',']) {
      const payload = new TextEncoder().encode(value.repeat(values));
      remembering({ evidence: [signature(0, payload)] }, { cache });
      expect(cache.get('key', NOW)).toBeDefined();
      const more = new TextEncoder().encode(value.repeat(values + 1));
      remembering({ evidence: [signature(0, more)] }, { cache });
      expect(cache.get('key', NOW)).toBeUndefined();
    }
  });

  test('has a weight even if it is empty', () => {
    const cache = createEvidenceCache();
    const many = Array.from({ length: 16_384 }, () => ({}) as Referrer);
    remembering({ evidence: [], unopened: many }, { key: 'many', cache });
    expect(cache.get('many', NOW)).toBeUndefined();
    remembering({ evidence: [], unopened: many.slice(1) }, { key: 'many', cache });
    expect(cache.get('many', NOW)).toBeDefined();
  });
});

test('evidence may be fetched again after three seconds', () => {
  const remembered = { evidence: [], gaps: [], unopened: [], since: NOW, at: NOW };
  expect(isWorthAnotherLook(remembered, NOW + 3000)).toBe(false);
  expect(isWorthAnotherLook(remembered, NOW + 3001)).toBe(true);
});
