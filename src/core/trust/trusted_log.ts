// A trusted transparency log. Its key comes from configuration or the built-in list, never from the network.

import { digestHex, sha256 } from '../crypto/digest.ts';
import { type PublicKey, rawEd25519Key } from '../crypto/public_key.ts';
import { type Bytes, concat, fromHex, toHex, utf8 } from '../encoding/bytes.ts';

/** Rekor v1 issues promises (SETs) and has shards. Rekor v2 (rekor-tiles) has a single tree and only inclusion proofs. */
export type LogVersion = 1 | 2;

export interface TrustedLog {
  /** The log's name in checkpoints: its host, such as `rekor.sigstore.dev`. */
  name: string;
  /** Another name that a v1 log's checkpoints may have instead. */
  alias?: string;
  /** The base URL of its API, without a trailing slash. */
  url: string;
  /** Absent if it is not configured and the log's id allows both: each entry's kind then determines it. */
  version?: LogVersion;
  key: PublicKey;
  /** Lower-case hexadecimal. `logIdOf` defines it. */
  logId: string;
  /** The key's validity window, in milliseconds since the epoch, both ends inclusive. A window without a start is malformed. */
  validFrom: number;
  validUntil?: number;
}

/** A log whose version is known, from an entry if necessary. */
export type VersionedLog = TrustedLog & { version: LogVersion };

/** In v1 the SHA-256 of the key's SPKI, in v2 the hash of the log's name and key. @param name the log's origin */
export async function logIdOf(version: LogVersion, name: string, key: PublicKey): Promise<string> {
  return toHex(version === 1 ? spkiHash(key) : await noteKeyHash(name, key));
}

/**
 * The four-byte key hints that identify a log's key in checkpoints: the first bytes of the log's id. A v1 log may also use the hint that
 * C2SP prescribes, as Rekor does with Ed25519 keys.
 */
export async function keyHints({
  name,
  key,
  version,
}: Pick<VersionedLog, 'name' | 'key' | 'version'>): Promise<Bytes[]> {
  const hashes = version === 2 ? [] : [spkiHash(key)];
  return [...hashes, await noteKeyHash(name, key)].map((hash) => hash.subarray(0, 4));
}

const ED25519 = Uint8Array.of(0x01);
const RSA = concat(Uint8Array.of(0xff), utf8('PKIX-RSA-PKCS#1v1.5'));

/**
 * C2SP signed-note: SHA-256(name ‖ 0x0A ‖ kind ‖ key), or for ECDSA the SHA-256 of the SPKI. For RSA as in Rekor v2
 * (sigstore/rekor-tiles CLIENTS.md, pkg/note/note.go).
 */
async function noteKeyHash(name: string, key: PublicKey): Promise<Bytes> {
  const hash = (kind: Bytes, bytes: Bytes) => sha256(concat(utf8(name), Uint8Array.of(0x0a), kind, bytes));
  if (key.algorithm.name === 'Ed25519') return hash(ED25519, rawEd25519Key(key));
  return key.algorithm.name === 'ECDSA' ? spkiHash(key) : hash(RSA, key.spki);
}

function spkiHash(key: PublicKey): Bytes {
  return fromHex(digestHex(key.fingerprint), 'fingerprint');
}

/** The default name in a log's checkpoints: its host. For a v1 log, the host with its port is allowed too. */
export function namesAt(url: string): Pick<TrustedLog, 'name' | 'alias'> {
  const { host, hostname } = new URL(url);
  return { name: hostname, ...(host !== hostname && { alias: host }) };
}

/** The display name. For a v1 log it includes the port, since one host may serve two logs. */
export function labelOf({ name, alias, version }: Pick<TrustedLog, 'name' | 'alias' | 'version'>): string {
  return version === 2 ? name : (alias ?? name);
}

/** @param time milliseconds since the epoch */
export function isLogKeyValidAt(log: TrustedLog, time: number): boolean {
  return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);
}
