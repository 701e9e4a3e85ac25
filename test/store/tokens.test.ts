// Tokens in the store: their syntax, their secret, and how long they are valid.
import { beforeEach, describe, expect, test } from 'vitest';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { findToken, isMadeHere, putToken, type TokenTerms, tokens } from '../../src/store/tokens.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const RANDOM = '0123456789abcdef'.repeat(4);

let store: KeyValueStore;
beforeEach(() => {
  store = createMemoryStore();
});

const put = (terms: TokenTerms, id = 'ci') =>
  putToken(store, id, terms, { precondition: {}, by: 'alice', now: NOW });

test('a token’s syntax is checked over the whole text', () => {
  for (const good of [`cs_a_${RANDOM}`, `cs_a.b-c_d_${RANDOM}`, `cs_${'a'.repeat(63)}_${RANDOM}`])
    expect(isMadeHere(good), good).toBe(true);
  for (const bad of [
    '',
    `x cs_a_${RANDOM}`,
    `cs_a_${RANDOM}0`,
    `cs_a_${RANDOM.slice(1)}`,
    `cs_a_${RANDOM.toUpperCase()}`,
    `cs__${RANDOM}`,
    `cs_-a_${RANDOM}`,
    `cs_${'a'.repeat(64)}_${RANDOM}`,
    `cs_a_${RANDOM}\n`,
  ])
    expect(isMadeHere(bad), bad).toBe(false);
});

describe('a token', () => {
  test('is found only by its secret, which is shown once and stored as a hash', async () => {
    const { secret = '', record } = await put({ scopes: ['verify'] });
    expect(isMadeHere(secret)).toBe(true);
    expect(await findToken(store, secret, NOW)).toEqual(record);
    expect(await store.get('token/ci')).not.toContain(secret.slice(6));
    const flipped = secret.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const other of [flipped, `cs_ci_${RANDOM}`, `cs_other_${RANDOM}`, '', 'cs_ci_'])
      expect(await findToken(store, other, NOW), other).toBeUndefined();
  });

  test('keeps its secret when its terms change', async () => {
    const { secret = '' } = await put({ scopes: ['verify'] });
    const changed = await put({ scopes: ['pull'] });
    expect(changed).not.toHaveProperty('secret');
    expect((await findToken(store, secret, NOW))?.scopes).toEqual(['pull']);
  });

  test('is valid until its expiry, and not at it', async () => {
    const { secret = '' } = await put({ scopes: ['verify'], expiresAt: new Date(NOW).toISOString() });
    expect(await findToken(store, secret, NOW - 1)).toBeDefined();
    for (const late of [NOW, NOW + 1]) expect(await findToken(store, secret, late)).toBeUndefined();
  });

  test('that is deleted is no longer valid, even if another token takes its id', async () => {
    const { secret = '' } = await put({ scopes: ['admin'] });
    await tokens.remove(store, 'ci', {});
    expect(await findToken(store, secret, NOW)).toBeUndefined();
    await put({ scopes: ['admin'] });
    expect(await findToken(store, secret, NOW)).toBeUndefined();
  });

  test('that was deleted after it was listed is left out of the list', async () => {
    await put({ scopes: ['verify'] });
    await put({ scopes: ['verify'] }, 'other');
    const listing = { ...store, list: async () => ({ keys: ['token/ci', 'token/gone', 'token/other'] }) };
    expect((await tokens.list(listing, 10)).records.map(({ id }) => id)).toEqual(['ci', 'other']);
  });

  test.each([
    { hash: RANDOM.slice(1) },
    { hash: `${RANDOM}0` },
    { hash: `g${RANDOM.slice(1)}` },
    { hash: undefined },
    { scopes: [] },
    { id: 'other' },
    { more: 1 },
  ])('whose record is invalid (%j) is undecided, not a wrong token', async (change) => {
    const { secret = '', record } = await put({ scopes: ['verify'] });
    await store.commit([
      {
        key: 'token/ci',
        expected: await store.get('token/ci'),
        value: JSON.stringify({ ...record, ...change }),
      },
    ]);
    await expect(findToken(store, secret, NOW)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'The trust store contains a record that cannot be read (token/ci).',
    });
  });
});
