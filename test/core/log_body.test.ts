// Bodies of log entries: every field is read, and no other is allowed, at any level.
import { describe, expect, test } from 'vitest';
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';
import { type MessageBody, UnsupportedLogBody } from '../../src/core/log/log_body.ts';
import { parseLogBody, tryLogBody } from '../../src/core/log/parse_log_body.ts';
import { dsseBody, envelope, hashedBodyV2, intotoBody, statement } from '../support/bundles.ts';
import { type Bytes, base64, sha256, unbase64, utf8 } from '../support/bytes.ts';
import { changed } from '../support/documents.ts';
import { certificatePem, makeKey } from '../support/keys.ts';
import { logBody, payloadFor, signPayload } from '../support/sign_image.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const signer = await makeKey();
const layer = await signPayload(signer, payloadFor(DIGEST));
const signed = await envelope(signer, statement(DIGEST));
const given = JSON.stringify(signed);
const SIGNATURE = unbase64(signed.signatures[0]?.sig ?? '');
const BODIES = {
  rekord: await logBody('rekord', layer, signer),
  hashedrekord: await logBody('hashedrekord', layer, signer),
  v2: await hashedBodyV2(layer.payload, layer.signature, signer),
  dsse: await dsseBody(signed, signer, given),
  intoto1: await intotoBody('0.0.1', signed, signer, given),
  intoto2: await intotoBody('0.0.2', signed, signer, given),
};

const parse = (document: unknown) => parseLogBody(utf8(JSON.stringify(document)));
const read = (name: keyof typeof BODIES, path: string, value: unknown) =>
  parse(changed(JSON.parse(BODIES[name]), path, value));
const hashOf = async (bytes: Bytes) => ({ algorithm: 'sha256', hash: await sha256(bytes) });
const own = { keySpki: signer.spki, isCertificate: false };

describe('about a message', () => {
  test.each(['rekord', 'hashedrekord'] as const)('a %s is parsed completely', async (kind) => {
    const whole = {
      about: 'message',
      kind,
      version: '0.0.1',
      signature: unbase64(layer.signature),
      hash: await hashOf(layer.payload),
    };
    expect(parse(JSON.parse(BODIES[kind]))).toEqual({ ...whole, ...own });
    const certificate = base64(certificatePem(signer));
    const certified = read(kind, 'spec.signature.publicKey.content', certificate);
    expect(certified).toEqual({ ...whole, keySpki: signer.spki, isCertificate: true });
  });

  test.each([
    ['SHA2_256', 'sha256', 32],
    ['SHA2_384', 'sha384', 48],
    ['SHA2_512', 'sha512', 64],
  ] as const)(
    'a hashedrekord 0.0.2 with %s is parsed completely, with a key or a certificate',
    (algorithm, name, length) => {
      const digest = (bytes: number) => ({ algorithm, digest: base64(new Uint8Array(bytes).fill(3)) });
      const whole = {
        about: 'message',
        kind: 'hashedrekord',
        version: '0.0.2',
        signature: unbase64(layer.signature),
        hash: { algorithm: name, hash: new Uint8Array(length).fill(3) },
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      };
      const place = 'spec.hashedRekordV002';
      const hashed = changed(JSON.parse(BODIES.v2), `${place}.data`, digest(length));
      expect(parse(hashed)).toEqual({ ...whole, ...own });
      const rawBytes = certificatePem(signer).replace(/-----[A-Z ]+-----|\s/g, '');
      const verifier = { keyDetails: whole.keyDetails, x509Certificate: { rawBytes } };
      const certified = parse(changed(hashed, `${place}.signature.verifier`, verifier));
      expect(certified).toEqual({ ...whole, keySpki: signer.spki, isCertificate: true });
      for (const wrong of [length - 1, length + 1])
        expect(() => read('v2', `${place}.data`, digest(wrong))).toThrow(`data.digest: is not a ${name}`);
    },
  );
});

describe('about an envelope', () => {
  const whole = async () => ({
    about: 'envelope',
    envelopeHash: await hashOf(utf8(given)),
    payloadHash: await hashOf(unbase64(signed.payload)),
    ...own,
  });

  test('a dsse is parsed completely', async () => {
    const kind = { kind: 'dsse', version: '0.0.1', signature: SIGNATURE };
    expect(parse(JSON.parse(BODIES.dsse))).toEqual({ ...(await whole()), ...kind });
  });

  test('an intoto 0.0.2 is parsed completely, except for fields that are not signed', async () => {
    const expected = { ...(await whole()), kind: 'intoto', version: '0.0.2', signature: SIGNATURE };
    expect(parse(JSON.parse(BODIES.intoto2))).toEqual(expected);
    expect(read('intoto2', 'spec.content.envelope.payload', 'x')).toEqual(expected);
    expect(read('intoto2', 'spec.content.envelope.signatures.0.keyid', 'x')).toEqual(expected);
  });

  test('an intoto 0.0.1 is parsed completely, with or without the payload hash', async () => {
    const { payloadHash, ...least } = await whole();
    const kind = { kind: 'intoto', version: '0.0.1' };
    expect(parse(JSON.parse(BODIES.intoto1))).toEqual({ ...least, payloadHash, ...kind });
    const oldest = read('intoto1', 'spec.content.payloadHash', undefined);
    expect(oldest).toEqual({ ...least, ...kind });
    expect(Object.keys(oldest)).not.toContain('payloadHash');
  });

  test.each([
    ['dsse', 'spec.signatures', 'signature'],
    ['intoto2', 'spec.content.envelope.signatures', 'sig'],
  ] as const)('%s must have exactly one signature, which is not empty', (name, path, field) => {
    const [only] = path.split('.').reduce((inner, part) => inner[part], JSON.parse(BODIES[name]));
    expect(() => read(name, path, [only, only])).toThrow('has 2; exactly one is accepted');
    expect(() => read(name, path, [])).toThrow('has 0; exactly one is accepted');
    expect(() => read(name, `${path}.0.${field}`, '')).toThrow('is empty');
    expect(() => read(name, `${path}.0`, 'x')).toThrow('signatures[0]: expected an object');
  });

  test('the signature of an intoto 0.0.2 is base64 twice, and not empty', () => {
    const place = 'spec.content.envelope.signatures.0.sig';
    expect(() => read('intoto2', place, base64(utf8('\n')))).toThrow('signatures[0].sig: is empty');
    expect(() => read('intoto2', place, base64(SIGNATURE))).toThrow(Malformed);
  });
});

/** The path of every object in a document; the document itself is ''. */
function placesIn(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([name, item]) => placesIn(item, `${path}${name}.`));
  return Array.isArray(value) ? inner : [path, ...inner];
}

describe.each(Object.keys(BODIES) as (keyof typeof BODIES)[])('%s', (name) => {
  const document = JSON.parse(BODIES[name]);

  test.each(placesIn(document))('must have exactly its fields at "%s"', (path) => {
    expect(() => read(name, `${path}more`, 1)).toThrow('unknown field "more"');
    const holder = path
      .split('.')
      .slice(0, -1)
      .reduce((inner, part) => inner[part], document);
    for (const field of Object.keys(holder)) {
      const whole = `${path}${field}`;
      if (name === 'intoto1' && whole === 'spec.content.payloadHash') continue;
      expect(() => read(name, whole, undefined), whole).toThrow();
      expect(() => read(name, whole, 1), whole).toThrow();
    }
  });
});

describe('a body is refused if it', () => {
  test.each([
    ['kind', 'helm'],
    ['apiVersion', '0.0.2'],
    ['spec.signature.format', 'pgp'],
  ])('has another %s', (path, value) => {
    expect(() => read('rekord', path, value)).toThrow(UnsupportedLogBody);
    const bytes = utf8(JSON.stringify(changed(JSON.parse(BODIES.rekord), path, value)));
    expect(tryLogBody(bytes)).toBeInstanceOf(UnsupportedLogBody);
  });

  test.each([
    ['rekord', 'spec.data.hash'],
    ['dsse', 'spec.envelopeHash'],
    ['dsse', 'spec.payloadHash'],
    ['intoto1', 'spec.content.hash'],
    ['intoto1', 'spec.content.payloadHash'],
    ['intoto2', 'spec.content.hash'],
    ['intoto2', 'spec.content.payloadHash'],
  ] as const)('is a %s with another hash algorithm than sha256 for %s', (name, path) => {
    for (const [algorithm, length] of [
      ['sha384', 96],
      ['sha512', 128],
    ] as const)
      expect(() => read(name, path, { algorithm, value: 'ab'.repeat(length / 2) })).toThrow(
        `${path}.algorithm: expected sha256`,
      );
    const { hash } = read('hashedrekord', 'spec.data.hash', {
      algorithm: 'sha512',
      value: 'ab'.repeat(64),
    }) as MessageBody;
    expect(hash.algorithm).toBe('sha512');
  });

  test('has an unknown hash algorithm or key type', () => {
    expect(tryLogBody(utf8('{}'))).toBeInstanceOf(Malformed);
    expect(() => read('rekord', 'spec.data.hash.algorithm', 'sha1')).toThrow('spec.data.hash.algorithm');
    expect(() => read('rekord', 'spec.data.hash.value', 'ab')).toThrow('is not a sha256');
    expect(attempt(() => read('rekord', 'spec.signature.publicKey.content', base64('x')))).toBeInstanceOf(
      Malformed,
    );
    for (const algorithm of ['SHA1', 'sha256', 'toString'])
      expect(() => read('v2', 'spec.hashedRekordV002.data.algorithm', algorithm)).toThrow(
        'data.algorithm: expected SHA2_256, SHA2_384 or SHA2_512',
      );
  });
});
