// The order in which evidence is judged: junk must not use up an image's budget, and each requirement sees the evidence that may meet it.
import { beforeAll, describe, expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import { MAX_VERIFICATIONS } from '../../src/core/meter.ts';
import type { Trust } from '../../src/core/trust/trust.ts';
import type { TrustedKey } from '../../src/core/trust/trusted_key.ts';
import type { Requirement } from '../../src/core/verdict.ts';
import { judgeEvidence } from '../../src/verify/judge_evidence.ts';
import { type BundleSubject, makeAttached, makeBundle } from '../conformance/support/bundle_harness.ts';
import {
  makeSubject,
  NOW,
  type Subject,
  trusted,
  trustedLog,
  trustIn,
} from '../conformance/support/harness.ts';
import { type FakeLog, makeLog } from '../support/fake_log.ts';
import { makeKey, type Signer } from '../support/keys.ts';

const PROVENANCE = 'https://slsa.dev/provenance/v1';
const SBOM = 'https://spdx.dev/Document';

let log: FakeLog;
let [ours, theirs, stranger]: Signer[] = [];
/** Counts how often a logged signature was judged, by the look-ups of its log. */
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

/** A signature whose log entry names the key. */
const logged = async (signer: Signer | undefined): Promise<Evidence> => (await signedBy(signer)).evidence;

/** A signature that names no key. */
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

/** @param left the number of verifications that the image may still cost */
async function codes(evidence: Evidence[], requirements: Requirement[], left = MAX_VERIFICATIONS) {
  const meter = { verifications: MAX_VERIFICATIONS - left, proofs: 0 };
  lookUps = 0;
  const judged = await judgeEvidence(evidence, requirements, trust, NOW, meter);
  expect(judged.map(({ requirement }) => requirement)).toEqual(requirements);
  return judged.map(({ results }) => results.map(({ code }) => code));
}

describe('for one requirement', () => {
  test('the results are in the order of the evidence', async () => {
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

  test('evidence that names a trusted key is judged before junk that names none', async () => {
    const junk = await many(5, () => unlogged(stranger));
    const evidence = [...junk, await logged(ours)];
    // The good one costs two: its signature and its promise.
    expect(await codes(evidence, [await by([ours])], 3)).toEqual([
      ['SIGNATURE_INVALID', ...Array(4).fill('LIMIT_EXCEEDED'), 'VERIFIED'],
    ]);
  });

  test('evidence that names a trusted key is first tried with only that key', async () => {
    const evidence = [await logged(theirs), await unlogged(stranger)];
    const keys = [ours, theirs];
    expect((await codes(evidence, [await by(keys)], 2))[0]?.[0]).toBe('VERIFIED');
  });

  test('evidence that names no key is tried key by key, so that a signature by the first key is found early', async () => {
    const evidence = [...(await many(5, () => unlogged(stranger))), await unlogged(ours)];
    expect((await codes(evidence, [await by([ours, theirs])], 6))[0]?.[5]).toBe('VERIFIED');
    const second = [...(await many(5, () => unlogged(stranger))), await unlogged(theirs)];
    expect((await codes(second, [await by([ours, theirs])], 12))[0]?.[5]).toBe('VERIFIED');
    const again = [...(await many(5, () => unlogged(stranger))), await unlogged(theirs)];
    expect((await codes(again, [await by([ours, theirs])], 11))[0]?.[5]).toBe('LIMIT_EXCEEDED');
  });

  test('once enough good signatures are found, the rest are judged in order', async () => {
    // One signature by the first key is enough: the trials end before the second key, and the remaining budget is spent in order.
    const evidence = [await unlogged(ours), await unlogged(stranger), await unlogged(theirs)];
    expect(await codes(evidence, [await by([ours, theirs])], 2)).toEqual([
      ['VERIFIED', 'LIMIT_EXCEEDED', 'LIMIT_EXCEEDED'],
    ]);
    const next = [await unlogged(ours), await unlogged(theirs), await unlogged(stranger)];
    expect(await codes(next, [await by([ours, theirs])], 3)).toEqual([
      ['VERIFIED', 'VERIFIED', 'LIMIT_EXCEEDED'],
    ]);
    const fresh = [await unlogged(ours), await unlogged(stranger), await unlogged(theirs)];
    // If two are required the trials continue: three with the first key, two with the second.
    expect((await codes(fresh, [await by([ours, theirs], {}, 2)], 5))[0]).toEqual([
      'VERIFIED',
      'SIGNATURE_INVALID',
      'VERIFIED',
    ]);
  });

  test('evidence that was judged with every key, or has verified, is not judged again', async () => {
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

describe('for several requirements', () => {
  const stating = async (predicateType?: string): Promise<BundleSubject> => {
    if (ours === undefined) throw new TypeError('there are keys');
    return makeBundle({ signer: ours, log, ...(predicateType && { statement: { predicateType } }) });
  };
  const lost: Evidence = {
    format: 'simple-signing',
    source: { index: 7, via: 'tag' },
    missing: new Undecided('REGISTRY_UNAVAILABLE', 'lost'),
  };

  test('each gets only the evidence that may meet it', async () => {
    const signature = (await stating('https://sigstore.dev/cosign/sign/v1')).evidence;
    const provenance = (await stating(PROVENANCE)).evidence;
    const sbom = (await stating(SBOM)).evidence;
    const plain = await unlogged(ours);
    const evidence = [signature, provenance, sbom, plain, lost];
    const signatures = await by([ours]);
    const attestations = await by([ours], { attestation: PROVENANCE });
    const judged = await judgeEvidence(evidence, [signatures, attestations], trust, NOW, {
      verifications: 0,
      proofs: 0,
    });
    const given = judged.map(({ results }) => results.map((one) => one.evidence ?? lost));
    expect(given[0]).toEqual([signature, sbom, plain, lost]);
    expect(given[1]).toEqual([provenance, lost]);
    expect(await codes(evidence, [signatures, attestations])).toEqual([
      // An attestation that no requirement asks for is judged as a signature, and refused as one.
      ['VERIFIED', 'PREDICATE_TYPE_MISMATCH', 'VERIFIED', 'REGISTRY_UNAVAILABLE'],
      ['VERIFIED', 'REGISTRY_UNAVAILABLE'],
    ]);
    expect(await codes([signature], [attestations, await by([ours], { attestation: SBOM })])).toEqual([
      [],
      [],
    ]);
  });

  test('a single requirement gets all evidence', async () => {
    const provenance = (await stating(PROVENANCE)).evidence;
    const sbom = (await stating(SBOM)).evidence;
    expect(await codes([provenance, sbom, lost], [await by([ours], { attestation: PROVENANCE })])).toEqual([
      ['VERIFIED', 'PREDICATE_TYPE_MISMATCH', 'REGISTRY_UNAVAILABLE'],
    ]);
    expect(await codes([provenance], [await by([ours])])).toEqual([['PREDICATE_TYPE_MISMATCH']]);
  });

  test('an attached envelope is an attestation, so it is no signature where attestations are required too', async () => {
    const type = 'https://sigstore.dev/cosign/sign/v1';
    const { evidence, signer, trust: itsTrust } = await makeAttached({ statement: { predicateType: type } });
    const provenance = (await stating(PROVENANCE)).evidence;
    const submitted: Evidence = { ...evidence, source: { index: 0, via: 'request' }, facts: new Map() };
    const requirements = [await by([signer]), await by([ours], { attestation: PROVENANCE })];
    const judged = async (item: Evidence) => {
      const findLog: Trust['findLog'] = async (id) =>
        (await itsTrust.findLog(id)) ?? (await trust.findLog(id));
      const meter = { verifications: 0, proofs: 0 };
      const all = await judgeEvidence([item, provenance], requirements, { ...trust, findLog }, NOW, meter);
      return all.map(({ results }) => results.map(({ code }) => code));
    };
    expect(await judged(evidence)).toEqual([['PREDICATE_TYPE_MISMATCH'], ['VERIFIED']]);
    expect(await judged(submitted), 'submitted by the caller').toEqual([['VERIFIED'], ['VERIFIED']]);
  });

  test('a signature may also be required by its own predicate type', async () => {
    const type = 'https://sigstore.dev/cosign/sign/v1';
    const signature = (await stating(type)).evidence;
    expect(await codes([signature], [await by([ours]), await by([ours], { attestation: type })])).toEqual([
      ['VERIFIED'],
      ['VERIFIED'],
    ]);
  });
});
