// A transparency log someone trusts: its key comes from configuration or the built-in list, never from the network.
import { digestHex } from './digest.ts';
import type { PublicKey } from './public_key.ts';

export interface TrustedLog {
  /** The log's name in a checkpoint: its host, as in `rekor.sigstore.dev`. */
  name: string;
  /** Where its API answers, without a trailing slash. */
  url: string;
  key: PublicKey;
  /** Lower-case hexadecimal SHA-256 of the key's SPKI. */
  logId: string;
  /** The key's window, in milliseconds since the epoch, both ends inclusive. A window without a start is malformed. */
  validFrom: number;
  validUntil?: number;
}

export function logIdOf(key: PublicKey): string {
  return digestHex(key.fingerprint);
}

/** @param time milliseconds since the epoch */
export function isLogKeyValidAt(log: TrustedLog, time: number): boolean {
  return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);
}
