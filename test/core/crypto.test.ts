// Keys, points, digests and signatures, each bound to the letter of its specification.
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import { certificateSpki } from '../../src/core/crypto/certificate.ts';
import {
  digestHex,
  isArtifactDigest,
  isDigest,
  isHashName,
  parseDigest,
  parseHash,
  splitDigest,
} from '../../src/core/crypto/digest.ts';
import { CURVES, type CurveName, isEd25519Point, isOnCurve } from '../../src/core/crypto/elliptic_curve.ts';
import { isLoggedAs, keyDetailsOf } from '../../src/core/crypto/key_details.ts';
import {
  hasHash,
  isNamedBy,
  messageHash,
  messageOfBytes,
  messageOfDigest,
} from '../../src/core/crypto/message.ts';
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
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, hex, join, sha256, unbase64, unhex, utf8 } from '../support/bytes.ts';
import { type Algorithm, certificatePem, der, derInteger, type Hash, makeKey, pem } from '../support/keys.ts';

const MESSAGE = utf8('what is signed');
const ALGORITHMS: Algorithm[] = ['P-256', 'P-384', 'P-521', 'rsa-2048', 'rsa-3072', 'ed25519'];
const NOBLE = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };
const HASHES = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
const RFC_8032_SECRET = unhex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42');
const littleEndian = (value: bigint) => unhex(value.toString(16).padStart(64, '0')).reverse();
const power = (base: bigint, exponent: bigint, modulus: bigint): bigint =>
  exponent === 0n
    ? 1n
    : (power((base * base) % modulus, exponent >> 1n, modulus) * (exponent & 1n ? base : 1n)) % modulus;
const flipped = (bytes: Bytes, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));

describe('digests', () => {
  const digits = 'a'.repeat(64);
  const digest = `sha256:${digits}`;

  test('of manifests are sha256 in 64 lower-case digits, and nothing else', () => {
    expect(isDigest(digest)).toBe(true);
    expect(parseDigest(digest)).toBe(digest);
    expect(digestHex(parseDigest(digest))).toBe(digits);
    for (const other of [
      ` ${digest}`,
      `${digest} `,
      `${digest}a`,
      digest.slice(0, -1),
      digest.toUpperCase(),
      digits,
    ]) {
      expect(isDigest(other)).toBe(false);
      expect(() => parseDigest(other)).toThrow(
        'digest: expected sha256: and 64 lower-case hexadecimal digits',
      );
    }
    expect(isDigest([digest])).toBe(false);
    expect(isDigest(`sha512:${'a'.repeat(128)}`)).toBe(false);
    expect(() => parseDigest('x', 'child')).toThrow(/^child: /);
  });

  test.each([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ] as const)('of artifacts may be %s, in %d digits', (algorithm, length) => {
    const named = `${algorithm}:${'0f'.repeat(length / 2)}`;
    expect(isArtifactDigest(named)).toBe(true);
    if (!isArtifactDigest(named)) return;
    expect(splitDigest(named)).toEqual({ algorithm, hash: new Uint8Array(length / 2).fill(15) });
    for (const other of [`x${named}`, `${named}0`, named.slice(0, -1), `${named.slice(0, -1)}F`, [named]])
      expect(isArtifactDigest(other)).toBe(false);
    expect(parseHash(algorithm, '0f'.repeat(length / 2), 'x')).toHaveLength(length / 2);
    expect(() => parseHash(algorithm, '0f'.repeat(length / 2 - 1), 'x')).toThrow(Malformed);
    expect(isHashName(algorithm)).toBe(true);
  });

  test.each(['sha1', 'SHA256', 'toString', '', ['sha256'], undefined])('%j is no hash', (name) =>
    expect(isHashName(name)).toBe(false),
  );
});

describe('points', () => {
  /** 0x04 ‖ x ‖ y. */
  const point = (curve: CurveName, x: bigint, y: bigint) => {
    const bytes = (value: bigint) => unhex(value.toString(16).padStart(2 * CURVES[curve].size, '0'));
    return join(Uint8Array.of(4), bytes(x), bytes(y));
  };

  test.each(['P-256', 'P-384', 'P-521'] as const)('of %s', (curve) => {
    const { Gx, Gy, p, n, b } = NOBLE[curve].Point.CURVE();
    const { prime, order, size } = CURVES[curve];
    expect([prime, BigInt(`0x${toHex(order)}`), order.length, CURVES[curve].b]).toEqual([p, n, size, b]);
    expect(isOnCurve(curve, point(curve, Gx, Gy))).toBe(true);
    expect(isOnCurve(curve, point(curve, Gx, prime - Gy))).toBe(true);
    expect(isOnCurve(curve, point(curve, Gx, Gy + 1n))).toBe(false);
    expect(isOnCurve(curve, point(curve, Gx + 1n, Gy))).toBe(false);
    expect(isOnCurve(curve, join(point(curve, Gx, Gy), Uint8Array.of(0)))).toBe(false);
    expect(isOnCurve(curve, point(curve, Gx, Gy).subarray(0, -1))).toBe(false);
    const [before, y] = [point(curve, Gx, Gy).subarray(0, 1 + size), point(curve, Gx, Gy).subarray(1 + size)];
    expect(isOnCurve(curve, join(before, [0], y))).toBe(false);
    expect(
      isOnCurve(
        curve,
        Uint8Array.from(point(curve, Gx, Gy), (byte, at) => (at === 0 ? 2 : byte)),
      ),
    ).toBe(false);
    // The point with x = 0, and its other spelling.
    const root = NOBLE[curve].Point.Fp.sqrt(b);
    expect(isOnCurve(curve, point(curve, 0n, root))).toBe(true);
    expect(isOnCurve(curve, point(curve, prime, root))).toBe(false);
  });

  test('of P-521 have room for coordinates beyond the prime, which are refused', () => {
    const { Gx, Gy } = p521.Point.CURVE();
    const { prime } = CURVES['P-521'];
    expect(isOnCurve('P-521', point('P-521', Gx + prime, Gy))).toBe(false);
    expect(isOnCurve('P-521', point('P-521', Gx, Gy + prime))).toBe(false);
  });

  test('of Ed25519: of the large group, in 32 bytes', async () => {
    const own = (await makeKey('ed25519')).spki.subarray(-32);
    expect(isEd25519Point(own)).toBe(true);
    for (const other of [join(own, Uint8Array.of(0)), own.subarray(1), new Uint8Array(32), new Uint8Array(0)])
      expect(isEd25519Point(other)).toBe(false);
    const identity = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
    expect(isEd25519Point(identity)).toBe(false);
    // y = 3 + p: the other spelling of a point of mixed order.
    const mixed = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 0xf0 : at === 31 ? 0x7f : 0xff));
    expect(isEd25519Point(mixed)).toBe(false);
    expect(isEd25519Point(Uint8Array.of(3, ...new Uint8Array(31)))).toBe(false);
  });
});

describe('key details', () => {
  test.each<[Algorithm, string[]]>([
    ['P-256', ['PKIX_ECDSA_P256_SHA_256']],
    ['P-384', ['PKIX_ECDSA_P384_SHA_384']],
    ['P-521', ['PKIX_ECDSA_P521_SHA_512']],
    ['rsa-2048', ['PKIX_RSA_PKCS1V15_2048_SHA256']],
    ['rsa-3072', ['PKIX_RSA_PKCS1V15_3072_SHA256']],
    ['ed25519', ['PKIX_ED25519', 'PKIX_ED25519_PH']],
  ])('of %s', async (algorithm, names) => {
    const key = await parsePublicKey((await makeKey(algorithm)).spki);
    expect(keyDetailsOf(key)).toEqual(names);
    for (const hash of ['none', 'sha512'] as const) {
      const own = algorithm !== 'ed25519' ? names[0] : hash === 'none' ? names[0] : names[1];
      for (const name of [...names, 'PKIX_ED25519', 'PKIX_ED25519_PH', 'PKIX_ECDSA_P256_SHA_256', ''])
        expect(isLoggedAs(name, key, hash)).toBe(name === own);
    }
  });
});

describe('certificates', () => {
  test('with a version and without one have their key in the same place', async () => {
    const signer = await makeKey();
    const whole = unbase64(certificatePem(signer).replace(/-----[A-Z ]+-----|\s/g, ''));
    expect(certificateSpki(whole)).toEqual(signer.spki);
    expect(() => certificateSpki(join(whole, [0]))).toThrow(Malformed);
    const algorithm = der(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    const oldest = der(
      0x30,
      derInteger(Uint8Array.of(7)),
      algorithm,
      der(0x30),
      der(0x30),
      der(0x30),
      signer.spki,
    );
    expect(certificateSpki(der(0x30, oldest, algorithm, der(0x03, [0, 1])))).toEqual(signer.spki);
  });
});

describe('messages', () => {
  test('are known by their bytes, or by the digests that somebody has given', async () => {
    const whole = messageOfBytes(MESSAGE);
    const named = messageOfDigest(parseDigest(`sha256:${hex(await sha256(MESSAGE))}`));
    expect([hasHash(whole, 'sha512'), hasHash(named, 'sha512'), hasHash(named, 'sha256')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await messageHash(named, 'sha512')).toBeUndefined();
    expect(await messageHash(named, 'sha256')).toEqual(await sha256(MESSAGE));
    expect(await messageHash(whole, 'sha384')).toHaveLength(48);
    expect(whole.digests.sha384).toBe(await messageHash(whole, 'sha384'));
    const own = await sha256(MESSAGE);
    for (const message of [whole, named]) {
      expect(await isNamedBy(message, { sha256: own })).toBe(true);
      expect(await isNamedBy(message, { sha256: flipped(own, 31) })).toBe(false);
      expect(await isNamedBy(message, {})).toBe(false);
    }
    const other = { sha512: new Uint8Array(64) };
    expect(await isNamedBy(named, other)).toBe(false);
    expect(await isNamedBy(named, { sha256: own, ...other })).toBe(true);
    expect(await isNamedBy(whole, { sha256: own, ...other })).toBe(false);
  });
});

describe('signatures', () => {
  const hashesOf = (algorithm: Algorithm): SignatureHash[] =>
    algorithm === 'ed25519'
      ? ['none']
      : algorithm.startsWith('P-')
        ? ['sha256', 'sha384', 'sha512']
        : ['sha256'];

  test.each(ALGORITHMS)('by %s verify under their key, hash and message alone', async (algorithm) => {
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
      // The same where only the digest is known.
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

  test('by RSA over a known digest: with every hash and exponent, and a signature below the modulus', async () => {
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

  test('by Ed25519ph are those of RFC 8032 §7.3, and no plain ones', async () => {
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

  test('by Ed25519ph have their point in its one encoding', async () => {
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(RFC_8032_SECRET);
    const key = await parsePublicKey(join(unhex('302a300506032b6570032100'), pointBytes));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', MESSAGE));
    // R is the neutral point, y = 1, and then S = k·a fulfils the equation (RFC 8032 §5.1.7); y = p + 1 is the same point.
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

  test('need the bytes where the algorithm hashes by itself', () => {
    const named = { digests: { sha256: new Uint8Array(32) } };
    expect([
      isVerifiable('none', named),
      isVerifiable('sha512', named),
      isVerifiable('sha256', named),
    ]).toEqual([false, false, true]);
    expect(isVerifiable('none', messageOfBytes(MESSAGE))).toBe(true);
  });

  test('have the length of their kind', async () => {
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

  test.each(['P-256', 'P-384', 'P-521'] as const)('by %s have 0 < r, s < n in DER', (curve) => {
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

describe('public keys', () => {
  test('in PEM are public, and of the two labels', async () => {
    const signer = await makeKey();
    await expect(parsePublicKeyPem(await signer.privatePem())).rejects.toThrow(/private key/);
    await expect(parsePublicKeyPem(certificatePem(signer))).rejects.toThrow(/certificate/);
    await expect(parsePublicKeyPem(pem('EC PUBLIC KEY', signer.spki))).rejects.toThrow(/EC PUBLIC KEY/);
    expect((await parsePublicKeyPem(signer.pem)).fingerprint).toBe(signer.fingerprint);
  });

  test('by RSA have 2048 to 4096 bits, an odd modulus, and an exponent in use', async () => {
    const spkiOf = (modulus: bigint, exponent: Bytes) => {
      const digits = modulus.toString(16);
      const numbers = der(
        0x30,
        derInteger(unhex(digits.padStart(digits.length + (digits.length % 2), '0'))),
        derInteger(exponent),
      );
      const algorithm = fromHex('300d06092a864886f70d0101010500', 'x');
      return der(0x30, algorithm, der(0x03, [0, ...numbers]));
    };
    const usual = Uint8Array.of(1, 0, 1);
    for (const bits of [2048, 2049, 2055, 3072, 4096]) {
      const { algorithm } = await parsePublicKey(spkiOf(2n ** BigInt(bits) - 1n, usual));
      expect(algorithm).toEqual({ name: 'RSASSA-PKCS1-v1_5', bits });
      await expect(parsePublicKey(spkiOf(2n ** BigInt(bits - 1) + 1n, usual))).resolves.toMatchObject({
        algorithm: { bits },
      });
    }
    for (const bits of [1024, 2047, 4097])
      await expect(parsePublicKey(spkiOf(2n ** BigInt(bits) - 1n, usual))).rejects.toThrow(
        `RSA with ${bits} bits`,
      );
    await expect(parsePublicKey(spkiOf(2n ** 2048n - 2n, usual))).rejects.toThrow(/even/);
    for (const exponent of [1, 2, 5, 17])
      await expect(parsePublicKey(spkiOf(2n ** 2048n - 1n, Uint8Array.of(exponent)))).rejects.toThrow(
        /exponent/,
      );
    await expect(parsePublicKey(spkiOf(2n ** 2048n - 1n, Uint8Array.of(3)))).resolves.toBeDefined();
  });

  test('name their algorithm in full: parameters are there, or not, as each has them', async () => {
    const [p256Key, rsa, ed] = [await makeKey(), await makeKey('rsa-2048'), await makeKey('ed25519')];
    const replaced = (bytes: Bytes, from: string, to: string) => {
      const text = toHex(bytes);
      expect(text.includes(from)).toBe(true);
      return fromHex(text.replace(from, to), 'x');
    };
    for (const [bytes, problem] of [
      // secp256k1, in as many bytes less three.
      [
        replaced(
          p256Key.spki,
          '3059301306072a8648ce3d020106082a8648ce3d030107',
          '3056301006072a8648ce3d020106052b8104000a',
        ),
        /curve 1\.3\.132\.0\.10/,
      ],
      [replaced(p256Key.spki, '06082a8648ce3d030107', '04082a8648ce3d030107'), /must name a curve/],
      [
        replaced(p256Key.spki, '06072a8648ce3d0201', '06072a8648ce3d0202'),
        /algorithm 1\.2\.840\.10045\.2\.2/,
      ],
      [
        replaced(rsa.spki, '06092a864886f70d010101', '06092a864886f70d01010a'),
        /algorithm 1\.2\.840\.113549\.1\.1\.10/,
      ],
      [replaced(ed.spki, '302a300506032b6570', '302c300706032b65700500'), /public key/],
      [join(p256Key.spki, Uint8Array.of(0)), /public key/],
    ] as const)
      await expect(parsePublicKey(bytes)).rejects.toThrow(problem);
  });

  test('have nothing behind the last part of any part', async () => {
    const more = [0x05, 0x00];
    const parts = (spki: Bytes, identifier: number) => {
      const info = spki.subarray(spki[1] === 0x82 ? 4 : 2);
      return [info.subarray(0, identifier), info.subarray(identifier)] as const;
    };
    const end = async (spki: Bytes) => expect(parsePublicKey(spki)).rejects.toThrow(/unexpected bytes after/);
    for (const [algorithm, length] of [
      ['P-256', 21],
      ['rsa-2048', 15],
      ['ed25519', 7],
    ] as const) {
      const [identifier, point] = parts((await makeKey(algorithm)).spki, length);
      await expect(parsePublicKey(der(0x30, identifier, point))).resolves.toBeDefined();
      await end(der(0x30, der(0x30, identifier.subarray(2), more), point));
      await end(der(0x30, identifier, point, more));
    }
    const [identifier, bits] = parts((await makeKey('rsa-2048')).spki, 15);
    // BIT STRING, its length in two bytes, no unused bits, then the SEQUENCE of the two numbers.
    const numbers = bits.subarray(5 + 4);
    const rsa = (...contents: (Bytes | number[])[]) =>
      der(0x30, identifier, der(0x03, [0], der(0x30, ...contents)));
    await expect(parsePublicKey(rsa(numbers))).resolves.toBeDefined();
    await end(rsa(numbers, more));
  });
});
