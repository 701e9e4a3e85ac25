// Which hash may stand under a signature: the format and the key decide, never the signature's own words, and nothing else is
// tried.
import type { PublicKey } from './public_key.ts';
import type { SignatureHash } from './signature.ts';

/**
 * What cosign keeps as annotations and in its old blob bundles, the usual hash first. Up to 2.5 it hashed with SHA-256 on every
 * curve, since 2.6 with the curve's own; Ed25519 was plain and is Ed25519ph since 2.6 (sigstore/cosign internal/key).
 */
export function cosignHashes({ algorithm }: PublicKey): SignatureHash[] {
  if (algorithm.name === 'Ed25519') return ['none', 'sha512'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-384') return ['sha384', 'sha256'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-521') return ['sha512', 'sha256'];
  return ['sha256'];
}

/** DSSE envelopes beside an image, by the same cosign versions; Ed25519 signs an envelope plainly or not at all. */
export function cosignEnvelopeHashes(key: PublicKey): SignatureHash[] {
  return key.algorithm.name === 'Ed25519' ? ['none'] : cosignHashes(key);
}

/** Messages in Sigstore bundles: Ed25519ph is for them, and not for envelopes. */
export function bundleMessageHashes(key: PublicKey): SignatureHash[] {
  return key.algorithm.name === 'Ed25519' ? ['none', 'sha512'] : bundleEnvelopeHashes(key);
}

/** Envelopes in Sigstore bundles (sigstore/protobuf-specs PublicKeyDetails): one hash a key. */
export function bundleEnvelopeHashes({ algorithm }: PublicKey): SignatureHash[] {
  if (algorithm.name === 'Ed25519') return ['none'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-384') return ['sha384'];
  if (algorithm.name === 'ECDSA' && algorithm.curve === 'P-521') return ['sha512'];
  return ['sha256'];
}
