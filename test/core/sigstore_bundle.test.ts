// Sigstore bundles: every field is read, no other is allowed, and of alternatives exactly one.
import { describe, expect, test } from 'vitest';
import { MAX_ENVELOPE_BYTES, parseEnvelope, preAuthEncoding } from '../../src/core/formats/dsse.ts';
import {
  fingerprintInHint,
  MAX_BUNDLE_BYTES,
  parseBundle,
  UnsupportedBundle,
} from '../../src/core/formats/sigstore_bundle.ts';
import { bundle, bundleEntry, dsseBody, envelope, hintOf, IN_TOTO, statement } from '../support/bundles.ts';
import { base64, text, unbase64, utf8 } from '../support/bytes.ts';
import { changed } from '../support/documents.ts';
import { makeLog } from '../support/fake_log.ts';
import { makeKey } from '../support/keys.ts';
import { problem } from '../support/problem.ts';

const signer = await makeKey();
const log = await makeLog();
const payload = statement(`sha256:${'a'.repeat(64)}`);
const signed = await envelope(signer, payload);
const SIGNATURE = unbase64(signed.signatures[0]?.sig ?? '');
const body = await dsseBody(signed, signer, JSON.stringify(signed));
const [first, second] = [await log.append(body), await log.append(body)].map(({ entry }) =>
  bundleEntry(entry),
);
const whole = bundle({
  hint: hintOf(signer),
  content: { dsseEnvelope: signed },
  tlogEntries: first === undefined ? [] : [first],
  timestamps: [utf8('one'), utf8('two')],
});
const message = bundle({
  hint: 'npm',
  content: {
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: base64(new Uint8Array(32).fill(7)) },
      signature: 'AAAA',
    },
  },
});
const TYPE = 'application/vnd.dev.sigstore.bundle';

const parse = (document: unknown) => parseBundle(utf8(JSON.stringify(document)));
const problemWith = (document: unknown, path: string, value: unknown) =>
  problem(() => parse(changed(document, path, value)));
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

describe('a bundle', () => {
  test('with an envelope is parsed completely', () => {
    const read = parse(whole);
    expect(read).toMatchObject({
      version: '0.3',
      material: { hint: hintOf(signer) },
      content: { kind: 'envelope', envelope: { payloadType: IN_TOTO, payload, signature: SIGNATURE } },
      entries: [{ logIndex: 0n, logId: log.id, mustHave: 'proof' }],
      timestamps: [utf8('one'), utf8('two')],
    });
    expect(read.entries).toHaveLength(1);
  });

  test('with a message signature is parsed completely, with or without a stated digest', () => {
    const hash = new Uint8Array(32).fill(7);
    const content = { kind: 'message', signature: Uint8Array.of(0, 0, 0) };
    const rest = { version: '0.3', material: { hint: 'npm' }, entries: [], timestamps: [] };
    expect(parse(message)).toEqual({
      ...rest,
      content: { ...content, stated: { algorithm: 'sha256', hash } },
    });
    const silent = parse(changed(message, 'messageSignature.messageDigest', undefined));
    for (const nothing of [
      {},
      { algorithm: null, digest: null },
      { algorithm: 'HASH_ALGORITHM_UNSPECIFIED', digest: '' },
    ])
      expect(parse(changed(message, 'messageSignature.messageDigest', nothing))).toEqual(silent);
    expect(silent).toEqual({ ...rest, content });
    expect(Object.keys(silent.content)).not.toContain('stated');
    for (const hint of [undefined, null])
      expect(parse(changed(message, 'verificationMaterial.publicKey.hint', hint)).material).toEqual({
        hint: '',
      });
  });

  test.each([
    ['+json;version=0.1', '0.1', 'promise'],
    ['+json;version=0.2', '0.2', 'proof'],
    ['+json;version=0.3', '0.3', 'proof'],
    ['.v0.3+json', '0.3', 'proof'],
  ])('of the type …%s is version %s, whose entries have a %s', (type, version, mustHave) => {
    const read = parse(changed(whole, 'mediaType', `${TYPE}${type}`));
    expect([read.version, read.entries[0]?.mustHave]).toEqual([version, mustHave]);
  });

  test.each(['.v0.4+json', '+json;version=0.4', '', '+json'])('of the type …%s is not supported', (type) => {
    expect(() => parse(changed(whole, 'mediaType', `${TYPE}${type}`))).toThrow(UnsupportedBundle);
  });

  test('must have exactly its fields, each of its type', () => {
    for (const [path, value, reason] of [
      ['mediaType', undefined, 'mediaType: expected a string'],
      ['more', 1, 'bundle: unknown field "more"'],
      ['verificationMaterial', undefined, 'verificationMaterial: expected an object'],
      ['verificationMaterial.more', 1, 'verificationMaterial: unknown field "more"'],
      ['verificationMaterial.publicKey.more', 1, 'publicKey: unknown field "more"'],
      ['verificationMaterial.publicKey.hint', 1, 'publicKey.hint: expected a string'],
      ['verificationMaterial.tlogEntries', 1, 'tlogEntries: expected an array'],
      ['verificationMaterial.tlogEntries.0', 1, 'tlogEntries[0]: expected an object'],
      ['verificationMaterial.timestampVerificationData', 1, 'timestampVerificationData: expected an object'],
      [
        'verificationMaterial.timestampVerificationData.more',
        1,
        'timestampVerificationData: unknown field "more"',
      ],
      [
        'verificationMaterial.timestampVerificationData.rfc3161Timestamps.1',
        1,
        'rfc3161Timestamps[1]: expected an object',
      ],
      [
        'verificationMaterial.timestampVerificationData.rfc3161Timestamps.1.more',
        1,
        'rfc3161Timestamps[1]: unknown field "more"',
      ],
      [
        'verificationMaterial.timestampVerificationData.rfc3161Timestamps.1.signedTimestamp',
        '',
        'rfc3161Timestamps[1].signedTimestamp: is empty',
      ],
      ['dsseEnvelope.more', 1, 'dsseEnvelope: unknown field "more"'],
      ['dsseEnvelope.signatures.0.more', 1, 'signatures: unknown field "more"'],
      ['dsseEnvelope.signatures.0.sig', '', 'signatures[0].sig: is empty'],
      ['dsseEnvelope.signatures', [], 'envelope: has 0 signatures; exactly one is accepted'],
      ['dsseEnvelope.payloadType', 1, 'payloadType: expected a string'],
      ['dsseEnvelope.payload', 1, 'payload: expected a string'],
    ] as [string, unknown, string][])
      expect(problemWith(whole, path, value)).toBe(reason);
    for (const [path, value, reason] of [
      ['messageSignature.more', 1, 'messageSignature: unknown field "more"'],
      ['messageSignature.signature', undefined, 'messageSignature.signature: expected a string'],
      ['messageSignature.messageDigest.more', 1, 'messageDigest: unknown field "more"'],
      ['messageSignature.messageDigest.digest', 'AAAA', 'messageDigest.digest: is not a sha256'],
      ['messageSignature.messageDigest.digest', undefined, 'messageDigest.digest: expected a string'],
      [
        'messageSignature.messageDigest.algorithm',
        'HASH_ALGORITHM_UNSPECIFIED',
        'messageDigest.algorithm: expected SHA2_256, SHA2_384 or SHA2_512',
      ],
      ['messageSignature.messageDigest.algorithm', 'SHA2_512', 'messageDigest.digest: is not a sha512'],
      ...[1, undefined, 'SHA1', 'toString', ['SHA2_256']].map((algorithm): [string, unknown, string] => [
        'messageSignature.messageDigest.algorithm',
        algorithm,
        'messageDigest.algorithm: expected SHA2_256, SHA2_384 or SHA2_512',
      ]),
    ] as [string, unknown, string][])
      expect(problemWith(message, path, value)).toBe(reason);
  });

  test('must have exactly one content', () => {
    const reason = 'bundle: expected exactly one of messageSignature and dsseEnvelope';
    expect(problemWith(whole, 'dsseEnvelope', undefined)).toBe(reason);
    expect(problemWith(whole, 'messageSignature', {})).toBe(reason);
  });

  test('must have exactly one key, certificate or chain', () => {
    const reason =
      'verificationMaterial: expected exactly one of publicKey, certificate and x509CertificateChain';
    const at = 'verificationMaterial';
    expect(problemWith(whole, `${at}.publicKey`, undefined)).toBe(reason);
    expect(problemWith(whole, `${at}.certificate`, { rawBytes: 'AAAA' })).toBe(reason);
    const keyless = changed(whole, `${at}.publicKey`, undefined);
    const certified = changed(keyless, `${at}.certificate`, { rawBytes: 'AAAA' });
    expect(parse(certified).material).toEqual({ certificate: Uint8Array.of(0, 0, 0) });
    expect(problemWith(certified, `${at}.certificate.more`, 1)).toBe('certificate: unknown field "more"');
    expect(problemWith(certified, `${at}.certificate.rawBytes`, '')).toBe('certificate.rawBytes: is empty');
    const chained = changed(keyless, `${at}.x509CertificateChain`, {
      certificates: [{ rawBytes: 'AAAA' }, { rawBytes: 'BBBB' }],
    });
    expect(problem(() => parse(chained))).toBe('x509CertificateChain: is not allowed in a v0.3 bundle');
    const older = changed(chained, 'mediaType', `${TYPE}+json;version=0.2`);
    expect(parse(older).material).toEqual({ certificate: Uint8Array.of(0, 0, 0) });
    const place = `${at}.x509CertificateChain`;
    expect(problemWith(older, `${place}.more`, 1)).toBe('x509CertificateChain: unknown field "more"');
    expect(problemWith(older, `${place}.certificates`, [])).toBe('x509CertificateChain: is empty');
    expect(problemWith(older, `${place}.certificates.1.rawBytes`, '')).toBe(
      'certificates[1].rawBytes: is empty',
    );
    const many = (count: number) =>
      changed(older, `${place}.certificates`, times(count, { rawBytes: 'AAAA' }));
    expect(parse(many(32)).material).toBeDefined();
    expect(problem(() => parse(many(33)))).toBe('certificates: more than 32');
  });

  test('lists an entry only once, and has a maximum of entries and timestamps', () => {
    const entries = (list: unknown[]) => changed(whole, 'verificationMaterial.tlogEntries', list);
    expect(parse(entries([first, second])).entries).toHaveLength(2);
    expect(parse(changed(whole, 'verificationMaterial.tlogEntries', null)).entries).toEqual([]);
    expect(problem(() => parse(entries([first, second, first])))).toBe(
      'tlogEntries: lists the same entry twice',
    );
    const other = changed(first, 'logId.keyId', base64(new Uint8Array(32)));
    expect(parse(entries([first, other])).entries).toHaveLength(2);
    const many = Array.from({ length: 33 }, (_, at) => changed(first, 'logIndex', String(at)));
    expect(parse(entries(many.slice(1))).entries).toHaveLength(32);
    expect(problem(() => parse(entries(many)))).toBe('tlogEntries: more than 32');
    const stamps = (count: number) =>
      changed(whole, 'verificationMaterial.timestampVerificationData', {
        rfc3161Timestamps: times(count, { signedTimestamp: 'AAAA' }),
      });
    expect(parse(stamps(32)).timestamps).toHaveLength(32);
    expect(problem(() => parse(stamps(33)))).toBe('rfc3161Timestamps: more than 32');
  });

  test('has a maximum length, and is parsed only once', () => {
    const padded = (length: number) => utf8(JSON.stringify(message).padEnd(length));
    expect(parseBundle(padded(MAX_BUNDLE_BYTES)).version).toBe('0.3');
    expect(() => parseBundle(padded(MAX_BUNDLE_BYTES + 1))).toThrow('larger than 8388608 bytes');
    expect(parseBundle(utf8('not read'), JSON.parse(JSON.stringify(message))).version).toBe('0.3');
  });
});

test('a hint counts as a fingerprint if it is the base64 of 32 bytes', () => {
  expect(fingerprintInHint(hintOf(signer))).toBe(signer.fingerprint);
  for (const hint of ['', 'npm', base64(new Uint8Array(31)), base64(new Uint8Array(33)), '!'])
    expect(fingerprintInHint(hint)).toBeUndefined();
});

describe('an envelope', () => {
  test('is signed over its type and payload with their lengths in bytes', () => {
    const encoded = preAuthEncoding({ payloadType: 'tÿpe', payload: utf8('bödy') });
    expect(text(encoded)).toBe('DSSEv1 5 tÿpe 5 bödy');
    expect(text(preAuthEncoding({ payloadType: '', payload: new Uint8Array() }))).toBe('DSSEv1 0  0 ');
  });

  test('outside of a bundle may have unknown names, but none that another parser could take for a known one', () => {
    const read = (document: unknown) => parseEnvelope(utf8(JSON.stringify(document)));
    const expected = { payloadType: IN_TOTO, payload, signature: SIGNATURE };
    expect(read(signed)).toEqual(expected);
    expect(read({ ...signed, more: 1 })).toEqual(expected);
    expect(read(changed(signed, 'signatures.0.more', 1))).toEqual(expected);
    for (const path of ['Payload', 'PAYLOADTYPE', 'Signatures', 'signatures.0.Sig', 'signatures.0.KeyID'])
      expect(() => read(changed(signed, path, 'x'))).toThrow('differs from a known name only in case');
  });

  test('has a maximum length', () => {
    const padded = (length: number) => utf8(JSON.stringify(signed).padEnd(length));
    expect(parseEnvelope(padded(MAX_ENVELOPE_BYTES)).payloadType).toBe(IN_TOTO);
    expect(() => parseEnvelope(padded(MAX_ENVELOPE_BYTES + 1))).toThrow('larger than 8388608 bytes');
  });
});
