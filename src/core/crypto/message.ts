// A message that is signed, or that a signature must be about: its bytes, or only its digests when the bytes are not available.
import { type Bytes, equalBytes, toHex } from '../encoding/bytes.ts';
import { type ArtifactDigest, type HashName, hashOf, splitDigest } from './digest.ts';

export interface Message {
  bytes?: Bytes;
  /** The known digests. If the bytes are present, these are the digests computed so far. */
  digests: Partial<Record<HashName, Bytes>>;
}

/** A message whose bytes are available. */
export type WholeMessage = Message & { bytes: Bytes };

export function messageOfBytes(bytes: Bytes): WholeMessage {
  return { bytes, digests: {} };
}

export function messageOfDigest(digest: ArtifactDigest): Message {
  const { algorithm, hash } = splitDigest(digest);
  return { digests: { [algorithm]: hash } };
}

/** Whether the message's hash is known or can be computed. */
export function hasHash({ bytes, digests }: Message, algorithm: HashName): boolean {
  return bytes !== undefined || digests[algorithm] !== undefined;
}

/** The message's hash; undefined when neither the hash nor the bytes are known. */
export async function messageHash(message: WholeMessage, algorithm: HashName): Promise<Bytes>;
export async function messageHash(message: Message, algorithm: HashName): Promise<Bytes | undefined>;
export async function messageHash(message: Message, algorithm: HashName): Promise<Bytes | undefined> {
  const known = message.digests[algorithm];
  if (known !== undefined || message.bytes === undefined) return known;
  const hash = await hashOf(algorithm, message.bytes);
  message.digests[algorithm] = hash;
  return hash;
}

/** Whether the stated digests are this message's: at least one can be compared, and every one that can be compared matches. */
export async function isNamedBy(
  message: Message,
  stated: Partial<Record<HashName, Bytes>>,
): Promise<boolean> {
  let compared = 0;
  for (const [algorithm, hash] of Object.entries(stated) as [HashName, Bytes][]) {
    const own = await messageHash(message, algorithm);
    if (own === undefined) continue;
    if (!equalBytes(own, hash)) return false;
    compared++;
  }
  return compared > 0;
}

/** For display: `sha256:…`; several are separated by spaces. */
export function describeDigests(digests: Partial<Record<HashName, Bytes>>): string {
  const known = Object.entries(digests).map(([algorithm, hash]) => `${algorithm}:${toHex(hash)}`);
  return known.length === 0 ? 'no digest' : known.join(' ');
}
