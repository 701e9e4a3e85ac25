// What the checks cost, what they cache and when they apply, where the verdict alone does not show it.
import { describe, expect, test } from 'vitest';
import { CHECK_NAMES } from '../../src/core/checks.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { namesOneOf, verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import { logEntry, makeBundle, rebuild, trustedLogV2 } from '../conformance/support/bundle_harness.ts';
import { answerWith, makeSubject, trusted, trustIn } from '../conformance/support/harness.ts';
import { authorityOf, STAMPED } from '../conformance/support/timestamps.ts';
import { hintOf } from '../support/bundles.ts';
import { base64, unbase64 } from '../support/bytes.ts';
import { makeLog } from '../support/fake_log.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';
import { fresh, run } from './run_checks.ts';

describe('verifications are computed', () => {
  test('once for each piece of evidence, and counted', async () => {
    const subject = await makeSubject();
    expect((await run(subject)).meter).toEqual({ verifications: 2, proofs: 0 });
    expect((await run(subject)).meter).toEqual({ verifications: 0, proofs: 0 });
    const bundle = await makeBundle();
    expect((await run(bundle)).meter).toEqual({ verifications: 3, proofs: 1 });
    expect((await run(bundle)).meter).toEqual({ verifications: 0, proofs: 1 });
  });

  test('with the named key first, and with no other if that one signed', async () => {
    const subject = await makeSubject();
    const others = await Promise.all(['a', 'b'].map(async (id) => trusted(await makeKey(), { id })));
    subject.trust.keys = [...others, await trusted(subject.signer)];
    expect((await run(subject)).meter).toEqual({ verifications: 2, proofs: 0 });
  });

  test('up to the limits of verifications and proofs for one image', async () => {
    const subject = await makeBundle();
    const having = (verifications: number, proofs: number) => run(fresh(subject), { verifications, proofs });
    expect((await having(253, 255)).code).toBe('VERIFIED');
    expect((await having(254, 0)).undecided?.message).toMatch(
      /^This image needs more than 256 signature verifications/,
    );
    const proofs = (await having(0, 256)).undecided;
    expect([proofs?.message, proofs?.retryable]).toEqual([
      expect.stringMatching(/^This image needs more than 256 inclusion proofs/),
      false,
    ]);
    const { undecided, code } = await having(256, 0);
    expect([code, undecided?.retryable]).toEqual(['LIMIT_EXCEEDED', false]);
  });

  test('and cached up to a limit, since callers may bring any number of keys', async () => {
    const subject = await makeSubject();
    delete subject.evidence.logBundle;
    const key = await trusted(await makeKey(), { transparency: 'unsafe-none' });
    const withKeys = async (count: number) => {
      const evidence = { ...subject.evidence, facts: new Map<string, boolean>() };
      const keys = Array.from({ length: count }, (_, at) => ({
        ...key,
        key: { ...key.key, fingerprint: `sha256:${at}` as typeof key.key.fingerprint },
      }));
      const { meter } = await run({ ...subject, evidence, trust: { ...subject.trust, keys } });
      return [meter.verifications, evidence.facts.size];
    };
    expect(await withKeys(40)).toEqual([40, 40]);
    expect(await withKeys(41)).toEqual([41, 1]);
    expect(await withKeys(130)).toEqual([130, 10]);
  });

  test('for every timestamp', async () => {
    const tsa = await makeTsa();
    const subject = await makeSubject();
    subject.trust.findAuthorities = async () => [authorityOf(tsa)];
    const token = await tsa.stamp(unbase64(subject.evidence.signature ?? ''));
    subject.evidence.timestamp = JSON.stringify({ SignedRFC3161Timestamp: base64(token) });
    expect(await run(subject)).toMatchObject({ code: 'VERIFIED', meter: { verifications: 3 } });
  });

  test('for the log’s own answer every time, and nothing of it is cached', async () => {
    const subject = await makeSubject();
    subject.requirements.transparency = 'online';
    answerWith(subject, subject.logged.entry);
    // The signature and its promise; then the promise and checkpoint in the log's answer.
    expect((await run(subject)).meter).toEqual({ verifications: 4, proofs: 1 });
    expect((await run(subject)).meter).toEqual({ verifications: 2, proofs: 1 });
    delete subject.evidence.logBundle;
    const searched = fresh(subject);
    expect((await run(searched)).meter).toEqual({ verifications: 3, proofs: 1 });
    expect([...searched.evidence.facts.keys()].map((name) => name.split(' ')[0])).toEqual(['signature']);
    expect((await run(searched)).meter).toEqual({ verifications: 2, proofs: 1 });
  });
});

describe('a log that signs with Ed25519', () => {
  test('is supported for promises and proofs', async () => {
    const log = await makeLog({ signer: await makeKey('ed25519') });
    expect((await run(await makeSubject({ log }))).code).toBe('VERIFIED');
    expect((await run(await makeBundle({ log }))).code).toBe('VERIFIED');
  });
});

describe('an entry’s time', () => {
  test('of 0 under a promise counts as a time, which is before the log key’s window', async () => {
    const subject = await makeSubject({ time: 0 });
    const { code, failed } = await run(subject);
    expect([code, failed]).toEqual(['LOG_KEY_NOT_VALID', ['log-key-valid']]);
  });

  test('is not needed: for a signature that is not logged a timestamp alone proves the time', async () => {
    const tsa = await makeTsa();
    const subject = await makeSubject();
    delete subject.evidence.logBundle;
    subject.trust.keys = [await trusted(subject.signer, { transparency: 'unsafe-none' })];
    expect((await run(fresh(subject))).signedAt).toBeUndefined();
    subject.trust.findAuthorities = async () => [authorityOf(tsa)];
    const token = await tsa.stamp(unbase64(subject.evidence.signature ?? ''));
    subject.evidence.timestamp = JSON.stringify({ SignedRFC3161Timestamp: base64(token) });
    expect((await run(fresh(subject))).signedAt).toBe(STAMPED);
  });

  test('that is stated without a promise is compared with the log key’s window, and proves nothing', async () => {
    const subject = await makeBundle({ kind: 'v2' });
    const stating = async (time: string) => {
      await rebuild(subject, ({ verificationMaterial }) => {
        verificationMaterial.tlogEntries[0].integratedTime = time;
      });
      return run(fresh(subject));
    };
    const stated = await stating('1748779200');
    expect([stated.code, stated.signedAt]).toEqual(['VERIFIED', undefined]);
    expect((await stating('1')).code).toBe('LOG_KEY_NOT_VALID');
  });
});

describe('which checks apply', () => {
  test('set does not apply if only an untrusted log’s entry has a promise', async () => {
    const subject = await makeBundle();
    const proven = await logEntry(subject, 'v2');
    const [promised] = subject.parts.tlogEntries ?? [];
    if (promised === undefined) throw new TypeError('no entry');
    subject.parts.tlogEntries = [promised, proven];
    await rebuild(subject);
    subject.trust = await trustIn(subject.trust.keys, [await trustedLogV2(subject.logV2)]);
    const { code, passed } = await run(subject);
    expect(code).toBe('VERIFIED');
    expect(passed).not.toContain('set');
  });

  test('log-known applies if any trusted key needs a log, as long as the signer is not known', async () => {
    const subject = await makeSubject();
    delete subject.evidence.logBundle;
    const strict = await trusted(await makeKey(), { id: 'strict' });
    const open = await trusted(subject.signer, { transparency: 'unsafe-none' });
    subject.trust.keys = [open, strict];
    expect((await run(fresh(subject))).passed).not.toContain('log-known');
    subject.evidence.payload = subject.evidence.payload.slice(1);
    delete subject.evidence.layer;
    expect((await run(fresh(subject))).notRun).toContain('log-known');
    subject.trust.keys = [open];
    expect((await run(fresh(subject))).notRun).not.toContain('log-known');
  });

  test('key-valid applies by the signer’s window once the signer is known, and before that by any key’s', async () => {
    const subject = await makeSubject();
    const limited = await trusted(await makeKey(), { id: 'limited', validUntil: 0 });
    subject.trust.keys = [limited, await trusted(subject.signer)];
    const { code, checks } = await run(fresh(subject));
    expect(code).toBe('VERIFIED');
    expect(checks.map(({ name }) => name)).not.toContain('key-valid');
    subject.trust.keys = [limited];
    expect((await run(fresh(subject))).notRun).toContain('key-valid');
  });

  test('a failure names a key outside its scope only if the evidence names that key and no key in scope has signed', async () => {
    const subject = await makeSubject();
    const inScope = await trusted(await makeKey(), { id: 'in', scopes: ['registry.example/**'] });
    const elsewhere = { scopes: ['elsewhere.example/**'] };
    const stranger = await trusted(await makeKey(), { id: 'stranger', ...elsewhere });
    subject.trust.keys = [await trusted(subject.signer, elsewhere), stranger, inScope];
    expect((await run(fresh(subject))).code).toBe('KEY_OUT_OF_SCOPE');
    const hinted = await makeBundle();
    const other = await makeKey();
    hinted.parts.hint = hintOf(other);
    await rebuild(hinted);
    hinted.trust.keys = [
      await trusted(other, { id: 'other', ...elsewhere }),
      await trusted(hinted.signer, { scopes: ['registry.example/**'] }),
    ];
    expect((await run(hinted)).code).toBe('VERIFIED');
  });

  test('checks are listed in the documented order', async () => {
    const subject = await makeBundle({ statement: { annotations: { a: 'b' } } });
    subject.requirements = { ...subject.requirements, annotations: [['a', 'b']] };
    const names = (await run(subject)).checks.map(({ name }) => name);
    expect(names).toEqual(CHECK_NAMES.filter((name) => names.includes(name)));
  });
});

describe('evidence that could not be fetched', () => {
  test('is undecided with its reason, and names no signer', async () => {
    const { evidence, signer, ...subject } = await makeSubject();
    const missing = new Undecided('REGISTRY_UNAVAILABLE', 'The registry is down.');
    const { format, source } = evidence;
    const meter = { verifications: 0, proofs: 0 };
    const { trust, requirements, now } = subject;
    const result = await verifySignatureEvidence(
      { format, source, missing },
      trust,
      requirements,
      now,
      meter,
    );
    const { code } = missing;
    expect(result).toEqual({ verdict: 'undecided', code, format, source, checks: [], undecided: missing });
    const keys = [await trusted(await makeKey()), await trusted(signer)];
    expect(namesOneOf({ format, source, missing }, keys)).toBe(false);
    expect(namesOneOf(evidence, keys)).toBe(true);
    expect(namesOneOf(evidence, keys.slice(0, 1))).toBe(false);
    expect(namesOneOf(evidence, [])).toBe(false);
  });
});
