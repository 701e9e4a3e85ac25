// Importing keys: what is accepted as a public key, and what only resembles one.
import { ed25519 } from '@noble/curves/ed25519.js';
import {
  algorithmName,
  parsePublicKey,
  parsePublicKeyPem,
  publicKeyPem,
} from '../../../src/core/crypto/public_key.ts';
import { fromHex, toHex } from '../../../src/core/encoding/bytes.ts';
import { MAX_PEM_LENGTH } from '../../../src/core/encoding/pem.ts';
import { type Bytes, join, randomHex } from '../../support/bytes.ts';
import { certificatePem, der, derInteger, makeKey, pem } from '../../support/keys.ts';
import { equal, excludes, match, throws } from '../support/assert.ts';
import { test } from '../table.ts';

const refuses = (text: string, what: string) => throws(() => parsePublicKeyPem(text), 'Malformed', what);

test('A72 keys of every algorithm are parsed, named, and written back unchanged', async () => {
  const names = {
    'P-256': 'ecdsa-p256',
    'P-384': 'ecdsa-p384',
    'P-521': 'ecdsa-p521',
    'rsa-2048': 'rsa-2048',
    'rsa-3072': 'rsa-3072',
    ed25519: 'ed25519',
  } as const;
  for (const [algorithm, name] of Object.entries(names)) {
    const signer = await makeKey(algorithm as keyof typeof names);
    const key = await parsePublicKeyPem(signer.pem);
    equal(
      [algorithmName(key), key.fingerprint, publicKeyPem(key)],
      [name, signer.fingerprint, signer.pem],
      algorithm,
    );
  }
});

test('A72 a private key is refused with a message that says so and does not repeat it', async () => {
  for (const algorithm of ['P-256', 'ed25519', 'rsa-2048'] as const) {
    const signer = await makeKey(algorithm);
    const secret = await signer.privatePem();
    const body = secret.split('\n')[1] ?? '';
    for (const label of [
      'PRIVATE KEY',
      'EC PRIVATE KEY',
      'ED25519 PRIVATE KEY',
      'RSA PRIVATE KEY',
      'ENCRYPTED PRIVATE KEY',
      'ENCRYPTED COSIGN PRIVATE KEY',
      'ENCRYPTED SIGSTORE PRIVATE KEY',
      'OPENSSH PRIVATE KEY',
    ]) {
      const labelled = secret.replaceAll('PRIVATE KEY', label);
      for (const text of [labelled, signer.pem + labelled, labelled + signer.pem, labelled.slice(0, 100)]) {
        const error = await refuses(text, label);
        match(error.message, /private key/);
        excludes(error.message, body);
      }
    }
  }
});

test('A72 a key must be one PEM block of a public key and nothing else', async () => {
  const { pem: good, spki } = await makeKey();
  const bad: Record<string, string> = {
    empty: '',
    'not PEM': 'hello',
    'base64 without PEM lines': btoa(String.fromCharCode(...spki)),
    'two blocks': good + good,
    'text after it': `${good}more`,
    'no end line': good.replace(/-----END.*/, ''),
    'another end line': good.replace('END PUBLIC KEY', 'END RSA PUBLIC KEY'),
    'an empty block': '-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n',
    'a certificate': certificatePem({ spki }),
    'another label': good.replaceAll('PUBLIC KEY', 'PARAMETERS'),
    'lower-case label': good.replaceAll('PUBLIC KEY', 'public key'),
    'not base64': good.replace(/\nM/, '\n*'),
    'url base64': pem('PUBLIC KEY', join(spki, [0xfb, 0xff, 0xbf]))
      .replaceAll('+', '-')
      .replaceAll('/', '_'),
    'trailing byte in the DER': pem('PUBLIC KEY', join(spki, [0])),
    'cut short': pem('PUBLIC KEY', spki.slice(0, -1)),
    headers: good.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n\n'),
    'too long': good.replace('-----\n', `-----\n${'\n'.repeat(MAX_PEM_LENGTH)}`),
  };
  for (const [what, text] of Object.entries(bad)) await refuses(text, what);
  for (const text of [
    good.trimEnd(),
    good.replaceAll('\n', '\r\n'),
    `${good}\n\n  \n`,
    good.replace(/\n(?!-|$)/g, '\n'),
  ]) {
    equal((await parsePublicKeyPem(text)).spki, spki);
  }
});

const EC = [0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256 = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const RSA = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const NULL = [0x05, 0x00];
const spkiOf = (algorithm: number[][], key: Uint8Array) =>
  der(0x30, der(0x30, ...algorithm), der(0x03, [0], key));
const refusesDer = (spki: Bytes, what: string) => throws(() => parsePublicKey(spki), 'Malformed', what);

test('A72 points off their curve and explicit curve parameters are refused', async () => {
  const { spki } = await makeKey();
  const point = spki.slice(-65);
  equal((await parsePublicKey(spkiOf([EC, P256], point))).spki, spki, 'the control');
  const off = point.slice();
  off[64] = (off[64] ?? 0) ^ 1;
  const prime = fromHex('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'p');
  const bad: Record<string, Bytes> = {
    'off the curve': spkiOf([EC, P256], off),
    infinity: spkiOf([EC, P256], Uint8Array.of(0)),
    zero: spkiOf([EC, P256], join([4], new Uint8Array(64))),
    compressed: spkiOf([EC, P256], join([2 + ((point[64] ?? 0) & 1)], point.slice(1, 33))),
    hybrid: spkiOf([EC, P256], join([6 + ((point[64] ?? 0) & 1)], point.slice(1))),
    'x not below p': spkiOf([EC, P256], join([4], prime, point.slice(33))),
    'too long': spkiOf([EC, P256], join(point, [0])),
    'explicit parameters': spkiOf([EC, [...der(0x30, [2, 1, 1])]], point),
    'no parameters': spkiOf([EC], point),
    'null parameters': spkiOf([EC, NULL], point),
    secp256k1: spkiOf([EC, [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]], point),
    'P-384 with a P-256 point': spkiOf([EC, [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]], point),
    'parameters twice': spkiOf([EC, P256, P256], point),
    'unused bits': der(0x30, der(0x30, EC, P256), der(0x03, [1], point)),
  };
  for (const [what, key] of Object.entries(bad)) await refusesDer(key, what);
});

test('A72 an RSA key must have 2048 to 4096 bits, an odd modulus and a supported exponent', async () => {
  const modulus = (bits: number, low = 1) =>
    fromHex(
      `${(0x80 >> ((8 - (bits % 8)) % 8)).toString(16).padStart(2, '0')}${randomHex(Math.ceil(bits / 8) - 2)}${low.toString(16).padStart(2, '0')}`,
      'n',
    );
  const rsa = (n: Uint8Array, e: number[] = [1, 0, 1], algorithm = [RSA, NULL]) =>
    spkiOf(algorithm, der(0x30, derInteger(n), derInteger(Uint8Array.from(e))));
  for (const bits of [2048, 3072, 4096, 2049])
    equal(algorithmName(await parsePublicKey(rsa(modulus(bits)))), `rsa-${bits}`);
  for (const bits of [512, 1024, 2047, 4097, 8192]) await refusesDer(rsa(modulus(bits)), `${bits} bits`);
  const good = modulus(2048);
  await refusesDer(rsa(modulus(2048, 2)), 'an even modulus');
  equal(algorithmName(await parsePublicKey(rsa(good, [3]))), 'rsa-2048', 'exponent 3');
  for (const e of [[0], [1], [2], [5], [17], [35], [1, 0, 0], [1, 0, 3], [1, 0, 0, 0, 1]])
    await refusesDer(rsa(good, e), `exponent ${e}`);
  await refusesDer(rsa(good, [1, 0, 1], [RSA]), 'no parameters');
  await refusesDer(rsa(good, [1, 0, 1], [RSA, P256]), 'other parameters');
  await refusesDer(
    spkiOf([RSA, NULL], join(der(0x30, derInteger(good), derInteger(Uint8Array.of(3))), [0])),
    'a trailing byte',
  );
  await refusesDer(
    spkiOf([RSA, NULL], der(0x30, der(2, good), derInteger(Uint8Array.of(3)))),
    'a negative modulus',
  );
  await refusesDer(
    spkiOf([RSA, NULL], der(0x30, der(2, [0, 0], good), derInteger(Uint8Array.of(3)))),
    'a redundant leading zero',
  );
});

test('A18 unsupported key types are refused on import', async () => {
  const point = (await makeKey('ed25519')).spki.slice(-32);
  const oids = {
    X25519: [0x2b, 0x65, 0x6e],
    Ed448: [0x2b, 0x65, 0x71],
    'RSA-PSS': [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
    DSA: [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01],
  };
  for (const [what, oid] of Object.entries(oids)) await refusesDer(spkiOf([[...der(6, oid)]], point), what);
  const ed25519 = [[...der(6, [0x2b, 0x65, 0x70])]];
  equal(algorithmName(await parsePublicKey(spkiOf(ed25519, point))), 'ed25519', 'the control');
  await refusesDer(spkiOf(ed25519, point.slice(1)), 'a short Ed25519 key');
  await refusesDer(spkiOf([...ed25519, NULL], point), 'Ed25519 with parameters');
});

test('A72 Ed25519 keys with a small-order component or a non-canonical encoding are refused', async () => {
  const good = (await makeKey('ed25519')).spki;
  equal((await parsePublicKey(good)).spki, good, 'the control');
  const keyOf = (hex: string) => join(good.slice(0, -32), fromHex(hex, 'key'));
  const bad = {
    'the neutral element': `01${'00'.repeat(31)}`,
    'order 2': `ec${'ff'.repeat(30)}7f`,
    'order 4': '00'.repeat(32),
    'order 8': '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'the sum of the base point and a point of order 8': toHex(mixedPoint()),
    'y not below p': `ee${'ff'.repeat(30)}7f`,
    'not a point': `02${'00'.repeat(31)}`,
    'a sign on x = 0': `01${'00'.repeat(30)}80`,
  };
  for (const [what, hex] of Object.entries(bad)) await refusesDer(keyOf(hex), what);
});

/** A validly encoded point that is not in the prime-order group of real keys. */
function mixedPoint(): Uint8Array {
  const small = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05');
  return ed25519.Point.BASE.add(small).toBytes();
}

test('A72 an RSA key has one fingerprint, as PKCS#1 and as SPKI', async () => {
  const signer = await makeKey('rsa-2048');
  const key = await parsePublicKeyPem(signer.pem);
  // SEQUENCE header 4, algorithm 15, BIT STRING header 4, unused bits 1.
  const pkcs1 = signer.spki.slice(24);
  equal((await parsePublicKeyPem(pem('RSA PUBLIC KEY', pkcs1))).fingerprint, key.fingerprint);
  await refuses(pem('RSA PUBLIC KEY', signer.spki), 'SPKI under the PKCS#1 label');
  await refuses(pem('PUBLIC KEY', pkcs1), 'PKCS#1 under the SPKI label');
});
