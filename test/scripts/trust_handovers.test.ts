// `trust apply`: keys and logs that move between existing ids. Each is removed from its old id before the new id gets it.
import { beforeEach, describe, expect, test } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { folderWith } from './temp_folder.ts';
import { type Files, json } from './trust_folders.ts';
import { startTrustWorld, type TrustWorld } from './trust_world.ts';

let world: TrustWorld;
beforeEach(() => {
  world = startTrustWorld();
});

const PEMS = await Promise.all(Array.from({ length: 4 }, async () => (await makeKey()).pem));
const log = (publicKey: string) =>
  json({ url: 'https://rekor.acme.example', publicKey, validFrom: '2024-01-01T00:00:00Z' });
const FORMS = {
  key: (id: string, pem: string): [string, string] => [`keys/${id}.pub`, pem],
  log: (id: string, pem: string): [string, string] => [`logs/${id}.json`, log(pem)],
};

describe.each(['key', 'log'] as const)('a %s', (kind) => {
  /** @param held the number of the key or log that each id holds */
  const apply = async (held: Record<string, number>) => {
    const files = Object.entries(held).map(([id, at]) => FORMS[kind](id, PEMS[at] ?? ''));
    return world.apply(await folderWith(Object.fromEntries(files)));
  };

  test.each<[string, Record<string, number>, Record<string, number>, string[]]>([
    ['moves to the id before', { a: 0, b: 1 }, { a: 1, b: 2 }, ['b', 'a']],
    ['moves to the id after', { a: 0, b: 1 }, { a: 2, b: 0 }, ['a', 'b']],
    ['moves along a chain of ids', { a: 0, b: 1, c: 2 }, { a: 1, b: 2, c: 3 }, ['c', 'b', 'a']],
    ['moves to a new id', { a: 0 }, { a: 1, b: 0 }, ['a', 'b']],
  ])('%s', async (_, before, after, order) => {
    expect((await apply(before)).code).toBe(0);
    const { code, err } = await apply(after);
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(world.changes()).toEqual(order.map((id) => `PUT /v1/${kind}s/${id}`));
    expect((await apply(after)).out.at(-1)).toMatch(/^Nothing to change/);
  });

  test.each<[string, Record<string, number>, Record<string, number>, string[]]>([
    ['two ids', { a: 0, b: 1 }, { a: 1, b: 0 }, ['a', 'b']],
    ['three ids', { a: 0, b: 1, c: 2, d: 3 }, { a: 1, b: 2, c: 0, d: 3 }, ['a', 'b', 'c']],
  ])('that %s would swap is refused before the first change', async (_, before, after, ids) => {
    expect((await apply(before)).code).toBe(0);
    const { code, err } = await apply(after);
    expect(code).toBe(1);
    expect(err).toEqual(
      ids.map((id) =>
        expect.stringMatching(
          new RegExp(`^${FORMS[kind](id, '')[0]}: this ${kind} and others would swap ids`),
        ),
      ),
    );
    expect(world.changes()).toEqual([]);
  });
});

describe('a key that is revoked under its new id', () => {
  const revoked = json({ revoked: { reason: 'stolen' } });
  const [first = '', second = '', third = ''] = PEMS;
  const put = (id: string) => `PUT /v1/keys/${id}`;
  const revoke = (id: string) => `POST /v1/keys/${id}/revoke`;

  test.each<[string, Files, Files, string[]]>([
    [
      'moves to a new id',
      { 'keys/a.pub': first },
      { 'keys/a.pub': second, 'keys/b.pub': first, 'keys/b.json': revoked },
      [put('a'), put('b'), revoke('b')],
    ],
    [
      'moves to an existing id',
      { 'keys/a.pub': first, 'keys/b.pub': third },
      { 'keys/a.pub': second, 'keys/b.pub': first, 'keys/b.json': revoked },
      [put('a'), put('b'), revoke('b')],
    ],
    [
      'moves from an id that gets another key, which is revoked too',
      { 'keys/z.pub': first },
      { 'keys/z.pub': second, 'keys/z.json': revoked, 'keys/b.pub': first, 'keys/b.json': revoked },
      [put('z'), revoke('z'), put('b'), revoke('b')],
    ],
    [
      'is stored and revoked first if no other id held it',
      { 'keys/a.pub': first },
      { 'keys/a.pub': second, 'keys/b.pub': third, 'keys/b.json': revoked },
      [put('b'), revoke('b'), put('a')],
    ],
  ])('%s', async (_, before, after, order) => {
    expect((await world.apply(await folderWith(before))).code).toBe(0);
    const { code, err } = await world.apply(await folderWith(after));
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(world.changes()).toEqual(order);
    expect((await world.apply(await folderWith(after))).out.at(-1)).toMatch(/^Nothing to change/);
  });
});
