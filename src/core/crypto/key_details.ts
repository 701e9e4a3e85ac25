// Protobuf's names for key algorithms (sigstore/protobuf-specs sigstore_common.proto, PublicKeyDetails).
import type { CurveName } from './elliptic_curve.ts';
import type { PublicKey } from './public_key.ts';
import type { SignatureHash } from './signature.ts';

const CURVES: Record<CurveName, string> = {
  'P-256': 'PKIX_ECDSA_P256_SHA_256',
  'P-384': 'PKIX_ECDSA_P384_SHA_384',
  'P-521': 'PKIX_ECDSA_P521_SHA_512',
};

/** The names under which a key may be listed. An Ed25519 key has two: one for pure Ed25519, one for Ed25519ph. */
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

/** Whether the log states that it verified the signature with this key and hash. */
export function isLoggedAs(keyDetails: string, key: PublicKey, hash: SignatureHash): boolean {
  if (key.algorithm.name === 'Ed25519')
    return keyDetails === (hash === 'none' ? 'PKIX_ED25519' : 'PKIX_ED25519_PH');
  return keyDetailsOf(key).includes(keyDetails);
}
