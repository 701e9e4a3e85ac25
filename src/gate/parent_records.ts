// The records of which manifest refers to what, as a request sees them: in this isolate's memory, in the edge cache, and in the store.
import type { Digest } from '../core/crypto/digest.ts';
import { Undecided } from '../core/errors/undecided.ts';
import { fullName, type ImageReference } from '../core/reference.ts';
import { storeFailure } from '../store/kv/guard.ts';
import {
  isRecorded,
  mergeParents,
  type NamedAs,
  type Parent,
  type ParentRecord,
  parentsKey,
  readParents,
  saveParents,
  withParent,
} from '../store/parents.ts';
import type { GateSession } from './gate_session.ts';

export type Image = Pick<ImageReference, 'registry' | 'repository'>;

/**
 * Concurrent pulls write the same records: how many attempts a request makes, and the base pause between them in milliseconds. Several new
 * images may share a layer, and Workers KV accepts one write per second to a key, so together the pauses are some seconds, at most eleven.
 */
const MAX_ATTEMPTS = 10;
const PAUSE = 200;
/**
 * Attempts for all children of a manifest: each takes three operations of the store, and Workers KV allows a request a thousand, some of
 * which are the verification's. A store that takes no write at all is then found out before the platform ends the request.
 */
const MAX_ATTEMPTS_IN_ALL = 300;

/**
 * In milliseconds: how long this isolate remembers a record. Of two locations that write one at the same time, Workers KV keeps one's, so
 * the store may not have what is remembered; after this time it is written again.
 */
const REMEMBERED = 10 * 60_000;

/**
 * The manifests that refer to it, as two looks find them: the nearest record, which may be stale; and then what is there beyond it, in the
 * edge cache and the store, either of which may lag behind the other, or by now in memory. What the store has just shown is not read again.
 */
export async function* parentsOf(
  gate: GateSession,
  image: Image,
  as: NamedAs,
  digest: Digest,
): AsyncGenerator<Parent[]> {
  const key = await parentsKey(fullName(image), as, digest);
  const near = await cached(gate, key);
  const known = (near ?? (await load(gate, key)))?.parents ?? [];
  yield known;
  if (near !== undefined) await Promise.all([atEdge(gate, key), load(gate, key)]);
  const all = remembered(gate, key)?.parents ?? [];
  yield all.filter(({ digest: one }) => !known.some((parent) => parent.digest === one));
}

/** The record in this isolate's memory, or else in the edge cache. */
async function cached(gate: GateSession, key: string): Promise<ParentRecord | undefined> {
  return remembered(gate, key) ?? atEdge(gate, key);
}

function remembered({ memory, session }: GateSession, key: string): ParentRecord | undefined {
  return memory.parents.get(key, session.verifier.ports.now());
}

async function atEdge(gate: GateSession, key: string): Promise<ParentRecord | undefined> {
  const text = await gate.edge?.get(key);
  return text === undefined ? undefined : remember(gate, key, readParents(text, key));
}

async function load(gate: GateSession, key: string): Promise<ParentRecord | undefined> {
  const text = await gate.store.get(key);
  return text === undefined ? undefined : remember(gate, key, readParents(text, key));
}

/** Adds it to what is remembered: what was read may be older. */
function remember(gate: GateSession, key: string, found: ParentRecord): ParentRecord {
  const all = mergeParents(found, remembered(gate, key));
  const until = gate.session.verifier.ports.now() + REMEMBERED;
  gate.memory.parents.set(key, all, 1 + all.parents.length, until);
  return all;
}

/** Records what a manifest refers to, unless it is recorded already. Errors: `Undecided` if a record could be neither written nor found. */
export async function recordChildren(
  gate: GateSession,
  image: Image,
  as: NamedAs,
  children: { digest: Digest; size: number }[],
  parent: Omit<Parent, 'size'>,
): Promise<void> {
  const retries = { left: MAX_ATTEMPTS_IN_ALL - children.length };
  await Promise.all(
    children.map(async ({ digest, size }) => {
      const key = await parentsKey(fullName(image), as, digest);
      const own = { ...parent, size };
      if (isRecorded(await cached(gate, key), own, gate.session.verifier.ports.now())) return;
      await record(gate, key, own, retries);
    }),
  );
}

async function record(
  gate: GateSession,
  key: string,
  parent: Parent,
  retries: { left: number },
): Promise<void> {
  const { edge, store, session } = gate;
  const now = session.verifier.ports.now();
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (attempt > 1 && retries.left-- <= 0) break;
    const text = await store.get(key);
    const known = text === undefined ? undefined : readParents(text, key);
    if (isRecorded(known, parent, now)) {
      remember(gate, key, known as ParentRecord);
      return;
    }
    const near = remembered(gate, key);
    const next = withParent(known === undefined ? near : mergeParents(known, near), parent, now);
    const saved = await save(store, key, text, next);
    if (saved !== undefined) {
      remember(gate, key, next);
      await edge?.put(key, saved);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE * attempt));
    // Whoever was first has put it here, or at the edge, while the store may still remember that there was none.
    await atEdge(gate, key);
    if (isRecorded(remembered(gate, key), parent, now)) return;
  }
  throw storeFailure('parent record', "could not record the manifest's contents");
}

/** @returns undefined if another request wrote first, or if the store refuses so many writes. */
async function save(
  store: GateSession['store'],
  key: string,
  expected: string | undefined,
  next: ParentRecord,
): Promise<string | undefined> {
  try {
    const { isSaved, text } = await saveParents(store, key, expected, next);
    return isSaved ? text : undefined;
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}
