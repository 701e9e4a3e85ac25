// A transparency log someone trusts: its key comes from configuration or the built-in list, never from the network.

import { digestHex, sha256 } from '../crypto/digest.ts';
import { type PublicKey, rawEd25519Key } from '../crypto/public_key.ts';
import { type Bytes, concat, fromHex, toHex, utf8 } from '../encoding/bytes.ts';

/** Rekor v1 promises entries (SET) and has shards; Rekor v2 (rekor-tiles) only proves them, in one tree. */
export type LogVersion = 1 | 2;

export interface TrustedLog {
  /** The log's name in a checkpoint: its host, as in `rekor.sigstore.dev`. */
  name: string;
  /** Another that a v1 log's may have instead. */
  alias?: string;
  /** Where its API answers, without a trailing slash. */
  url: string;
  /** Absent where nobody said, and its id fits both: each entry's kind says. */
  version?: LogVersion;
  key: PublicKey;
  /** Lower-case hexadecimal; `logIdOf` says of what. */
  logId: string;
  /** The key's window, in milliseconds since the epoch, both ends inclusive. A window without a start is malformed. */
  validFrom: number;
  validUntil?: number;
}

/** A log as one of its entries shows it. */
export type VersionedLog = TrustedLog & { version: LogVersion };

/** In v1 the SHA-256 of the key's SPKI, in v2 the hash of its name and key. @param name the log's origin */
export async function logIdOf(version: LogVersion, name: string, key: PublicKey): Promise<string> {
  return toHex(version === 1 ? spkiHash(key) : await noteKeyHash(name, key));
}

/**
 * The four bytes that a log's key may have in checkpoints: the first of its id. Of an Ed25519 key v1 writes those too that C2SP
 * prescribes.
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
 * C2SP signed-note: SHA-256(name ‖ 0x0A ‖ kind ‖ key), and for ECDSA the SHA-256 of the SPKI; for RSA as Rekor v2 has it
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

/** What a log's checkpoints are signed as, unless said: its host, of a v1 log with or without its port. */
export function namesAt(url: string): Pick<TrustedLog, 'name' | 'alias'> {
  const { host, hostname } = new URL(url);
  return { name: hostname, ...(host !== hostname && { alias: host }) };
}

/** What to call it before people: a v1 log with its port, since two may stand at one host. */
export function labelOf({ name, alias, version }: Pick<TrustedLog, 'name' | 'alias' | 'version'>): string {
  return version === 2 ? name : (alias ?? name);
}

/** @param time milliseconds since the epoch */
export function isLogKeyValidAt(log: TrustedLog, time: number): boolean {
  return time >= log.validFrom && (log.validUntil === undefined || time <= log.validUntil);
}
