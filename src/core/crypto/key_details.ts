// Key algorithms as protobuf names them (sigstore/protobuf-specs sigstore_common.proto, PublicKeyDetails).
import type { CurveName } from './elliptic_curve.ts';
import type { PublicKey } from './public_key.ts';
import type { SignatureHash } from './signature.ts';

const CURVES: Record<CurveName, string> = {
  'P-256': 'PKIX_ECDSA_P256_SHA_256',
  'P-384': 'PKIX_ECDSA_P384_SHA_384',
  'P-521': 'PKIX_ECDSA_P521_SHA_512',
};

/** The names under which a key may be listed: Ed25519 keys have two, by how they sign. */
export function keyDetailsOf({ algorithm }: PublicKey): string[] {
  switch (algorithm.name) {
    case 'ECDSA':
      return [CURVES[algorithm.curve]];
    case 'RSASSA-PKCS1-v1_5':
      return [`PKIX_RSA_PKCS1V15_${algorithm.bits}_SHA256`];
    case 'Ed25519':
      return ['PKIX_ED25519', 'PKIX_ED25519_PH'];
  }
}

/** Whether the log verified with this key and hash, by its own words. */
export function isLoggedAs(keyDetails: string, key: PublicKey, hash: SignatureHash): boolean {
  if (key.algorithm.name === 'Ed25519')
    return keyDetails === (hash === 'none' ? 'PKIX_ED25519' : 'PKIX_ED25519_PH');
  return keyDetailsOf(key).includes(keyDetails);
}
