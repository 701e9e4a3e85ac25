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
/** A base layer is named by many images; any one that may be pulled is enough. */
const MAX_PARENTS = 32;

/** What a digest is named as: an index names manifests, an image names blobs, and a subject has evidence beside it. */
export type NamedAs = 'manifest' | 'blob' | 'evidence';

export interface Parent {
  digest: Digest;
  /** Of the child in bytes, as this parent says. */
  size: number;
  /** It was let through by a rule that only warned. */
  isWarned?: true | undefined;
}

export interface ParentRecord {
  /** Those that verified before those that a rule only warned of; of the former the latest first. */
  parents: Parent[];
  /** Seconds since the epoch. */
  at: number;
}

const parentRecordSchema = z.strictObject({
  id: z.string(),
  parents: z
    .array(
      z.strictObject({
        digest: z.string().refine(isDigest),
        size: z.int().min(0),
        isWarned: z.literal(true).optional(),
      }),
    )
    .max(MAX_PARENTS),
  at: z.int(),
});

/** The name in the store: of bounded length and alphabet, whatever the repository is called. @param name full name */
export async function parentsKey(name: string, as: NamedAs, digest: Digest): Promise<string> {
  return `parents/${as}/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`;
}

export function readParents(text: string, key: string): ParentRecord {
  const { parents, at } = readRecord(parentRecordSchema, key, text, key);
  return { parents: parents as Parent[], at };
}

/** Whether the record says already, and will for a while, what this parent says. @param now milliseconds since the epoch */
export function isRecorded(record: ParentRecord | undefined, parent: Parent, now: number): boolean {
  const known = record?.parents.find(({ digest }) => digest === parent.digest);
  if (record === undefined || known === undefined || now / 1000 - record.at >= REFRESH) return false;
  return known.size === parent.size && (known.isWarned === undefined || parent.isWarned === true);
}

/** The record with this parent in its place. @param now milliseconds since the epoch */
export function withParent(known: ParentRecord | undefined, parent: Parent, now: number): ParentRecord {
  const others = (known?.parents ?? []).filter(({ digest }) => digest !== parent.digest);
  const parents =
    parent.isWarned === true ? [...others.slice(0, MAX_PARENTS - 1), parent] : [parent, ...others];
  return { parents: parents.slice(0, MAX_PARENTS), at: Math.floor(now / 1000) };
}

/** Writes it, if nobody else has written meanwhile. */
export async function saveParents(
  store: KeyValueStore,
  key: string,
  expected: string | undefined,
  record: ParentRecord,
): Promise<{ isSaved: boolean; text: string }> {
  const text = JSON.stringify({ id: key, ...record });
  return { isSaved: await store.commit([{ key, expected, value: text, ttl: TTL }]), text };
}
