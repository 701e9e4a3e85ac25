// What the checks cost, what they cache and when they apply, where the verdict alone does not show it.
import { describe, expect, test } from 'vitest';
import { CHECK_NAMES } from '../../src/core/checks.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { SignatureEvidence } from '../../src/core/evidence/evidence.ts';
import { namesOneOf, verifySignatureEvidence } from '../../src/core/verify_signature.ts';
import { logEntry, makeAttached, makeBundle, rebuild, trustedLogV2 } from '../conformance/bundle_harness.ts';
import {
  answerWith,
  LOGGED_AT,
  makeSubject,
  type Subject,
  trusted,
  trustedLog,
  trustIn,
} from '../conformance/harness.ts';
import { authorityOf, STAMPED } from '../conformance/timestamps.ts';
import { dsseBody, hintOf, intotoBody } from '../support/bundles.ts';
import { base64, hex, unbase64, unhex } from '../support/bytes.ts';
import { makeLog } from '../support/fake_log.ts';
import { makeLogV2 } from '../support/fake_log_v2.ts';
import { makeTsa } from '../support/fake_tsa.ts';
import { makeKey } from '../support/keys.ts';

/** Verifies the evidence itself, so that the facts cached with it stay. */
async function run<E extends SignatureEvidence>(
  { evidence, trust, requirements, now }: Subject<E>,
  meter = { verifications: 0, proofs: 0 },
) {
  const result = await verifySignatureEvidence(evidence, trust, requirements, now, meter);
  const named = (wanted: string) =>
    result.checks.filter(({ result: found }) => found === wanted).map(({ name }) => name);
  return { ...result, meter, passed: named('pass'), notRun: named('not-run'), failed: named('fail') };
}

/** A copy of the subject without cached facts. */
const fresh = <E extends SignatureEvidence>(subject: Subject<E>): Subject<E> => ({
  ...subject,
  evidence: { ...subject.evidence, facts: new Map() },
});

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
    expect(await withKeys(64)).toEqual([64, 64]);
    expect(await withKeys(65)).toEqual([65, 1]);
    expect(await withKeys(130)).toEqual([130, 2]);
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
    subject.requirements = { ...subject.requirements, annotations: [['a', 'b']], attestation: 'any' };
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

describe('the log itself', () => {
  test('must hold the same entry: body, index, log and time', async () => {
    const subject = await makeSubject();
    subject.requirements.transparency = 'online';
    const { entry } = subject.logged;
    const other = hex(unhex(entry.logID).map((byte) => byte ^ 1));
    const answers = [
      { ...entry, logID: other },
      { ...entry, logIndex: entry.logIndex + 1 },
      { ...entry, integratedTime: entry.integratedTime + 1 },
      { ...entry, body: base64('{}') },
    ];
    for (const answer of answers) {
      answerWith(subject, answer);
      expect((await run(fresh(subject))).code).toBe('ENTRY_ONLINE_MISMATCH');
      answerWith(subject, answer, entry);
      expect((await run(fresh(subject))).code).toBe('VERIFIED');
    }
  });

  test('is searched by the signed hash, and with the artifact if it is available', async () => {
    const subject: Subject<SignatureEvidence> = await makeSubject({ algorithm: 'P-521' });
    const artifact = crypto.getRandomValues(new Uint8Array(9));
    const signature = base64(await subject.signer.sign(artifact, 'SHA-512'));
    const hash = async (name: string) => new Uint8Array(await crypto.subtle.digest(name, artifact));
    subject.requirements = { annotations: [], transparency: 'online' };
    const [sha256, sha512] = [await hash('SHA-256'), await hash('SHA-512')];
    const digest = sha512;
    for (const [about, message] of [
      [{ digests: { sha512 } }, { hash: 'sha512', digest }],
      [{ digests: { sha512, sha256 } }, { hash: 'sha512', digest }],
      [
        { digests: {}, bytes: artifact },
        { hash: 'sha512', digest, bytes: artifact },
      ],
    ] as const) {
      subject.questions.length = 0;
      subject.evidence = {
        format: 'blob',
        source: { index: 0, via: 'request' },
        subject: about,
        signature,
        facts: new Map(),
      };
      expect((await run(subject)).code).toBe('LOG_ENTRY_MISSING');
      expect(subject.questions).toMatchObject([{ message }]);
    }
  });

  test('is searched with the envelope’s original bytes if they are known, and the entry about them is used', async () => {
    const attached = await makeAttached();
    const bundle = await makeBundle();
    for (const subject of [attached, bundle]) {
      const { entry } = 'envelope' in subject.evidence ? subject.logged : await subject.log.get(1);
      const stray = await subject.log.append('{"stray":1}');
      if ('logBundle' in subject.evidence) delete subject.evidence.logBundle;
      else
        await rebuild(bundle, ({ verificationMaterial }) => {
          verificationMaterial.tlogEntries = [];
        });
      subject.requirements.transparency = 'online';
      answerWith(subject, stray.entry, entry);
      const { code, transparency } = await run(subject as Subject<SignatureEvidence>);
      expect([code, transparency?.proof]).toEqual(['VERIFIED', 'online']);
      const [query] = subject.questions;
      expect(query !== undefined && 'envelope' in query && query.envelope.given !== undefined).toBe(
        subject === attached,
      );
    }
  });

  test('may answer with several entries: the first that fully matches the signature is used', async () => {
    const attached = await makeAttached({ kind: 'intoto 0.0.1' });
    const bundle = await makeBundle();
    const { envelope: signed, signer } = bundle;
    if (signed === undefined) throw new TypeError('no envelope');
    const { entry: unbound } = await bundle.log.append(
      // Without the envelope's original bytes, an entry of this kind cannot be matched with the signature.
      await intotoBody('0.0.1', signed, signer, JSON.stringify(signed)),
      LOGGED_AT,
    );
    const { entry: twin } = await bundle.log.append(
      await dsseBody(
        { ...signed, signatures: [{ sig: base64(await signer.sign(bundle.message)) }] },
        signer,
        'x',
      ),
      LOGGED_AT,
    );
    const given = JSON.stringify(signed);
    const { entry: stranger } = await bundle.log.append(
      await dsseBody(signed, await makeKey(), given),
      LOGGED_AT,
    );
    await rebuild(bundle, ({ verificationMaterial }) => {
      verificationMaterial.tlogEntries = [];
    });
    delete attached.evidence.logBundle;
    for (const [subject, before, own] of [
      [attached, [(await attached.log.append('{"stray":1}')).entry], attached.logged.entry],
      [bundle, [unbound, twin, stranger], (await bundle.log.get(1)).entry],
    ] as const) {
      subject.requirements.transparency = 'online';
      answerWith(subject, ...before, own);
      expect((await run<SignatureEvidence>(subject)).code).toBe('VERIFIED');
    }
  });

  test('cannot be asked if it is a v2 log', async () => {
    const subject = await makeBundle({ kind: 'v2' });
    subject.requirements.transparency = 'online';
    const log = await makeLogV2();
    subject.trust = await trustIn(
      subject.trust.keys,
      [await trustedLog(subject.log), await trustedLogV2(subject.logV2), await trustedLogV2(log)],
      subject.questions,
    );
    expect((await run(subject)).code).toBe('LOG_ENTRY_KIND_UNSUPPORTED');
    expect(subject.questions).toEqual([]);
  });
});
