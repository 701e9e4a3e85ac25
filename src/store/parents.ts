// Records which manifests of a repository refer to a digest, for days. These are facts, not verdicts: the policy decides every time
// whether one of those manifests may be pulled, so revoking a key withdraws what it had allowed.
import * as z from 'zod';
import { type Digest, digestHex, isDigest, sha256 } from '../core/crypto/digest.ts';
import { toHex, utf8 } from '../core/encoding/bytes.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { readRecord } from './records.ts';

/**
 * In seconds: how long a record is kept, and after what time it is written again. Some clients read layers on demand, long after the
 * manifest.
 */
const TTL = 30 * 24 * 3600;
const REFRESH = 7 * 24 * 3600;
/** Many images refer to a base layer; one that may be pulled is enough. */
const MAX_PARENTS = 32;
/**
 * The first parents are found to be refused, if they are, within the calls of a request. One behind them is moved to the front when it is
 * pulled, unless the record was written less than that many seconds ago.
 */
const FIRST = 4;
const MOVE = 3600;

/** What the digest is to its parent: an index refers to manifests, an image to blobs, and a subject has evidence. */
export type NamedAs = 'manifest' | 'blob' | 'evidence';

export interface Parent {
  digest: Digest;
  /** The child's size in bytes, as this parent states it. */
  size: number;
  /** The parent was admitted only because its rule warns instead of enforcing. */
  isWarned?: true | undefined;
}

export interface ParentRecord {
  /** First the parents that verified, the latest first; then those that were admitted with a warning. */
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

/** The store key. Its length and alphabet do not depend on the repository's name. @param name full name */
export async function parentsKey(name: string, as: NamedAs, digest: Digest): Promise<string> {
  return `parents/${as}/${toHex(await sha256(utf8(name)))}/${digestHex(digest)}`;
}

export function readParents(text: string, key: string): ParentRecord {
  const { parents, at } = readRecord(parentRecordSchema, key, text, key);
  return { parents: parents as Parent[], at };
}

/** Whether the record already contains this parent and is not due to be refreshed. @param now milliseconds since the epoch */
export function isRecorded(record: ParentRecord | undefined, parent: Parent, now: number): boolean {
  const place = record?.parents.findIndex(({ digest }) => digest === parent.digest) ?? -1;
  const known = record?.parents[place];
  if (record === undefined || known === undefined) return false;
  const isBehind = place >= FIRST && known.isWarned === undefined;
  if (now / 1000 - record.at >= (isBehind ? MOVE : REFRESH)) return false;
  return known.size === parent.size && (known.isWarned === undefined || parent.isWarned === true);
}

/** The record with this parent added or moved to its position. @param now milliseconds since the epoch */
export function withParent(known: ParentRecord | undefined, parent: Parent, now: number): ParentRecord {
  const others = (known?.parents ?? []).filter(({ digest }) => digest !== parent.digest);
  const parents =
    parent.isWarned === true ? [...others.slice(0, MAX_PARENTS - 1), parent] : [parent, ...others];
  return { parents: parents.slice(0, MAX_PARENTS), at: Math.floor(now / 1000) };
}

/** A record with the parents of both, since each may lack some: the later record's first, but all warned ones last. */
export function mergeParents(one: ParentRecord, other: ParentRecord | undefined): ParentRecord {
  if (other === undefined) return one;
  const [later, earlier] = other.at > one.at ? [other, one] : [one, other];
  const more = earlier.parents.filter(
    ({ digest }) => !later.parents.some((known) => known.digest === digest),
  );
  const all = [...later.parents, ...more].sort((a, b) => Number(a.isWarned ?? 0) - Number(b.isWarned ?? 0));
  return { parents: all.slice(0, MAX_PARENTS), at: later.at };
}

/** Writes the record unless it was changed in the meantime. */
export async function saveParents(
  store: KeyValueStore,
  key: string,
  expected: string | undefined,
  record: ParentRecord,
): Promise<{ isSaved: boolean; text: string }> {
  const text = JSON.stringify({ id: key, ...record });
  return { isSaved: await store.commit([{ key, expected, value: text, ttl: TTL }]), text };
}
