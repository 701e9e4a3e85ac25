// A transparency log someone trusts: its key comes from configuration or the built-in list, never from the network.

import { digestHex, sha256 } from '../crypto/digest.ts';
import { type PublicKey, rawEd25519Key } from '../crypto/public_key.ts';
import { concat, toHex, utf8 } from '../encoding/bytes.ts';

/** Rekor v1 promises entries (SET) and has shards; Rekor v2 (rekor-tiles) only proves them, in one tree. */
export type LogVersion = 1 | 2;

export interface TrustedLog {
  /** The log's name in a checkpoint: its host, as in `rekor.sigstore.dev`. */
  name: string;
  /** Where its API answers, without a trailing slash. */
  url: string;
  version: LogVersion;
  key: PublicKey;
  /** Lower-case hexadecimal; `logIdOf` says of what. */
  logId: string;
  /** The key's window, in milliseconds since the epoch, both ends inclusive. A window without a start is malformed. */
  validFrom: number;
  validUntil?: number;
}

/**
 * The SHA-256 of the key's SPKI; of a v2 log's Ed25519 key SHA-256(origin ‖ 0x0A ‖ 0x01 ‖ key), whose first four bytes are the
 * key's hint in checkpoints (C2SP signed-note; sigstore/rekor-tiles CLIENTS.md).
 * @param name the log's origin
 */
export async function logIdOf(version: LogVersion, name: string, key: PublicKey): Promise<string> {
  if (version === 1 || key.algorithm.name !== 'Ed25519') return digestHex(key.fingerprint);
  return toHex(await ed25519NoteKeyHash(name, key));
}

/** C2SP signed-note: SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key), 0x01 being Ed25519. */
export function ed25519NoteKeyHash(name: string, key: PublicKey) {
  return sha256(concat(utf8(name), Uint8Array.of(0x0a, 0x01), rawEd25519Key(key)));
}

/** The name that a log's checkpoints carry unless said: the host; a v2 log leaves the port out. */
export function originOf(version: LogVersion, url: string): string {
  const { host, hostname } = new URL(url);
  return version === 1 ? host : hostname;
}

/** @param time milliseconds since the epoch */
export function isLogKeyValidAt(log: TrustedLog, time: number): boolean {
  return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);
}
