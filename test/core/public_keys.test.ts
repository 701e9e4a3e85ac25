// Public keys exactly as specified: in PEM and certificates, as curve points, and by the names that logs use for their algorithms.
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import { certificateSpki } from '../../src/core/crypto/certificate.ts';
import { CURVES, type CurveName, isEd25519Point, isOnCurve } from '../../src/core/crypto/elliptic_curve.ts';
import { isLoggedAs, keyDetailsOf } from '../../src/core/crypto/key_details.ts';
import { parsePublicKey, parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { fromHex, toHex } from '../../src/core/encoding/bytes.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, join, unbase64, unhex } from '../support/bytes.ts';
import { type Algorithm, certificatePem, der, derInteger, makeKey, pem } from '../support/keys.ts';

const NOBLE = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };

describe('public keys', () => {
  test('in PEM have one of the two labels of public keys', async () => {
    const signer = await makeKey();
    await expect(parsePublicKeyPem(await signer.privatePem())).rejects.toThrow(/private key/);
    await expect(parsePublicKeyPem(certificatePem(signer))).rejects.toThrow(/certificate/);
    await expect(parsePublicKeyPem(pem('EC PUBLIC KEY', signer.spki))).rejects.toThrow(/EC PUBLIC KEY/);
    expect((await parsePublicKeyPem(signer.pem)).fingerprint).toBe(signer.fingerprint);
  });

  test('of RSA have 2048 to 4096 bits, an odd modulus and a supported exponent', async () => {
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
        `RSA key has ${bits} bits`,
      );
    await expect(parsePublicKey(spkiOf(2n ** 2048n - 2n, usual))).rejects.toThrow(/even/);
    for (const exponent of [1, 2, 5, 17])
      await expect(parsePublicKey(spkiOf(2n ** 2048n - 1n, Uint8Array.of(exponent)))).rejects.toThrow(
        /exponent/,
      );
    await expect(parsePublicKey(spkiOf(2n ** 2048n - 1n, Uint8Array.of(3)))).resolves.toBeDefined();
  });

  test('have exactly the algorithm parameters that their algorithm requires', async () => {
    const [p256Key, rsa, ed] = [await makeKey(), await makeKey('rsa-2048'), await makeKey('ed25519')];
    const replaced = (bytes: Bytes, from: string, to: string) => {
      const text = toHex(bytes);
      expect(text.includes(from)).toBe(true);
      return fromHex(text.replace(from, to), 'x');
    };
    for (const [bytes, problem] of [
      // secp256k1, whose identifier is three bytes shorter.
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

  test('have no trailing bytes in any structure', async () => {
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
    // A BIT STRING with its length in two bytes and no unused bits, then the SEQUENCE of the two numbers.
    const numbers = bits.subarray(5 + 4);
    const rsa = (...contents: (Bytes | number[])[]) =>
      der(0x30, identifier, der(0x03, [0], der(0x30, ...contents)));
    await expect(parsePublicKey(rsa(numbers))).resolves.toBeDefined();
    await end(rsa(numbers, more));
  });
});

describe('points', () => {
  /** 0x04 ‖ x ‖ y. */
  const point = (curve: CurveName, x: bigint, y: bigint) => {
    const bytes = (value: bigint) => unhex(value.toString(16).padStart(2 * CURVES[curve].size, '0'));
    return join(Uint8Array.of(4), bytes(x), bytes(y));
  };

  test.each(['P-256', 'P-384', 'P-521'] as const)('of %s are accepted only as specified', (curve) => {
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
    // The point with x = 0, and its other encoding.
    const root = NOBLE[curve].Point.Fp.sqrt(b);
    expect(isOnCurve(curve, point(curve, 0n, root))).toBe(true);
    expect(isOnCurve(curve, point(curve, prime, root))).toBe(false);
  });

  test('of P-521 with coordinates beyond the prime are refused', () => {
    const { Gx, Gy } = p521.Point.CURVE();
    const { prime } = CURVES['P-521'];
    expect(isOnCurve('P-521', point('P-521', Gx + prime, Gy))).toBe(false);
    expect(isOnCurve('P-521', point('P-521', Gx, Gy + prime))).toBe(false);
  });

  test('of Ed25519 must be in the prime-order group, in 32 bytes', async () => {
    const own = (await makeKey('ed25519')).spki.subarray(-32);
    expect(isEd25519Point(own)).toBe(true);
    for (const other of [join(own, Uint8Array.of(0)), own.subarray(1), new Uint8Array(32), new Uint8Array(0)])
      expect(isEd25519Point(other)).toBe(false);
    const identity = Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0));
    expect(isEd25519Point(identity)).toBe(false);
    // y = 3 + p: the other encoding of a point of mixed order.
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
  ])('of %s are accepted only as specified', async (algorithm, names) => {
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
  test('with and without a version yield their key', async () => {
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
