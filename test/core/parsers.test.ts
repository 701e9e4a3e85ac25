// Properties of the parsers of keys, signatures, payloads, log entries and names: what they accept has one meaning.
// docs/abuse.md: A16, A17, A49, A54, A72.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { certificateSpki } from '../../src/core/crypto/certificate.ts';
import { parseDigest } from '../../src/core/crypto/digest.ts';
import { parsePublicKey, parsePublicKeyPem, spkiOfPemText } from '../../src/core/crypto/public_key.ts';
import { ecdsaRaw } from '../../src/core/crypto/signature.ts';
import { fromBase64, fromBase64Lenient, fromHex, fromUtf8, toBase64 } from '../../src/core/encoding/bytes.ts';
import { DerReader } from '../../src/core/encoding/der.ts';
import { parseJson, parseJsonBytes } from '../../src/core/encoding/json.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { parsePem } from '../../src/core/encoding/pem.ts';
import { parseSimpleSigning } from '../../src/core/formats/simple_signing.ts';
import { parseCheckpoint } from '../../src/core/log/checkpoint.ts';
import { UnsupportedLogBody } from '../../src/core/log/log_body.ts';
import { parseApiLogEntry, parseLogBundle } from '../../src/core/log/log_entry.ts';
import { parseLogBody, tryLogBody } from '../../src/core/log/parse_log_body.ts';
import {
  formatReference,
  parseImageReference,
  parseReference,
  parseRepositoryName,
} from '../../src/core/reference.ts';
import { parseNamePattern } from '../../src/core/trust/name_pattern.ts';
import { type Bytes, unbase64, utf8 } from '../support/bytes.ts';
import { makeLog } from '../support/fake_log.ts';
import { runs } from '../support/fuzz.ts';
import { certificatePem, makeKey } from '../support/keys.ts';
import { testByteParsers, testTextParsers } from '../support/parser_tests.ts';
import { logBody, payloadFor, signPayload } from '../support/sign_image.ts';

const signer = await makeKey();
const rsa = await makeKey('rsa-2048');
const log = await makeLog();
const layer = await signPayload(signer, payloadFor(`sha256:${'a'.repeat(64)}`, { optional: { a: 'b' } }));
const body = await logBody('hashedrekord', layer, signer);
const { entry } = await log.append(body);
const certificate = certificatePem(signer);
const certificateDer = unbase64(certificate.split('\n').slice(1, -2).join(''));

const readAllDer = (bytes: Bytes) => {
  const reader = new DerReader(bytes, 'x');
  while (!reader.atEnd) {
    if (reader.nextTag === 0x30) reader.sequence();
    else if (reader.nextTag === 0x02) reader.positiveInteger();
    else if (reader.nextTag === 0x06) reader.oid();
    else if (reader.nextTag === 0x03) reader.bitString();
    else reader.any();
  }
};

const byteParsers: [name: string, parse: (bytes: Bytes) => unknown, valid: Bytes[]][] = [
  ['DER', readAllDer, [signer.spki, certificateDer]],
  ['ECDSA signature', (bytes) => ecdsaRaw(bytes, 'P-256'), [unbase64(layer.signature)]],
  ['public key', parsePublicKey, [signer.spki, rsa.spki, (await makeKey('ed25519')).spki]],
  ['certificate', certificateSpki, [certificateDer]],
  ['payload', parseSimpleSigning, [layer.payload]],
  [
    'log body',
    parseLogBody,
    [utf8(body), utf8(await logBody('rekord', layer, signer, { pem: certificate }))],
  ],
  ['log body, tried', tryLogBody, [utf8(body)]],
  ['JSON bytes', (bytes) => parseJsonBytes(bytes, 'x'), [utf8(body)]],
  ['UTF-8', (bytes) => fromUtf8(bytes, 'x'), [utf8('é€𝄞')]],
];

const textParsers: [name: string, parse: (text: string) => unknown, valid: string[]][] = [
  ['base64', (value) => fromBase64(value, 'x'), [layer.signature]],
  ['lenient base64', (value) => fromBase64Lenient(value, 'x'), [layer.signature]],
  ['hex', (value) => fromHex(value, 'x'), ['00ff']],
  ['PEM', parsePem, [signer.pem, certificate]],
  ['PEM key', parsePublicKeyPem, [signer.pem, rsa.pem]],
  ['logged PEM', spkiOfPemText, [signer.pem, certificate]],
  ['JSON', (value) => parseJson(value, 'x'), [body, '{"a":[1,2.5e3,"\\u00e9\\n",null,true]}']],
  ['log bundle', parseLogBundle, [log.annotation(entry)]],
  ['API entry', (value) => parseApiLogEntry(parseJson(value, 'x')), [JSON.stringify(entry)]],
  ['checkpoint', parseCheckpoint, [entry.verification.inclusionProof?.checkpoint ?? '']],
  ['reference', parseReference, ['reg.example:5000/a/b:1', `a@sha256:${'a'.repeat(64)}`]],
  ['image reference', parseImageReference, ['busybox', `GHCR.io/a/b:1@sha256:${'a'.repeat(64)}`]],
  ['repository name', parseRepositoryName, ['ghcr.io/a/signatures']],
  ['name pattern', parseNamePattern, ['ghcr.io/**/a-*']],
  ['digest', (value) => parseDigest(value), [`sha256:${'a'.repeat(64)}`]],
];

const named = <T>([name, parse, valid]: [string, (input: T) => unknown, T[]]) => ({
  name,
  parse,
  valid,
  errors: [UnsupportedLogBody],
});
testByteParsers(byteParsers.map(named));
testTextParsers(textParsers.map(named));

test('the base64 encoder and decoder are inverses, and the decoder accepts only what the encoder writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(fromBase64(toBase64(bytes), 'x')).toEqual(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AQgwB+/=-_'), maxLength: 12 }), (value) => {
      let bytes: Bytes;
      try {
        bytes = fromBase64(value, 'x');
      } catch {
        return;
      }
      expect(toBase64(bytes)).toBe(value);
    }),
    runs(3000),
  );
});

test('the strict JSON parser agrees with JSON.parse on every text that it accepts', () => {
  fc.assert(
    fc.property(fc.json(), (value) => {
      let strict: unknown;
      try {
        strict = parseJson(value, 'x');
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
        return;
      }
      const plain = (item: unknown) => (typeof item === 'bigint' ? Number(item) : item);
      expect(JSON.parse(JSON.stringify(strict, (_, item) => plain(item)))).toEqual(JSON.parse(value));
    }),
    runs(1000),
  );
});

test('the strict JSON parser gives the same result for every layout of a document', () => {
  const key = fc.constantFrom('a', 'b', '1', '0', '__proto__', 'constructor', 'é', '');
  const leaf = fc.constantFrom(
    '1',
    '-0',
    '0',
    '1.0',
    '1e3',
    '1E400',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-1',
    '0.1',
    '"x"',
    '"\\u0061"',
    '"é"',
    '"\ud800"',
    'null',
    'true',
    '01',
    '.5',
  );
  const { document } = fc.letrec<{ document: string }>((tie) => ({
    document: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('document'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(key, tie('document')), { maxLength: 4 })
        .map((fields) => `{${fields.map(([name, item]) => `${JSON.stringify(name)}:${item}`).join(',')}}`),
    ),
  }));
  const read = (value: string) => {
    try {
      return { value: parseJson(value, 'x') };
    } catch (error) {
      expect(error).toBeInstanceOf(Malformed);
      return 'refused';
    }
  };
  fc.assert(
    fc.property(document, (value) => {
      expect(read(` ${value}\n`)).toEqual(read(value));
    }),
    runs(5000),
  );
  for (const depth of [63, 64, 65, 66, 5000]) {
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(read(` ${nested}`)).toEqual(read(nested));
  }
});

test('an accepted reference is parsed to the same value when written in full', () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,6}([._-][a-z0-9]{1,4})?$/);
  const host = fc.constantFrom(
    '',
    'ghcr.io/',
    'reg.example:5000/',
    'localhost/',
    'docker.io/',
    'INDEX.docker.io/',
  );
  const tag = fc.constantFrom('', ':1', ':v1.2_x-Y');
  const digest = fc.constantFrom('', `@sha256:${'0f'.repeat(32)}`);
  fc.assert(
    fc.property(host, fc.array(part, { minLength: 1, maxLength: 4 }), tag, digest, (h, parts, t, d) => {
      const reference = parseImageReference(`${h}${parts.join('/')}${t}${d}`);
      expect(parseImageReference(formatReference(reference))).toEqual(reference);
    }),
  );
});
