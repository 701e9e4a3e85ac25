// What an earlier search opened counts on as long as it is listed, and not longer.
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import type { Referrer } from '../../src/registry/referrers.ts';
import { keepStillListed } from '../../src/verify/evidence/still_listed.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [Digest, Digest, Digest];
const listed = (digest: Referrer['digest']): Referrer => ({ digest, via: 'referrers', isLikely: true });
const evidence = (manifest?: Digest, more: object = {}) =>
  ({
    source: { index: 0, via: 'referrers', ...(manifest !== undefined && { manifest }) },
    ...more,
  }) as Evidence;

test('what was opened before is not opened again if it is still listed', () => {
  const [new1, a1, a2, b] = [evidence(C), evidence(A), evidence(A), evidence(B)];
  const found = { evidence: [new1], gaps: [], unopened: [listed(A), listed(C)] };
  expect(keepStillListed(found, [a1, b, a2, evidence()])).toEqual({
    evidence: [new1, a1, a2],
    gaps: [],
    unopened: [listed(C)],
  });
});

test('an artifact of which a part is missing, or whose digest cannot be read, stays to be opened', () => {
  const missing = { missing: new Undecided('REGISTRY_UNAVAILABLE', 'lost') };
  const unopened = [listed(A), listed(new Malformed('digest', 'another algorithm'))];
  const found = { evidence: [], gaps: [], unopened };
  expect(keepStillListed(found, [evidence(A), evidence(A, missing), evidence()])).toEqual(found);
});
