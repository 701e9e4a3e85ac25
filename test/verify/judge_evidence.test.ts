// In which order evidence is judged: junk must not use up what an image may cost, and each requirement sees what may serve it.
import { beforeAll, describe, expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import type { TrustedKey } from '../../src/core/trust/trusted_key.ts';
import type { Requirement } from '../../src/core/verdict.ts';
import { MAX_VERIFICATIONS, type Trust } from '../../src/core/verification.ts';
import { judgeEvidence } from '../../src/verify/judge_evidence.ts';
import { type BundleSubject, makeBundle } from '../conformance/bundle_harness.ts';
import { makeSubject, NOW, type Subject, trusted, trustedLog, trustIn } from '../conformance/harness.ts';
import { type FakeLog, makeLog } from '../support/fake_log.ts';
import { makeKey, type Signer } from '../support/keys.ts';

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const SBOM = 'https://spdx.dev/Document';

let log: FakeLog;
let [ours, theirs, stranger]: Signer[] = [];
/** Counts how often a logged signature was judged: each time its log is looked up. */
let lookUps = 0;
let trust: Omit<Trust, 'keys'>;

beforeAll(async () => {
  log = await makeLog();
  [ours, theirs, stranger] = await Promise.all([makeKey(), makeKey(), makeKey()]);
  const { keys: _, ...rest } = await trustIn([], [await trustedLog(log)]);
  trust = {
    ...rest,
    findLog: (id) => {
      lookUps++;
      return rest.findLog(id);
    },
  };
});

async function signedBy(signer: Signer | undefined): Promise<Subject> {
  if (signer === undefined) throw new TypeError('there are keys');
  return makeSubject({ signer, log });
}

/** Its log entry names the key. */
const logged = async (signer: Signer | undefined): Promise<Evidence> => (await signedBy(signer)).evidence;

/** Nothing says whose it is. */
async function unlogged(signer: Signer | undefined): Promise<Evidence> {
  const { logBundle: _, ...evidence } = (await signedBy(signer)).evidence;
  return evidence;
}

const many = (count: number, make: () => Promise<Evidence>) =>
  Promise.all(Array.from({ length: count }, make));

async function by(
  signers: (Signer | undefined)[],
  perSignature: Partial<Requirement['perSignature']> = {},
  threshold = 1,
): Promise<Requirement> {
  const keys = await Promise.all(
    signers.map((signer): Promise<TrustedKey> => {
      if (signer === undefined) throw new TypeError('there are keys');
      return trusted(signer, { transparency: 'unsafe-none' });
    }),
  );
  return { keys, threshold, perSignature: { annotations: [], ...perSignature } };
}

/** @param left how many verifications the image may still cost */
async function codes(evidence: Evidence[], requirements: Requirement[], left = MAX_VERIFICATIONS) {
  const meter = { verifications: MAX_VERIFICATIONS - left, proofs: 0 };
  lookUps = 0;
  const judged = await judgeEvidence(evidence, requirements, trust, NOW, meter);
  expect(judged.map(({ requirement }) => requirement)).toEqual(requirements);
  return judged.map(({ results }) => results.map(({ code }) => code));
}

describe('of one requirement', () => {
  test('the results stand in the order of the evidence', async () => {
    const evidence = [await logged(stranger), await logged(ours), await unlogged(stranger)];
    expect(await codes(evidence, [await by([ours])])).toEqual([
      ['UNTRUSTED_KEY', 'VERIFIED', 'SIGNATURE_INVALID'],
    ]);
    expect(await codes([], [await by([ours])])).toEqual([[]]);
    expect(await codes([await unlogged(ours)], [await by([ours])])).toEqual([['VERIFIED']]);
    expect(await codes([await unlogged(stranger)], [await by([ours, theirs])])).toEqual([
      ['SIGNATURE_INVALID'],
    ]);
  });

  test('what names a trusted key comes before junk that names none', async () => {
    const junk = await many(5, () => unlogged(stranger));
    const evidence = [...junk, await logged(ours)];
    // Two for the good one: its signature and its promise.
    expect(await codes(evidence, [await by([ours])], 3)).toEqual([
      ['SIGNATURE_INVALID', ...Array(4).fill('LIMIT_EXCEEDED'), 'VERIFIED'],
    ]);
  });

  test('what names a trusted key is first tried under that one alone', async () => {
    const evidence = [await logged(theirs), await unlogged(stranger)];
    const keys = [ours, theirs];
    expect((await codes(evidence, [await by(keys)], 2))[0]?.[0]).toBe('VERIFIED');
  });

  test('what names none is tried under one key after the other, so that the first key’s signature is found soon', async () => {
    const evidence = [...(await many(5, () => unlogged(stranger))), await unlogged(ours)];
    expect((await codes(evidence, [await by([ours, theirs])], 6))[0]?.[5]).toBe('VERIFIED');
    const second = [...(await many(5, () => unlogged(stranger))), await unlogged(theirs)];
    expect((await codes(second, [await by([ours, theirs])], 12))[0]?.[5]).toBe('VERIFIED');
    const again = [...(await many(5, () => unlogged(stranger))), await unlogged(theirs)];
    expect((await codes(again, [await by([ours, theirs])], 11))[0]?.[5]).toBe('LIMIT_EXCEEDED');
  });

  test('once there are enough, the rest are judged in their turn', async () => {
    // One under the first key suffices: the trials end before the second key, and what is left is spent in order.
    const evidence = [await unlogged(ours), await unlogged(stranger), await unlogged(theirs)];
    expect(await codes(evidence, [await by([ours, theirs])], 2)).toEqual([
      ['VERIFIED', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED'],
    ]);
    const fresh = [await unlogged(ours), await unlogged(stranger), await unlogged(theirs)];
    // With two wanted the trials go on: three under the first key, two under the second.
    expect((await codes(fresh, [await by([ours, theirs], {}, 2)], 5))[0]).toEqual([
      'VERIFIED',
      'SIGNATURE_INVALID',
      'VERIFIED',
    ]);
  });

  test('nothing is judged again that was judged under every key, or has verified', async () => {
    const evidence = [await logged(ours), await logged(ours), await logged(stranger)];
    await codes(evidence, [await by([ours], {}, 3)]);
    expect(lookUps, 'two good ones, and one that comes to no log').toBe(2);
    const broken = await signedBy(ours);
    broken.evidence.logBundle = (await signedBy(ours)).evidence.logBundle ?? '';
    await codes([broken.evidence, await unlogged(stranger)], [await by([ours])]);
    expect(lookUps, 'an entry about something else').toBe(1);
    const other = await signedBy(ours);
    other.evidence.logBundle = (await signedBy(ours)).evidence.logBundle ?? '';
    await codes([other.evidence, await unlogged(stranger)], [await by([ours, theirs])]);
    expect(lookUps, 'the same under one key, and then under both').toBe(2);
  });
});

describe('of several requirements', () => {
  const stating = async (predicateType?: string): Promise<BundleSubject> => {
    if (ours === undefined) throw new TypeError('there are keys');
    return makeBundle({ signer: ours, log, ...(predicateType && { statement: { predicateType } }) });
  };
  const lost: Evidence = {
    format: 'simple-signing',
    source: { index: 7, via: 'tag' },
    missing: new Undecided('REGISTRY_UNAVAILABLE', 'lost'),
  };

  test('each is shown what may serve it', async () => {
    const signature = (await stating('https://sigstore.dev/cosign/sign/v1')).evidence;
    const provenance = (await stating(PROVENANCE)).evidence;
    const sbom = (await stating(SBOM)).evidence;
    const plain = await unlogged(ours);
    const evidence = [signature, provenance, sbom, plain, lost];
    const signatures = await by([ours]);
    const attestations = await by([ours], { attestation: PROVENANCE });
    expect(await codes(evidence, [signatures, attestations])).toEqual([
      // An attestation that nobody asks for is looked at as a signature, which it is not.
      ['VERIFIED', 'PREDICATE_TYPE_MISMATCH', 'VERIFIED', 'REGISTRY_UNAVAILABLE'],
      ['VERIFIED', 'REGISTRY_UNAVAILABLE'],
    ]);
    expect(await codes([signature], [attestations, await by([ours], { attestation: SBOM })])).toEqual([
      [],
      [],
    ]);
  });

  test('one alone is shown everything', async () => {
    const provenance = (await stating(PROVENANCE)).evidence;
    const sbom = (await stating(SBOM)).evidence;
    expect(await codes([provenance, sbom, lost], [await by([ours], { attestation: PROVENANCE })])).toEqual([
      ['VERIFIED', 'PREDICATE_TYPE_MISMATCH', 'REGISTRY_UNAVAILABLE'],
    ]);
    expect(await codes([provenance], [await by([ours])])).toEqual([['PREDICATE_TYPE_MISMATCH']]);
  });

  test('a signature is asked for by its own type too', async () => {
    const type = 'https://sigstore.dev/cosign/sign/v1';
    const signature = (await stating(type)).evidence;
    expect(await codes([signature], [await by([ours]), await by([ours], { attestation: type })])).toEqual([
      ['VERIFIED'],
      ['VERIFIED'],
    ]);
  });
});
