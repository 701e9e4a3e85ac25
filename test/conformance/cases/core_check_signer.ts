// The checks key-known, key-scope and signature: for each, a signature that fails only that check, and the same signature without the
// fault.
import { base64, flip, join, unbase64 } from '../../support/bytes.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import { logBody, payloadFor, signPayload } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { failsAlone, NO_ENTRY, OF_ENTRY, passes, without, withThese } from '../support/check_alone.ts';
import { logBodyInstead, makeSubject, setPayload, trusted, verify } from '../support/harness.ts';
import { test } from '../table.ts';

test('check key-known: UNTRUSTED_KEY if the log entry names an untrusted key', async () => {
  const subject = await makeSubject();
  await passes(subject);
  subject.trust.keys = [await trusted(await makeKey())];
  await failsAlone(subject, 'key-known', 'UNTRUSTED_KEY');
});

test('A26 check key-known: UNTRUSTED_KEY if no key is trusted', async () => {
  const subject = await makeSubject();
  subject.trust.keys = [];
  await failsAlone(subject, 'key-known', 'UNTRUSTED_KEY');
});

test('check key-known: CERTIFICATE_UNSUPPORTED for a signature with a certificate whose key is not trusted', async () => {
  const subject = await makeSubject();
  subject.evidence.certificate = certificatePem(subject.signer);
  await passes(subject, withThese('certificate'));
  subject.trust.keys = [await trusted(await makeKey())];
  await failsAlone(subject, 'key-known', 'CERTIFICATE_UNSUPPORTED', withThese('certificate'));
});

test('check key-scope: KEY_OUT_OF_SCOPE for a name outside the scopes, and without a name', async () => {
  const subject = await makeSubject();
  const names = withThese('key-scope');
  subject.trust.keys = [await trusted(subject.signer, { scopes: ['registry.example/app'] })];
  await passes(subject, names);
  for (const name of [
    'registry.example/app-evil',
    'registry.example/app/x',
    'evil.example/registry.example/app',
    undefined,
  ]) {
    subject.requirements = { annotations: [], ...(name !== undefined && { name }) };
    await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', names);
  }
});

test('check key-scope: an empty list of scopes covers no name', async () => {
  const subject = await makeSubject();
  subject.trust.keys = [await trusted(subject.signer, { scopes: [] })];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', withThese('key-scope'));
});

test('check key-scope: a signature by a key outside its scope fails, even if another trusted key is in scope', async () => {
  const subject = await makeSubject();
  const other = await makeKey();
  const names = withThese('key-scope');
  subject.trust.keys = [
    await trusted(subject.signer, { scopes: ['registry.example/other'] }),
    await trusted(other, { id: 'other' }),
  ];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', names);
  subject.trust.keys = [
    await trusted(subject.signer, { scopes: ['registry.example/**'] }),
    await trusted(other, { id: 'other' }),
  ];
  await passes(subject, names);
});

test('check signature: SIGNATURE_MALFORMED for text that is not a base64 DER signature', async () => {
  const subject = await makeSubject();
  await passes(subject);
  const good = subject.evidence.signature ?? '';
  const bad = [
    undefined,
    '',
    'not base64!',
    good.replace(/=*$/, ''),
    `${good}=`,
    good.replaceAll('/', '_').replaceAll('+', '-').replace(/^/, '_'),
    ` ${good}`,
    base64('text'),
    base64(new Uint8Array(64).fill(1)),
  ];
  for (const signature of bad) {
    if (signature === good) continue;
    if (signature === undefined) delete subject.evidence.signature;
    else subject.evidence.signature = signature;
    await failsAlone(subject, 'signature', 'SIGNATURE_MALFORMED');
  }
  subject.evidence.signature = good.replace(/.{20}/g, '$&\r\n');
  await passes(subject);
});

test('A18 check signature: SIGNATURE_MALFORMED or SIGNATURE_INVALID for a signature by another type of key', async () => {
  const subject = await makeSubject();
  for (const algorithm of ['ed25519', 'rsa-2048', 'P-384'] as const) {
    const other = await makeKey(algorithm);
    const layer = await signPayload(other, subject.evidence.payload);
    subject.evidence.signature = layer.signature;
    const code =
      algorithm === 'P-384' ? ['SIGNATURE_MALFORMED', 'SIGNATURE_INVALID'] : ['SIGNATURE_MALFORMED'];
    ok(code.includes((await verify(subject)).code), algorithm);
  }
});

test('check signature: SIGNATURE_INVALID for another payload, and for an unnamed key that is not trusted', async () => {
  const subject = await makeSubject();
  await passes(subject);
  const good = subject.evidence.payload;
  await setPayload(subject, payloadFor(subject.digest, { optional: { a: 'b' } }));
  await failsAlone(subject, 'signature', 'SIGNATURE_INVALID');
  await setPayload(subject, good);
  const stranger = await signPayload(await makeKey(), good);
  subject.evidence.signature = stranger.signature;
  delete subject.evidence.logBundle;
  await failsAlone(subject, 'signature', 'SIGNATURE_INVALID', NO_ENTRY);
});

test('A18 check signature: an ECDSA key verifies with its curve’s own hash or SHA-256, and no other', async () => {
  const cases = [
    ['P-256', 'SHA-256', 'VERIFIED'],
    ['P-256', 'SHA-384', 'SIGNATURE_INVALID'],
    ['P-256', 'SHA-512', 'SIGNATURE_INVALID'],
    ['P-384', 'SHA-256', 'VERIFIED'],
    ['P-384', 'SHA-384', 'VERIFIED'],
    ['P-384', 'SHA-512', 'SIGNATURE_INVALID'],
    ['P-521', 'SHA-256', 'VERIFIED'],
    ['P-521', 'SHA-384', 'SIGNATURE_INVALID'],
    ['P-521', 'SHA-512', 'VERIFIED'],
  ] as const;
  for (const [algorithm, hash, code] of cases) {
    const subject = await makeSubject({ algorithm, hash });
    const result = await verify(subject);
    equal(result.code, code, `${algorithm} with ${hash}`);
    if (code === 'VERIFIED')
      equal(result.signer?.hash, hash.toLowerCase().replace('-', ''), 'the hash that is reported');
  }
});

test('A18 check signature: RSA verifies as PKCS#1 v1.5 with SHA-256, and no other hash', async () => {
  for (const [hash, code] of [
    ['SHA-256', 'VERIFIED'],
    ['SHA-384', 'SIGNATURE_INVALID'],
    ['SHA-512', 'SIGNATURE_INVALID'],
  ] as const) {
    const subject = await makeSubject({ signer: await makeKey('rsa-2048', hash) });
    equal((await verify(subject)).code, code, hash);
  }
});

test('check signature: plain Ed25519 verifies with a rekord entry, which logs the whole payload', async () => {
  const subject = await makeSubject({ algorithm: 'ed25519', kind: 'rekord' });
  equal((await passes(subject)).signer?.hash, 'none');
});

test('check key-scope: for a signature that names no key, KEY_OUT_OF_SCOPE only if a key outside its scope made it or no key is in scope', async () => {
  const subject = await makeSubject();
  delete subject.evidence.logBundle;
  const outside = { scopes: ['registry.example/other'], transparency: 'unsafe-none' as const };
  const inside = { id: 'other', scopes: ['registry.example/app'], transparency: 'unsafe-none' as const };
  const names = without(withThese('key-scope'), ...OF_ENTRY);
  const [own, other] = [subject.signer, await makeKey()];
  subject.trust.keys = [await trusted(own, outside)];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', names);
  subject.trust.keys = [await trusted(own, outside), await trusted(other, inside)];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', names);
  subject.trust.keys = [await trusted(await makeKey(), outside), await trusted(other, inside)];
  await failsAlone(subject, 'signature', 'SIGNATURE_INVALID', names);
  const { checks } = await verify(subject);
  equal(checks.at(-1)?.expected, `other (${other.fingerprint})`, 'the keys in scope were tried');
  subject.trust.keys = [await trusted(other, outside), await trusted(own, inside)];
  await passes(subject, names);
  subject.trust.keys = [await trusted(await makeKey(), outside)];
  await failsAlone(subject, 'key-scope', 'KEY_OUT_OF_SCOPE', names);
  subject.trust.keys = [await trusted(own, outside), await trusted(other, inside)];
  subject.evidence.signature = '!';
  await failsAlone(subject, 'signature', 'SIGNATURE_MALFORMED', names);
});

test('check signature: SIGNATURE_MALFORMED for an Ed25519 or RSA signature of another length', async () => {
  for (const algorithm of ['ed25519', 'rsa-2048'] as const) {
    const subject = await makeSubject({ algorithm, kind: 'rekord' });
    const good = unbase64(subject.evidence.signature ?? '');
    await passes(subject);
    for (const bad of [good.slice(1), join(good, [0]), join([0], good), new Uint8Array([1])]) {
      subject.evidence.signature = base64(bad);
      await failsAlone(subject, 'signature', 'SIGNATURE_MALFORMED');
    }
    subject.evidence.signature = base64(flip(good, 5, 1));
    await failsAlone(subject, 'signature', 'SIGNATURE_INVALID');
  }
});

test('check key-known: CERTIFICATE_UNSUPPORTED if only the log entry names a certificate, for an untrusted key', async () => {
  const subject = await makeSubject();
  const layer = { payload: subject.evidence.payload, signature: subject.evidence.signature ?? '' };
  const pem = certificatePem(subject.signer);
  await logBodyInstead(subject, await logBody('hashedrekord', layer, subject.signer, { pem }));
  await passes(subject);
  subject.trust.keys = [await trusted(await makeKey())];
  await failsAlone(subject, 'key-known', 'CERTIFICATE_UNSUPPORTED');
});
