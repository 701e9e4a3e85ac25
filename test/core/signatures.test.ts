// Signatures: their encodings, and under which keys and hashes they verify.
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { CURVES } from '../../src/core/crypto/elliptic_curve.ts';
import { messageOfBytes } from '../../src/core/crypto/message.ts';
import {
  algorithmName,
  parsePublicKey,
  parsePublicKeyPem,
  rsaNumbers,
} from '../../src/core/crypto/public_key.ts';
import {
  ecdsaRaw,
  isVerifiable,
  rawSignature,
  type SignatureHash,
  verifyRawSignature,
  verifySignature,
} from '../../src/core/crypto/signature.ts';
import { toHex } from '../../src/core/encoding/bytes.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, hex, join, unbase64, unhex, utf8 } from '../support/bytes.ts';
import { type Algorithm, der, derInteger, type Hash, makeKey } from '../support/keys.ts';

const MESSAGE = utf8('what is signed');
const ALGORITHMS: Algorithm[] = ['P-256', 'P-384', 'P-521', 'rsa-2048', 'rsa-3072', 'ed25519'];
const HASHES = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
const RFC_8032_SECRET = unhex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42');
const littleEndian = (value: bigint) => unhex(value.toString(16).padStart(64, '0')).reverse();
const power = (base: bigint, exponent: bigint, modulus: bigint): bigint =>
  exponent === 0n
    ? 1n
    : (power((base * base) % modulus, exponent >> 1n, modulus) * (exponent & 1n ? base : 1n)) % modulus;
const flipped = (bytes: Bytes, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));

describe('signatures', () => {
  const hashesOf = (algorithm: Algorithm): SignatureHash[] =>
    algorithm === 'ed25519'
      ? ['none']
      : algorithm.startsWith('P-')
        ? ['sha256', 'sha384', 'sha512']
        : ['sha256'];

  test.each(ALGORITHMS)('by %s verify only with their key, hash and message', async (algorithm) => {
    const signer = await makeKey(algorithm);
    const key = await parsePublicKeyPem(signer.pem);
    const stranger = await parsePublicKeyPem((await makeKey(algorithm)).pem);
    expect(algorithmName(key)).toBe(
      algorithm.startsWith('P-') ? `ecdsa-${algorithm.toLowerCase().replace('-', '')}` : algorithm,
    );
    for (const hash of hashesOf(algorithm)) {
      const signature = await signer.sign(MESSAGE, hash === 'none' ? undefined : (HASHES[hash] as Hash));
      expect(await verifySignature(key, hash, MESSAGE, signature)).toBe(true);
      expect(await verifySignature(stranger, hash, MESSAGE, signature)).toBe(false);
      expect(await verifySignature(key, hash, flipped(MESSAGE, 0), signature)).toBe(false);
      const other: SignatureHash = hash === 'sha256' ? 'sha512' : 'sha256';
      if (algorithm.startsWith('P-'))
        expect(await verifySignature(key, other, MESSAGE, signature)).toBe(false);
      if (hash === 'none') continue;
      // The same if only the digest is known.
      const digest = new Uint8Array(await crypto.subtle.digest(HASHES[hash], MESSAGE));
      const raw = rawSignature(key, signature);
      const over = (bytes: Bytes) => ({ digests: { [hash]: bytes } });
      expect(isVerifiable(hash, over(digest))).toBe(true);
      expect(await verifyRawSignature(key, hash, over(digest), raw)).toBe(true);
      expect(await verifyRawSignature(key, hash, over(flipped(digest, 3)), raw)).toBe(false);
      expect(await verifyRawSignature(stranger, hash, over(digest), raw)).toBe(false);
      for (const at of [0, 1, raw.length / 2, raw.length - 1]) {
        const broken = flipped(raw, at) as typeof raw;
        expect(await verifyRawSignature(key, hash, over(digest), broken)).toBe(false);
      }
    }
  });

  test('by RSA over a given digest verify with every hash and exponent, if the signature is below the modulus', async () => {
    for (const [hash, name] of Object.entries(HASHES) as [keyof typeof HASHES, Hash][]) {
      for (const publicExponent of [Uint8Array.of(3), Uint8Array.of(1, 0, 1)]) {
        const parameters = { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent, hash: name };
        const pair = (await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])) as CryptoKeyPair;
        const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
        const key = await parsePublicKey(spki);
        const signature = new Uint8Array(await crypto.subtle.sign(parameters.name, pair.privateKey, MESSAGE));
        const digest = new Uint8Array(await crypto.subtle.digest(name, MESSAGE));
        const verify = (raw: Bytes) =>
          verifyRawSignature(key, hash, { digests: { [hash]: digest } }, rawSignature(key, raw));
        expect(await verify(signature)).toBe(true);
        const { modulus, exponent } = rsaNumbers(key);
        expect(exponent).toBe(publicExponent.length === 1 ? 3n : 65537n);
        const beyond = BigInt(`0x${hex(signature)}`) + modulus;
        if (beyond < 2n ** 2048n)
          expect(await verify(unhex(beyond.toString(16).padStart(512, '0')))).toBe(false);
        expect(await verify(unhex(modulus.toString(16)))).toBe(false);
        // The owner of the key signs the encoded digest with another first byte than 0.
        const encoded = power(BigInt(`0x${hex(signature)}`), exponent, modulus);
        const { d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
        const secret = BigInt(`0x${hex(unbase64(d.replaceAll('-', '+').replaceAll('_', '/')))}`);
        const signed = (value: bigint) => power(value, secret, modulus).toString(16).padStart(512, '0');
        expect(await verify(unhex(signed(encoded)))).toBe(true);
        expect(await verify(unhex(signed(encoded + 2n ** 2040n)))).toBe(false);
      }
    }
  }, 60_000);

  test('by Ed25519ph verify as in RFC 8032 §7.3, and not as plain Ed25519', async () => {
    const spki = (raw: string) => join(unhex('302a300506032b6570032100'), unhex(raw));
    const key = await parsePublicKey(
      spki('ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf'),
    );
    const genuine = rawSignature(
      key,
      unhex(
        '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
          '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
      ),
    );
    const sha512 = new Uint8Array(await crypto.subtle.digest('SHA-512', utf8('abc')));
    for (const message of [messageOfBytes(utf8('abc')), { digests: { sha512 } }])
      expect(await verifyRawSignature(key, 'sha512', message, genuine)).toBe(true);
    expect(await verifyRawSignature(key, 'none', messageOfBytes(utf8('abc')), genuine)).toBe(false);
    expect(
      await verifyRawSignature(key, 'sha512', { digests: { sha512: flipped(sha512, 0) } }, genuine),
    ).toBe(false);
    for (const at of [0, 31, 32, 62]) {
      const broken = flipped(genuine, at) as typeof genuine;
      expect(await verifyRawSignature(key, 'sha512', messageOfBytes(utf8('abc')), broken)).toBe(false);
    }
    const plain = rawSignature(key, ed25519.sign(utf8('abc'), RFC_8032_SECRET));
    expect(await verifyRawSignature(key, 'none', messageOfBytes(utf8('abc')), plain)).toBe(true);
    expect(await verifyRawSignature(key, 'sha512', messageOfBytes(utf8('abc')), plain)).toBe(false);
  });

  test('by Ed25519ph need the canonical encoding of their point', async () => {
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(RFC_8032_SECRET);
    const key = await parsePublicKey(join(unhex('302a300506032b6570032100'), pointBytes));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', MESSAGE));
    // With R as the neutral point, y = 1, S = k·a satisfies the equation (RFC 8032 §5.1.7); y = p + 1 encodes the same point.
    const withPoint = async (y: bigint) => {
      const point = littleEndian(y);
      const prefix = join(utf8('SigEd25519 no Ed25519 collisions'), [1, 0]);
      const hash = await crypto.subtle.digest('SHA-512', join(prefix, point, pointBytes, digest));
      const k = BigInt(`0x${hex(new Uint8Array(hash).reverse())}`);
      const s = littleEndian((k * scalar) % ed25519.Point.Fn.ORDER);
      const raw = rawSignature(key, join(point, s));
      return verifyRawSignature(key, 'sha512', { digests: { sha512: digest } }, raw);
    };
    expect(await withPoint(1n)).toBe(true);
    expect(await withPoint(2n ** 255n - 19n + 1n)).toBe(false);
  });

  test('need the message’s bytes if the algorithm includes the hash', () => {
    const named = { digests: { sha256: new Uint8Array(32) } };
    expect([
      isVerifiable('none', named),
      isVerifiable('sha512', named),
      isVerifiable('sha256', named),
    ]).toEqual([false, false, true]);
    expect(isVerifiable('none', messageOfBytes(MESSAGE))).toBe(true);
  });

  test('must have the length for their algorithm', async () => {
    const [rsa, ed] = [
      await parsePublicKeyPem((await makeKey('rsa-2048')).pem),
      await parsePublicKeyPem((await makeKey('ed25519')).pem),
    ];
    for (const [key, length] of [
      [rsa, 256],
      [ed, 64],
    ] as const) {
      expect(rawSignature(key, new Uint8Array(length))).toHaveLength(length);
      for (const other of [length - 1, length + 1, 0])
        expect(() => rawSignature(key, new Uint8Array(other))).toThrow(`signature has ${length} bytes`);
    }
  });

  test.each(['P-256', 'P-384', 'P-521'] as const)('by %s must have 0 < r, s < n in DER', (curve) => {
    const { size, order } = CURVES[curve];
    const n = BigInt(`0x${toHex(order)}`);
    const integer = (value: bigint) => {
      const digits = value.toString(16);
      return derInteger(unhex(digits.padStart(digits.length + (digits.length % 2), '0')));
    };
    const pair = (...values: bigint[]) => der(0x30, ...values.map(integer));
    const raw = ecdsaRaw(pair(1n, n - 1n), curve);
    expect(toHex(raw)).toBe(`${'1'.padStart(2 * size, '0')}${(n - 1n).toString(16).padStart(2 * size, '0')}`);
    expect(toHex(ecdsaRaw(pair(n - 1n, 1n), curve))).toBe(
      `${(n - 1n).toString(16).padStart(2 * size, '0')}${'1'.padStart(2 * size, '0')}`,
    );
    for (const bad of [
      pair(n, 1n),
      pair(1n, n),
      pair(n + 1n, 1n),
      pair(1n, n + 1n),
      pair(1n),
      pair(1n, 1n, 1n),
      pair(0n, 1n),
      pair(1n, 0n),
      pair(256n ** BigInt(size), 1n),
    ])
      expect(() => ecdsaRaw(bad, curve)).toThrow(Malformed);
    expect(() => ecdsaRaw(join(pair(1n, 1n), Uint8Array.of(0)), curve)).toThrow(Malformed);
  });
});
