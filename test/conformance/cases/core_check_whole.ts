// All checks together: their order, every combination of options, and judging the same evidence again under other trust.
import { CHECK_NAMES } from '../../../src/core/checks.ts';
import { parsePublicKeyPem } from '../../../src/core/crypto/public_key.ts';
import { verifySignatureEvidence } from '../../../src/core/verify_signature.ts';
import { base64 } from '../../support/bytes.ts';
import { makeLog } from '../../support/fake_log.ts';
import { certificatePem, makeKey, type Signer } from '../../support/keys.ts';
import { equal, ok, throws } from '../support/assert.ts';
import { passes, without } from '../support/check_alone.ts';
import { answerWith, makeSubject, NOW, trusted, trustedLog, trustIn, verify } from '../support/harness.ts';
import { test } from '../table.ts';

test('a signature to which every check applies passes them all, in the documented order', async () => {
  const optional = { ref: 'main' };
  const subject = await makeSubject({ payload: { optional } });
  subject.trust.keys = [await trusted(subject.signer, { scopes: ['registry.example/*'], validFrom: 0 })];
  subject.evidence.certificate = certificatePem(subject.signer);
  subject.requirements = {
    name: 'registry.example/app',
    annotations: [['ref', 'main']],
    transparency: 'online',
  };
  answerWith(subject, subject.logged.entry);
  const all = without([...CHECK_NAMES], 'timestamp', 'predicate-type', 'predicate');
  await passes(subject, without(all, 'inclusion-proof', 'checkpoint'));
  delete subject.evidence.logBundle;
  await passes(subject, all);
});

test('A11 no combination of options lets a changed signature pass', async () => {
  const subject = await makeSubject({ payload: { optional: { a: 'b' } } });
  const logged = subject.evidence.logBundle ?? '';
  const good = subject.evidence.signature ?? '';
  const bytes = Uint8Array.from(atob(good), (character) => character.charCodeAt(0));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  answerWith(subject, subject.logged.entry);
  const { evidence, requirements } = subject;
  const bits = [
    (on: boolean) => {
      if (on) evidence.logBundle = logged;
      else delete evidence.logBundle;
    },
    (on: boolean) => {
      if (on) evidence.certificate = certificatePem(subject.signer);
      else delete evidence.certificate;
    },
    (on: boolean) => {
      requirements.annotations = on ? [['a', 'b']] : [];
    },
    (on: boolean) => {
      if (on) requirements.transparency = 'online';
      else delete requirements.transparency;
    },
  ];
  for (let choice = 0; choice < 2 ** (bits.length + 2); choice++) {
    for (const [i, set] of bits.entries()) set((choice & (1 << i)) !== 0);
    const limits = {
      transparency: choice & 16 ? ('required' as const) : ('unsafe-none' as const),
      ...(choice & 32 && { validFrom: 0, scopes: ['**'] }),
    };
    subject.trust.keys = [await trusted(subject.signer, limits)];
    subject.evidence.signature = base64(bytes);
    equal((await verify(subject)).verdict, 'refused', `options ${choice}`);
  }
});

test('A11 a supplied entry must match the signature and have a valid promise, even if the key needs no log', async () => {
  const subject = await makeSubject();
  const { log, signer } = subject;
  subject.trust.keys = [await trusted(signer, { transparency: 'unsafe-none' })];
  equal((await verify(subject)).code, 'VERIFIED', 'the control');
  const other = await makeSubject({ log, signer });
  const own = subject.evidence.logBundle ?? '';
  subject.evidence.logBundle = other.evidence.logBundle ?? '';
  equal((await verify(subject)).code, 'ENTRY_SIGNATURE_MISMATCH', 'the entry of another signature');
  subject.evidence.logBundle = own.replace(/"integratedTime":\d+/, (field) => `${field.slice(0, -1)}1`);
  equal((await verify(subject)).code, 'SET_INVALID', 'another time');
});

test('A13 one key under two ids or in two PEM spellings has one fingerprint', async () => {
  const subject = await makeSubject();
  const crlf: Pick<Signer, 'pem'> = { pem: subject.signer.pem.replaceAll('\n', '\r\n') };
  const [a, b] = [await trusted(subject.signer), await trusted(crlf, { id: 'same' })];
  equal(a.key.fingerprint, b.key.fingerprint);
  equal((await parsePublicKeyPem(crlf.pem)).fingerprint, subject.signer.fingerprint);
});

test('A69 evidence that is judged again under other trust gets the verdict of that trust', async () => {
  const subject = await makeSubject();
  const { evidence, requirements, now } = subject;
  const judge = async () =>
    (
      await verifySignatureEvidence(evidence, subject.trust, requirements, now, {
        verifications: 0,
        proofs: 0,
      })
    ).code;
  const [good] = subject.trust.keys;
  ok(good);
  equal(await judge(), 'VERIFIED');
  for (const [limits, code] of [
    [{ revoked: {} }, 'KEY_REVOKED'],
    [{ validFrom: NOW }, 'KEY_NOT_YET_VALID'],
    [{ scopes: ['x/y'] }, 'KEY_OUT_OF_SCOPE'],
  ] as const) {
    subject.trust.keys = [
      { ...good, ...limits, ...('scopes' in limits && { scopes: [...limits.scopes] }) } as typeof good,
    ];
    equal(await judge(), code);
  }
  subject.trust.keys = [await trusted(await makeKey())];
  equal(await judge(), 'UNTRUSTED_KEY');
  subject.trust = await trustIn([good], [await trustedLog(subject.log, { validUntil: 0 })]);
  equal(await judge(), 'LOG_KEY_NOT_VALID');
  subject.trust = await trustIn([good], [{ ...(await trustedLog(await makeLog())), logId: subject.log.id }]);
  equal(await judge(), 'SET_INVALID', 'another key under the same log id');
  subject.trust = await trustIn([good], [await trustedLog(subject.log)]);
  equal(await judge(), 'VERIFIED');
});

test('the facts cached with evidence are bounded, however many keys callers bring', async () => {
  const { evidence, requirements, now, log } = await makeSubject();
  for (let i = 0; i < 500; i++) {
    const trust = await trustIn([await trusted(await makeKey())], [await trustedLog(log)]);
    await verifySignatureEvidence(evidence, trust, requirements, now, { verifications: 0, proofs: 0 });
  }
  ok(evidence.facts.size <= 300, `${evidence.facts.size} facts are kept`);
});

test('a defect inside a check throws, and gives no verdict', async () => {
  const subject = await makeSubject();
  subject.trust.findLog = async () => {
    throw new RangeError('a defect');
  };
  await throws(() => verify(subject), 'RangeError');
});
