// Inclusion proofs at the limits of tree size and proof length.
import { describe, expect, test } from 'vitest';
import { leafHash, rootFromInclusionProof } from '../../src/core/log/merkle.ts';
import { hex, sha256, utf8 } from '../support/bytes.ts';

describe('an inclusion proof', () => {
  const node = new Uint8Array(32);
  const proofOf = (length: number) => Array.from({ length }, () => node);

  test('for a tree of one leaf is empty, and the root is the leaf', async () => {
    const leaf = await leafHash(utf8('x'));
    expect(hex(leaf)).toBe(hex(await sha256(utf8('\0x'))));
    expect(await rootFromInclusionProof(leaf, 0n, 1n, [])).toBe(leaf);
  });

  test.each<[string, bigint, bigint, Uint8Array<ArrayBuffer>[], RegExp]>([
    ['an index beyond the tree', 1n, 1n, [], /index 1 is outside a tree of size 1/],
    ['an index below 0', -1n, 1n, [], /index -1/],
    ['a surplus hash', 0n, 2n, proofOf(2), /more hashes than its position/],
    ['a missing hash', 0n, 3n, proofOf(1), /fewer hashes than its position/],
    ['65 hashes', 0n, 2n ** 63n, proofOf(65), /more than 64 hashes/],
    ['64 hashes', 0n, 2n ** 63n, proofOf(64), /more hashes than its position/],
    ['a short hash', 0n, 2n, [node.subarray(1)], /not 32 bytes/],
    ['a long hash', 0n, 4n, [node, new Uint8Array(33)], /not 32 bytes/],
  ])('with %s is malformed', async (_, index, size, proof, message) => {
    await expect(rootFromInclusionProof(node, index, size, proof)).rejects.toThrow(message);
  });

  test('for the largest tree has 63 hashes', async () => {
    await expect(rootFromInclusionProof(node, 0n, 2n ** 63n, proofOf(63))).resolves.toHaveLength(32);
    await expect(rootFromInclusionProof(node.subarray(1), 0n, 1n, [])).rejects.toThrow(/not 32 bytes/);
  });
});
