// Facts computed about evidence are reused for an equal piece of evidence, and for no other.
import { describe, expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Evidence, SimpleSigningEvidence } from '../../src/core/evidence/evidence.ts';
import { knownFacts } from '../../src/verify/evidence/known_facts.ts';
import { makeAttached, makeBundle } from '../conformance/support/bundle_harness.ts';
import { makeSubject } from '../conformance/support/harness.ts';
import { utf8 } from '../support/bytes.ts';

const simple = async () => (await makeSubject()).evidence;
const again = <E extends Evidence>(evidence: E): E => ({ ...structuredClone(evidence), facts: new Map() });
const missing: Evidence = {
  format: 'simple-signing',
  source: { index: 0, via: 'tag' },
  missing: new Undecided('REGISTRY_UNAVAILABLE', 'lost'),
};

describe('evidence that is found again', () => {
  test('keeps its facts, whatever its form', async () => {
    for (const evidence of [await simple(), (await makeBundle()).evidence, (await makeAttached()).evidence]) {
      evidence.facts.set('signature', true);
      const found = again(evidence);
      knownFacts([missing, await simple(), evidence])(found);
      expect(found.facts, evidence.format).toBe(evidence.facts);
    }
  });

  test('keeps them if another manifest lists it elsewhere', async () => {
    const evidence = await simple();
    const found = { ...again(evidence), source: { index: 9, via: 'referrers' as const } };
    knownFacts([evidence])(found);
    expect(found.facts).toBe(evidence.facts);
  });

  test('has none if anything that is verified differs', async () => {
    const evidence = await simple();
    const bundle = (await makeBundle()).evidence;
    const change = (more: Partial<SimpleSigningEvidence>) => ({ ...again(evidence), ...more });
    const { logBundle: _, ...unlogged } = again(evidence);
    for (const found of [
      change({ payload: utf8('{}') }),
      change({ signature: 'AAAA' }),
      change({ logBundle: '{}' }),
      change({ certificate: 'PEM' }),
      change({ timestamp: '{}' }),
      unlogged,
      { ...again(bundle), bundle: utf8('{}') },
      { ...again(evidence), format: 'dsse' as const, envelope: evidence.payload },
      missing,
    ]) {
      const before = 'missing' in found ? undefined : found.facts;
      knownFacts([evidence, bundle])(found);
      expect('missing' in found ? undefined : found.facts).toBe(before);
    }
  });
});
