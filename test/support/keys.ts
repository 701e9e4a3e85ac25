// Keys of every algorithm, made with WebCrypto, that sign as cosign does: ECDSA in DER, RSA PKCS#1 v1.5, plain Ed25519.
import { type Bytes, base64, digest, hex, join, unhex } from './bytes.ts';

export type Algorithm = 'P-256' | 'P-384' | 'P-521' | 'rsa-2048' | 'rsa-3072' | 'ed25519';
export type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512';

export interface Signer {
  algorithm: Algorithm;
  spki: Bytes;
  pem: string;
  /** `sha256:` and the hexadecimal SHA-256 of the SPKI. */
  fingerprint: string;
  sign(message: Uint8Array, hash?: Hash): Promise<Bytes>;
  /** The private key in PEM, for tests that it is rejected. */
  privatePem(): Promise<string>;
}

export async function makeKey(algorithm: Algorithm = 'P-256', rsaHash: Hash = 'SHA-256'): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey(generation(algorithm, rsaHash), true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const spki = new Uint8Array((await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer);
  return {
    algorithm,
    spki,
    pem: pem('PUBLIC KEY', spki),
    fingerprint: await digest(spki),
    async sign(message, hash = 'SHA-256') {
      const parameters = algorithm.startsWith('P-')
        ? { name: 'ECDSA', hash }
        : pair.privateKey.algorithm.name;
      const raw = await crypto.subtle.sign(parameters, pair.privateKey, message as Bytes);
      return algorithm.startsWith('P-') ? rawToDer(new Uint8Array(raw)) : new Uint8Array(raw);
    },
    async privatePem() {
      const pkcs8 = (await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer;
      return pem('PRIVATE KEY', new Uint8Array(pkcs8));
    },
  };
}

function generation(algorithm: Algorithm, hash: Hash) {
  if (algorithm === 'ed25519') return { name: 'Ed25519' };
  if (algorithm.startsWith('P-')) return { name: 'ECDSA', namedCurve: algorithm };
  return {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: Number(algorithm.slice(4)),
    publicExponent: Uint8Array.of(1, 0, 1),
    hash,
  };
}

export function pem(label: string, der: Uint8Array): string {
  const lines = base64(der).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** WebCrypto's r ‖ s as `SEQUENCE { INTEGER, INTEGER }`. */
function rawToDer(raw: Uint8Array): Bytes {
  const half = raw.length / 2;
  return der(0x30, derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
}

export function derInteger(magnitude: Uint8Array): Bytes {
  const first = magnitude.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Uint8Array.of(0) : magnitude.subarray(first);
  return der(0x02, (short[0] ?? 0) >= 0x80 ? [0] : [], short);
}

export function der(tag: number, ...contents: (Uint8Array | number[])[]): Bytes {
  const content = join(...contents);
  const size = content.length;
  if (size < 0x80) return join([tag, size], content);
  if (size < 0x100) return join([tag, 0x81, size], content);
  return join([tag, 0x82, size >> 8, size & 0xff], content);
}

/** A certificate's structure around a key. Its signature is a dummy, since nothing may trust it anyway. */
export function certificatePem({ spki }: Pick<Signer, 'spki'>): string {
  const version = der(0xa0, derInteger(Uint8Array.of(2)));
  const ecdsaWithSha256 = der(0x30, [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
  const time = (digits: string) => der(0x17, new TextEncoder().encode(digits));
  const validity = der(0x30, time('250101000000Z'), time('350101000000Z'));
  const tbs = der(
    0x30,
    version,
    derInteger(Uint8Array.of(7)),
    ecdsaWithSha256,
    der(0x30),
    validity,
    der(0x30),
    spki,
  );
  return pem('CERTIFICATE', der(0x30, tbs, ecdsaWithSha256, der(0x03, [0, 1, 2, 3])));
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The other signature of the same P-256 key over the same message: (r, n − s). Signing again would not do: some runtimes sign deterministically. */
export function twinSignature(signature: Uint8Array): Bytes {
  const r = signature.subarray(2, 4 + (signature[3] ?? 0));
  const s = signature.subarray(2 + r.length + 2);
  const twin = (P256_ORDER - BigInt(`0x${hex(s)}`)).toString(16).padStart(64, '0');
  return der(0x30, r, derInteger(unhex(twin)));
}
