// Which hashes a signature may use. The format and the key decide, never the signature itself, and no other hash is tried.
import type { PublicKey } from './public_key.ts';
import type { SignatureHash } from './signature.ts';

/**
 * For signatures in cosign's annotations and old blob bundles, the most common hash first. Up to 2.5, cosign used SHA-256 on every
 * curve and pure Ed25519; since 2.6 it uses each curve's own hash and Ed25519ph (sigstore/cosign internal/key).
 */
export function cosignHashes({ algorithm }: PublicKey): SignatureHash[] {
  if (algorithm.name === 'Ed25519') return ['none', 'sha512'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-384') return ['sha384', 'sha256'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-521') return ['sha512', 'sha256'];
  return ['sha256'];
}

/** For DSSE envelopes that the same cosign versions attach to an image. With Ed25519, envelopes are only ever signed with pure Ed25519. */
export function cosignEnvelopeHashes(key: PublicKey): SignatureHash[] {
  return key.algorithm.name === 'Ed25519' ? ['none'] : cosignHashes(key);
}

/** For messages in Sigstore bundles. Ed25519ph is used for messages but not for envelopes. */
export function bundleMessageHashes(key: PublicKey): SignatureHash[] {
  return key.algorithm.name === 'Ed25519' ? ['none', 'sha512'] : bundleEnvelopeHashes(key);
}

/** For envelopes in Sigstore bundles: one hash per key (sigstore/protobuf-specs PublicKeyDetails). */
export function bundleEnvelopeHashes({ algorithm }: PublicKey): SignatureHash[] {
  if (algorithm.name === 'Ed25519') return ['none'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-384') return ['sha384'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-521') return ['sha512'];
  return ['sha256'];
}
