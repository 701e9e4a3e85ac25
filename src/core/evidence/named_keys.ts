// The keys that the evidence names. They are only hints for which key to try first and how to describe a failure, never a reason to trust
// a key.
import { digestFromHash, sha256 } from '../crypto/digest.ts';
import type { PublicKey } from '../crypto/public_key.ts';
import { type Bytes, equalBytes } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import { onceFor } from '../memory/once.ts';
import type { Reading } from './reading.ts';

/** The keys in the evidence's log entries, or the bare key of an old bundle, as DER. */
export const namedKeys = onceFor(readNamedKeys);

function readNamedKeys({ entries, material }: Reading): Bytes[] {
  const logged =
    entries instanceof Malformed
      ? []
      : entries.flatMap(({ body }) => ('keySpki' in body ? [body.keySpki] : []));
  const bare =
    material === undefined || material.isCertificate || material.spki instanceof Malformed
      ? []
      : [material.spki];
  return [...logged, ...bare];
}

/** Whether the evidence names this key by one of these or by its hint. */
export function namesKey(reading: Reading, { spki, fingerprint }: PublicKey): boolean {
  return reading.hint === fingerprint || namedKeys(reading).some((named) => equalBytes(named, spki));
}

/** Whether the evidence has a certificate, or was logged with one, and so claims to be signed without a long-lived key. */
export function namesCertificate({ entries, material }: Reading): boolean {
  if (material?.isCertificate === true) return true;
  return (
    !(entries instanceof Malformed) &&
    entries.some(({ body }) => 'isCertificate' in body && body.isCertificate)
  );
}

/** The fingerprints of all keys that the evidence names, by hint too. */
export async function namedFingerprints(reading: Reading): Promise<string[]> {
  const hashes = await Promise.all(namedKeys(reading).map(sha256));
  const named = hashes.map((hash): string => digestFromHash(hash));
  return [...new Set([...named, ...(reading.hint === undefined ? [] : [reading.hint])])];
}
