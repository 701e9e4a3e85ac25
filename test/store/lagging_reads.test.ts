// Workers KV within a minute: a location may read any version of a value, but none older than it has read before. Every sequence of four
// changes of a key, at two locations, with every choice of versions that they may read. docs/abuse.md: A70, A71, A111.
import { expect, test } from 'vitest';
import { parsePublicKey } from '../../src/core/crypto/public_key.ts';
import { indexKey, recordKey, revocationKey } from '../../src/store/key_records.ts';
import { deleteKey, putKey } from '../../src/store/keys.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { revokeKey } from '../../src/store/revocation.ts';
import { findTrustedKey } from '../../src/store/trusted_keys.ts';
import { makeKey } from '../support/keys.ts';

const key = await parsePublicKey((await makeKey()).spki);
const START = Date.parse('2026-01-01T00:00:00Z');
const LENGTH = 4;
const INDEX = indexKey(key.fingerprint);

type What = 'put' | 'revoke' | 'delete';
/** The values of a name, in the order in which they were written; before the first there was none. */
type Versions = { text: string | undefined; by: number }[];

interface World {
  values: Record<string, Versions>;
  /** By location: how many versions of each name precede the oldest one that it may still read. */
  seen: Record<string, number>[];
  changes: { what: What; location: number }[];
}

const EMPTY: World = { values: {}, seen: [{}, {}], changes: [] };
const NONE: Versions = [{ text: undefined, by: -1 }];

/** All ways in which a change may end: one for each choice of the versions that it reads. Those that fail change nothing. */
async function outcomes(before: World, what: What, location: number): Promise<World[]> {
  const ends: World[] = [];
  const untried: number[][] = [[]];
  for (let choices = untried.pop(); choices !== undefined; choices = untried.pop()) {
    const world: World = structuredClone(before);
    const number = world.changes.push({ what, location }) - 1;
    const isMade = await make(what, location, number, world, choices, untried);
    if (isMade) ends.push(world);
  }
  return ends;
}

/** @param choices which version of each name to read, in the order of the first reads; what else there is to choose goes to `untried` */
async function make(
  what: What,
  location: number,
  number: number,
  { values, seen }: World,
  choices: number[],
  untried: number[][],
): Promise<boolean> {
  const read = new Map<string, string | undefined>();
  const seenHere = seen[location] ?? {};
  const write = async (name: string, text: string | undefined) => {
    values[name] = [...(values[name] ?? NONE), { text, by: number }];
  };
  const namespace = {
    async get(name: string) {
      if (!read.has(name)) {
        const versions = values[name] ?? NONE;
        const oldest = seenHere[name] ?? 0;
        const chosen = choices[read.size] ?? oldest;
        const made = choices.slice(0, read.size);
        if (choices.length <= read.size) {
          for (let other = oldest + 1; other < versions.length; other++) untried.push([...made, other]);
          choices.push(chosen);
        }
        seenHere[name] = chosen;
        read.set(name, versions[chosen]?.text);
      }
      return read.get(name) ?? null;
    },
    put: write,
    delete: (name: string) => write(name, undefined),
  };
  const store = createWorkersKvStore(namespace as unknown as KvNamespace);
  const edit = { precondition: {}, by: 'test', now: START + number * 1000 };
  const change = {
    put: () => putKey(store, 'a', key, 'keep', edit),
    revoke: () => revokeKey(store, 'a', { reason: 'test' }, edit),
    delete: () => deleteKey(store, 'a', edit),
  };
  return change[what]().then(
    () => true,
    ({ code }: { code?: string }) => {
      expect(['CONFLICT', 'KEY_NOT_FOUND']).toContain(code);
      return false;
    },
  );
}

/** How a verification by this name, which reads these values, takes the key. */
async function taken(name: string, values: Record<string, string | undefined>): Promise<string> {
  const get = async (one: string) => values[one] ?? null;
  const found = await findTrustedKey(createWorkersKvStore({ get } as unknown as KvNamespace), name);
  if (found === undefined) return 'none';
  return found.revoked === undefined ? 'active' : 'revoked';
}

/** Whatever an edge reads that has the revocation: the key is revoked or gone, unless it was deleted and stored again since. */
async function expectRevoked({ values, changes }: World): Promise<void> {
  const revocations = values[revocationKey('a')] ?? NONE;
  const from = revocations.findIndex(({ by }) => changes[by]?.what === 'revoke');
  if (from < 0) return;
  const deleted = changes.findIndex(({ what }, at) => what === 'delete' && at > (revocations[from]?.by ?? 0));
  const records = (values[recordKey('a')] ?? NONE).filter(({ by }) => deleted < 0 || by < deleted);
  for (const record of records) {
    for (const revocation of revocations.slice(from)) {
      const read = { [recordKey('a')]: record.text, [revocationKey('a')]: revocation.text };
      expect(await taken('a', read), story(changes)).not.toBe('active');
    }
  }
}

/**
 * Once everything has arrived: the changes have had their effect one after the other, by id and by fingerprint. Only a revocation may be
 * left that a DELETE did not see.
 */
async function expectEffect({ values, changes }: World): Promise<void> {
  const names = [INDEX, recordKey('a'), revocationKey('a')];
  const read = Object.fromEntries(names.map((name) => [name, values[name]?.at(-1)?.text]));
  const state = await taken('a', read);
  expect(await taken(key.fingerprint, read), `${story(changes)}, by its fingerprint`).toBe(state);
  const effect = changes.reduce((before, { what }) => EFFECT[what](before), 'none');
  const mayBeLeft = effect === 'active' && changes.some(({ what }) => what === 'revoke');
  expect(mayBeLeft ? [effect, 'revoked'] : [effect], story(changes)).toContain(state);
}

const EFFECT = {
  put: (before: string) => (before === 'revoked' ? before : 'active'),
  revoke: (before: string) => (before === 'none' ? before : 'revoked'),
  delete: () => 'none',
};

function story(changes: World['changes']): string {
  return changes.map(({ what, location }) => `${what} at ${location}`).join(', ');
}

test('a revoked key never counts where the revocation is seen, and every change has its effect, whatever was read for it', async () => {
  let worlds = await outcomes(EMPTY, 'put', 0);
  for (let length = 2; length <= LENGTH; length++) {
    const next: World[] = [];
    for (const world of worlds)
      for (const what of ['put', 'revoke', 'delete'] as const)
        for (const location of [0, 1]) next.push(...(await outcomes(world, what, location)));
    worlds = next;
    for (const world of worlds) {
      await expectRevoked(world);
      await expectEffect(world);
    }
  }
  expect(worlds.length).toBeGreaterThan(1000);
});
