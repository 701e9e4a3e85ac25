// Whose the evidence says it is: hints for which key to try first and for naming a failure, never a reason to trust one.
import { digestFromHash, sha256 } from './crypto/digest.ts';
import type { PublicKey } from './crypto/public_key.ts';
import { type Bytes, equalBytes } from './encoding/bytes.ts';
import { Malformed } from './encoding/malformed.ts';
import type { Reading } from './reading.ts';

const known = new WeakMap<Reading, Bytes[]>();

/** The keys that the evidence names, as DER: in its log entries, or as the bare key of an old bundle. */
export function namedKeys(reading: Reading): Bytes[] {
  const named = known.get(reading) ?? readNamedKeys(reading);
  known.set(reading, named);
  return named;
}

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

/** Whether the evidence names this key, there or by its hint. */
export function namesKey(reading: Reading, { spki, fingerprint }: PublicKey): boolean {
  return reading.hint === fingerprint || namedKeys(reading).some((named) => equalBytes(named, spki));
}

/** Whether the evidence came with a certificate, or was logged with one: it is signed without a long-lived key, it says. */
export function namesCertificate({ entries, material }: Reading): boolean {
  if (material?.isCertificate === true) return true;
  return (
    !(entries instanceof Malformed) &&
    entries.some(({ body }) => 'isCertificate' in body && body.isCertificate)
  );
}

/** The fingerprints of the keys that the evidence names. */
export async function namedFingerprints(reading: Reading): Promise<string[]> {
  const hashes = await Promise.all(namedKeys(reading).map(sha256));
  const named = hashes.map((hash): string => digestFromHash(hash));
  return [...new Set([...named, ...(reading.hint === undefined ? [] : [reading.hint])])];
}
