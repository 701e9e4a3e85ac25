// Keys that callers name, rules list, or callers send.
import { describe, expect, test } from 'vitest';
import type { PublicKey } from '../../src/core/crypto/public_key.ts';
import { indexKey, type KeyTerms } from '../../src/store/key_records.ts';
import { putKey } from '../../src/store/keys.ts';
import { revokeKey } from '../../src/store/revocation.ts';
import { loadRequirements } from '../../src/verify/trust/load_requirements.ts';
import { makePublicKey, makeVerifier, type VerifierWorld } from '../support/verifier.ts';

const EDIT = { precondition: {}, by: 'test', now: 0 };
const HOST = 'registry.example';
const [one, two] = [await makePublicKey(), await makePublicKey()];

const store = (world: VerifierWorld, id: string, key: PublicKey, terms: KeyTerms = {}) =>
  putKey(world.store, id, key, terms, EDIT);

type Keys = Parameters<typeof loadRequirements>[1]['requirements'][number]['keys'];
const load = (world: VerifierWorld, ...keys: Keys[]) =>
  loadRequirements(world.session(), {
    requirements: keys.map((some) => ({ keys: some, threshold: 1, perSignature: { annotations: [] } })),
  });

describe('keys', () => {
  test('that the caller names must all be stored', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    await expect(load(world, { named: ['a', 'b'] })).rejects.toMatchObject({
      code: 'KEY_NOT_FOUND',
      message: expect.stringContaining('no key b'),
    });
  });

  test('that rules list and that are not stored are reported once, in one order, and the others count', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    const { requirements, missing } = await load(world, { listed: ['a', 'c'] }, { listed: ['c', 'b'] });
    expect(missing).toEqual(['b', 'c']);
    expect(requirements.map(({ keys }) => keys.map(({ id }) => id))).toEqual([['a'], []]);
  });

  test('that are named by id and by fingerprint count once', async () => {
    const world = makeVerifier(HOST);
    await store(world, 'a', one);
    const { requirements } = await load(world, { named: ['a', one.fingerprint] });
    expect(requirements[0]?.keys).toHaveLength(1);
  });

  /** Stores one key as `a` and as `b`. */
  async function storeTwice(world: VerifierWorld) {
    await store(world, 'a', one);
    // Only a race on Workers KV stores a key twice; here, its index entry is taken away in between.
    const index = { key: indexKey(one.fingerprint), expected: 'a', value: undefined };
    expect(await world.store.commit([index])).toBe(true);
    await store(world, 'b', one);
  }

  const ORDERS = [
    ['a', 'b'],
    ['b', 'a'],
  ];
  const shown = async (world: VerifierWorld, named: string[]) =>
    (await load(world, { named })).requirements[0]?.keys.map(({ id, revoked }) => [
      id,
      revoked !== undefined,
    ]);

  test.each(ORDERS)(
    'that are stored under two ids count once, under the id named first: %s, %s',
    async (...named) => {
      const world = makeVerifier(HOST);
      await storeTwice(world);
      expect(await shown(world, named)).toEqual([[named[0], false]]);
    },
  );

  test.each(ORDERS)(
    'that are revoked under one of two ids are revoked under both: %s, %s',
    async (...named) => {
      const world = makeVerifier(HOST);
      await storeTwice(world);
      await revokeKey(world.store, 'b', { reason: 'lost' }, EDIT);
      expect(await shown(world, named)).toEqual([['b', true]]);
    },
  );

  test.each([
    [true, 'unsafe-none'],
    [false, 'required'],
  ] as const)(
    'that the caller sends, with the log waived: %s, have transparency %s',
    async (isLogWaived, expected) => {
      const { requirements } = await load(makeVerifier(HOST), { own: [two], isLogWaived });
      expect(requirements[0]?.keys).toEqual([{ key: two, transparency: expected }]);
    },
  );
});
