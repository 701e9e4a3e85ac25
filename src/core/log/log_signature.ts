// Verifies a log's own signatures, on promises and checkpoints: pure Ed25519, or the hash that belongs to the key
// (sigstore/protobuf-specs PublicKeyDetails). Rekor v1's signers use SHA-256 with keys on any curve (sigstore/rekor pkg/signer), so v1
// logs may use SHA-256 too.
import { messageOfBytes } from '../crypto/message.ts';
import { rawSignature, type SignatureHash, verifyRawSignature } from '../crypto/signature.ts';
import { bundleEnvelopeHashes } from '../crypto/signature_hashes.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import type { VersionedLog } from '../trust/trusted_log.ts';

/** Whether the signature verifies. Bytes that are not a signature by this kind of key do not. */
export async function isLogSignature(
  log: Pick<VersionedLog, 'key' | 'version'>,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  const { key } = log;
  const raw = attempt(() => rawSignature(key, signature));
  if (raw instanceof Malformed) return false;
  const signed = messageOfBytes(message);
  for (const hash of logHashes(log)) if (await verifyRawSignature(key, hash, signed, raw)) return true;
  return false;
}

function logHashes({ key, version }: Pick<VersionedLog, 'key' | 'version'>): SignatureHash[] {
  const own = bundleEnvelopeHashes(key);
  const isWide = own.includes('sha384') || own.includes('sha512');
  return version === 1 && isWide ? [...own, 'sha256'] : own;
}
