// Which manifests of a repository name a digest, kept for days: facts, not verdicts. Whether one of those manifests may be pulled is
// decided by policy each time, so a key that is revoked closes what it had opened.
import * as z from 'zod';
import { type Digest, digestHex, isDigest, sha256 } from '../core/crypto/digest.ts';
import { toHex, utf8 } from '../core/encoding/bytes.ts';
import type { KeyValueStore } from './key_value.ts';
import { readRecord } from './records.ts';

/** Seconds a record is kept, and after how many it is written anew. */
const TTL = 7 * 24 * 3600;
const REFRESH = 24 * 3600;
/** The latest manifests that name a digest; any one that may be pulled is enough. */
const MAX_PARENTS = 16;

const admissionSchema = z.strictObject({
  id: z.string(),
  parents: z.array(z.string().refine(isDigest)).max(MAX_PARENTS),
  /** In bytes, as the manifests say. */
  size: z.int().min(0),
  /** Seconds since the epoch. */
  at: z.int(),
});

export interface Admission {
  parents: Digest[];
  size: number;
  at: number;
}

/** The name in the store: of bounded length and alphabet, whatever the repository is called. @param name full name */
export async function admissionKey(name: string, digest: Digest): Promise<string> {
  return `admission/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`;
}

export function readAdmission(text: string, key: string): Admission {
  return readRecord(admissionSchema, key, text, key) as Admission;
}

export async function findAdmission(store: KeyValueStore, key: string): Promise<string | undefined> {
  return store.get(key);
}

/** Whether the record says already that this manifest names the digest, and will for a while. */
export function isRecorded(admission: Admission | undefined, parent: Digest, now: number): boolean {
  return admission?.parents.includes(parent) === true && now / 1000 - admission.at < REFRESH;
}

/** The record with one more parent, the latest first. @param now milliseconds since the epoch */
export function withParent(
  known: Admission | undefined,
  parent: Digest,
  size: number,
  now: number,
): Admission {
  const parents = [parent, ...(known?.parents ?? []).filter((other) => other !== parent)];
  return { parents: parents.slice(0, MAX_PARENTS), size, at: Math.floor(now / 1000) };
}

export function writeAdmission(key: string, admission: Admission): string {
  return JSON.stringify({ id: key, ...admission });
}

/** Writes it; where another writer was faster, what it wrote is taken in on the next pull. */
export async function saveAdmission(
  store: KeyValueStore,
  key: string,
  expected: string | undefined,
  value: string,
): Promise<boolean> {
  return store.commit([{ key, expected, value, ttl: TTL }]);
}
