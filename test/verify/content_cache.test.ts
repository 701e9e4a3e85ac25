// Content of evidence, kept by digest: what has it, for as long as it may be kept, and no more than fits.
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../src/core/crypto/digest.ts';
import { createContentCache, readThrough } from '../../src/verify/evidence/content_cache.ts';

const TTL = 1000;
/** In bytes: two times this fits, three times does not. */
const MANY = 3 * 1024 * 1024;

function world() {
  const cache = createContentCache();
  let reads = 0;
  const read = async (bytes: Uint8Array<ArrayBuffer>, now: number, ttl = TTL, digestOfBytes = bytes) => {
    const digest = await digestOf(digestOfBytes);
    const before = reads;
    const content = await readThrough(cache, digest, digest, { now: () => now, ttl }, async () => {
      reads++;
      return { bytes, contentType: 'text/plain' };
    });
    expect(content).toEqual({ bytes, contentType: 'text/plain' });
    return reads > before ? 'read' : 'remembered';
  };
  return { cache, read };
}

const filled = (length: number, value: number) => new Uint8Array(length).fill(value);

describe('content is read again', () => {
  test('once its time is over, and always if nothing is to be kept', async () => {
    const { read } = world();
    const bytes = filled(10, 1);
    expect(await read(bytes, 0)).toBe('read');
    expect(await read(bytes, TTL - 1)).toBe('remembered');
    expect(await read(bytes, TTL)).toBe('read');
    const other = filled(10, 2);
    expect(await read(other, 0, 0)).toBe('read');
    expect(await read(other, -1)).toBe('read');
  });

  test('if it does not have its digest', async () => {
    const { read } = world();
    for (let i = 0; i < 2; i++) expect(await read(filled(10, 1), 0, TTL, filled(10, 2))).toBe('read');
  });

  test('if more was read since than fits', async () => {
    const { read } = world();
    const [first, second, third] = [filled(MANY, 1), filled(MANY, 2), filled(MANY, 3)];
    for (const bytes of [first, second, third]) expect(await read(bytes, 0)).toBe('read');
    expect(await read(third, 0)).toBe('remembered');
    expect(await read(second, 0)).toBe('remembered');
    expect(await read(first, 0)).toBe('read');
  });

  test('if what was read since has content types that take as much', async () => {
    const { cache, read } = world();
    const [first, other] = [filled(10, 1), filled(10, 2)];
    expect(await read(first, 0)).toBe('read');
    const contentType = 'a'.repeat(8 * 1024 * 1024 - 3000);
    const digest = await digestOf(other);
    const content = async () => ({ bytes: other, contentType });
    await readThrough(cache, digest, digest, { now: () => 0, ttl: TTL }, content);
    expect(await read(first, 0)).toBe('remembered');
    await read(filled(1000, 3), 0);
    expect(cache.get(digest)).toBeUndefined();
    expect(await read(first, 0)).toBe('remembered');
  });
});

test('content is kept and given as copies: what is parsed from one goes when it does', async () => {
  const { cache } = world();
  const bytes = filled(10, 1);
  const digest = await digestOf(bytes);
  const given = () =>
    readThrough(cache, digest, digest, { now: () => 0, ttl: TTL }, async () => ({
      bytes,
      contentType: null,
    }));
  expect((await given()).bytes).toBe(bytes);
  const [one, other] = [await given(), await given()];
  expect(one.bytes).toEqual(bytes);
  expect(new Set([bytes, one.bytes, other.bytes]).size).toBe(3);
});
