// The NIST curves (SEC 2 v2.0 §2.4.2, §2.5.1 and §2.6.1) and Ed25519 points (RFC 8032 §5.1.3), as needed to validate a key strictly
// before it reaches WebCrypto.
import { ed25519 } from '@noble/curves/ed25519.js';
import { type Bytes, fromHex, toHex } from '../encoding/bytes.ts';

export type CurveName = 'P-256' | 'P-384' | 'P-521';

interface Curve {
  oid: string;
  /** Length of a coordinate, and of r and s, in bytes. */
  size: number;
  prime: bigint;
  b: bigint;
  /** The group order, big-endian, `size` bytes. */
  order: Bytes;
}

export const CURVES: Record<CurveName, Curve> = {
  'P-256': {
    oid: '1.2.840.10045.3.1.7',
    size: 32,
    prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: orderOf('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  },
  'P-384': {
    oid: '1.3.132.0.34',
    size: 48,
    prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order: orderOf(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
  },
  'P-521': {
    oid: '1.3.132.0.35',
    size: 66,
    prime: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    order: orderOf(
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
  },
};

/** Whether an uncompressed point (0x04 ‖ x ‖ y, SEC 1 §2.3.3) satisfies y² = x³ − 3x + b over the curve's field. */
export function isOnCurve(name: CurveName, point: Uint8Array): boolean {
  const { size, prime, b } = CURVES[name];
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false;
  const x = BigInt(`0x${toHex(point.subarray(1, 1 + size))}`);
  const y = BigInt(`0x${toHex(point.subarray(1 + size))}`);
  if ([x, y].some((coordinate) => coordinate >= prime)) return false;
  return (y * y - (x * x * x - 3n * x + b)) % prime === 0n;
}

/**
 * Whether the 32 bytes are the canonical encoding of a point in Ed25519's prime-order subgroup. With a small-order key, anyone can
 * make a signature that verifies for many messages, and runtimes differ on which messages.
 */
export function isEd25519Point(bytes: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(bytes);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

function orderOf(digits: string): Bytes {
  return fromHex(digits, 'order of a curve');
}
