// Signatures of a log itself, under promises and checkpoints: Ed25519 plainly, other keys over SHA-256.
import { messageOfBytes } from '../crypto/message.ts';
import type { PublicKey } from '../crypto/public_key.ts';
import { rawSignature, verifyRawSignature } from '../crypto/signature.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';

/** Whether it verifies; what is no signature of the key's kind does not. */
export async function isLogSignature(key: PublicKey, message: Bytes, signature: Bytes): Promise<boolean> {
  const raw = attempt(() => rawSignature(key, signature));
  if (raw instanceof Malformed) return false;
  const hash = key.algorithm.name === 'Ed25519' ? 'none' : 'sha256';
  return verifyRawSignature(key, hash, messageOfBytes(message), raw);
}
