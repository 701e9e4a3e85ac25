// Digests, and messages that are known by digests.
import { describe, expect, test } from 'vitest';
import {
  digestHex,
  isArtifactDigest,
  isDigest,
  isHashName,
  parseDigest,
  parseHash,
  splitDigest,
} from '../../src/core/crypto/digest.ts';
import {
  hasHash,
  isNamedBy,
  messageHash,
  messageOfBytes,
  messageOfDigest,
} from '../../src/core/crypto/message.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type Bytes, hex, sha256, utf8 } from '../support/bytes.ts';

const MESSAGE = utf8('what is signed');
const flipped = (bytes: Bytes, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));

describe('digests', () => {
  const digits = 'a'.repeat(64);
  const digest = `sha256:${digits}`;

  test('of manifests are sha256: and 64 lower-case hexadecimal digits, and nothing else', () => {
    expect(isDigest(digest)).toBe(true);
    expect(parseDigest(digest)).toBe(digest);
    expect(digestHex(parseDigest(digest))).toBe(digits);
    for (const other of [
      ` ${digest}`,
      `${digest} `,
      `${digest}a`,
      digest.slice(0, -1),
      digest.toUpperCase(),
      digits,
    ]) {
      expect(isDigest(other)).toBe(false);
      expect(() => parseDigest(other)).toThrow(
        'digest: expected sha256: and 64 lower-case hexadecimal digits',
      );
    }
    expect(isDigest([digest])).toBe(false);
    expect(isDigest(`sha512:${'a'.repeat(128)}`)).toBe(false);
    expect(() => parseDigest('x', 'child')).toThrow(/^child: /);
  });

  test.each([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ] as const)('of artifacts may be %s, with %d digits', (algorithm, length) => {
    const named = `${algorithm}:${'0f'.repeat(length / 2)}`;
    expect(isArtifactDigest(named)).toBe(true);
    if (!isArtifactDigest(named)) return;
    expect(splitDigest(named)).toEqual({ algorithm, hash: new Uint8Array(length / 2).fill(15) });
    for (const other of [`x${named}`, `${named}0`, named.slice(0, -1), `${named.slice(0, -1)}F`, [named]])
      expect(isArtifactDigest(other)).toBe(false);
    expect(parseHash(algorithm, '0f'.repeat(length / 2), 'x')).toHaveLength(length / 2);
    expect(() => parseHash(algorithm, '0f'.repeat(length / 2 - 1), 'x')).toThrow(Malformed);
    expect(isHashName(algorithm)).toBe(true);
  });

  test.each(['sha1', 'SHA256', 'toString', '', ['sha256'], undefined])('%j is not a hash algorithm', (name) =>
    expect(isHashName(name)).toBe(false),
  );
});

describe('messages', () => {
  test('are known by their bytes, or by digests that were given', async () => {
    const whole = messageOfBytes(MESSAGE);
    const named = messageOfDigest(parseDigest(`sha256:${hex(await sha256(MESSAGE))}`));
    expect([hasHash(whole, 'sha512'), hasHash(named, 'sha512'), hasHash(named, 'sha256')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await messageHash(named, 'sha512')).toBeUndefined();
    expect(await messageHash(named, 'sha256')).toEqual(await sha256(MESSAGE));
    expect(await messageHash(whole, 'sha384')).toHaveLength(48);
    expect(whole.digests.sha384).toBe(await messageHash(whole, 'sha384'));
    const own = await sha256(MESSAGE);
    for (const message of [whole, named]) {
      expect(await isNamedBy(message, { sha256: own })).toBe(true);
      expect(await isNamedBy(message, { sha256: flipped(own, 31) })).toBe(false);
      expect(await isNamedBy(message, {})).toBe(false);
    }
    const other = { sha512: new Uint8Array(64) };
    expect(await isNamedBy(named, other)).toBe(false);
    expect(await isNamedBy(named, { sha256: own, ...other })).toBe(true);
    expect(await isNamedBy(whole, { sha256: own, ...other })).toBe(false);
  });
});
