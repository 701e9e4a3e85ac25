// Inclusion proofs: the arithmetic of Merkle trees.
import { utf8 } from '../../../src/core/encoding/bytes.ts';
import { Malformed } from '../../../src/core/encoding/malformed.ts';
import { leafHash, MAX_PROOF_HASHES, rootFromInclusionProof } from '../../../src/core/log/merkle.ts';
import { type Bytes, flip } from '../../support/bytes.ts';
import { MerkleTree, leafHash as plainLeafHash } from '../../support/merkle_tree.ts';
import { falseIfMalformed } from '../../support/problem.ts';
import { equal, ok, throws } from '../support/assert.ts';
import { isIncluded } from '../support/included.ts';
import { test } from '../table.ts';

test('an inclusion proof has at most 64 hashes, whatever the tree size', async () => {
  const leaf = new Uint8Array(32);
  const hashes = Array.from({ length: 65 }, () => leaf);
  await rootFromInclusionProof(leaf, 0n, 1n << 64n, hashes.slice(1));
  await throws(() => rootFromInclusionProof(leaf, 0n, 1n << 65n, hashes), 'Malformed');
});

test('A48 in every tree of up to 33 leaves, each leaf’s proof verifies at its index and not at another', async () => {
  const leaves = Array.from({ length: 33 }, (_, i) => utf8(`leaf ${i}`));
  for (let size = 1; size <= leaves.length; size++) {
    const tree = leaves.slice(0, size);
    const plain = new MerkleTree(tree);
    const root = await plain.root();
    for (let index = 0; index < size; index++) {
      const leaf = await leafHash(tree[index] as Bytes);
      equal(leaf, await plainLeafHash(tree[index] as Bytes));
      const proof = await plain.path(index);
      ok(await included(leaf, index, size, proof, root), `leaf ${index} of ${size}`);
      const other = (index + 1) % size;
      if (other !== index)
        equal(await included(leaf, other, size, proof, root), false, `leaf ${index} of ${size} at ${other}`);
      equal(
        await included(leaf, index, size + 64, proof, root),
        false,
        `leaf ${index} of ${size} in a larger tree`,
      );
      await throws(
        () => rootFromInclusionProof(leaf, BigInt(index), BigInt(size), [...proof, leaf]),
        'Malformed',
        'a surplus hash',
      );
      if (proof.length > 0)
        await throws(
          () => rootFromInclusionProof(leaf, BigInt(index), BigInt(size), proof.slice(0, -1)),
          'Malformed',
          'a missing hash',
        );
    }
  }
});

test('A48 extreme tree sizes and indices give a root or are malformed, and cause no other error', async () => {
  const leaf = new Uint8Array(32);
  const sizes = [
    0n,
    1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n,
  ];
  for (const size of sizes) {
    for (const index of [-1n, 0n, size - 1n, size, size + 1n]) {
      for (const count of [0, 1, 31, 32, 63, 64, 65]) {
        const proof = Array.from({ length: count }, () => new Uint8Array(32));
        const root = await rootFromInclusionProof(leaf, index, size, proof).catch((error) => error);
        ok(root instanceof Uint8Array || root instanceof Malformed, `${index} of ${size} with ${count}`);
        if (index < 0n || index >= size || count > MAX_PROOF_HASHES)
          ok(root instanceof Malformed, `${index} of ${size} with ${count}`);
      }
    }
  }
  equal(await rootFromInclusionProof(leaf, 0n, 1n, []), leaf, 'a tree of one leaf');
  ok(
    (await rootFromInclusionProof(
      leaf,
      0n,
      2n ** 63n,
      Array.from({ length: 63 }, () => leaf),
    )) instanceof Uint8Array,
    'the leftmost of 2^63',
  );
});

test('A52 hashes are compared as bytes, and one of another length than 32 is malformed', async () => {
  const tree = new MerkleTree([utf8('a'), utf8('b')]);
  const root = await tree.root();
  const [sibling] = (await tree.path(0)) as [Bytes];
  const leaf = await leafHash(utf8('a'));
  ok(await included(leaf, 0, 2, [sibling], root), 'the control');
  for (const bad of [sibling.slice(1), new Uint8Array([...sibling, 0]), new Uint8Array()]) {
    await throws(() => rootFromInclusionProof(leaf, 0n, 2n, [bad]), 'Malformed', `${bad.length} bytes`);
    await throws(
      () => rootFromInclusionProof(bad, 0n, 2n, [sibling]),
      'Malformed',
      `a leaf of ${bad.length}`,
    );
  }
  for (let at = 0; at < 32; at++)
    equal(
      await included(leaf, 0, 2, [sibling], flip(root, at, 0x20)),
      false,
      'a root that differs only in a case bit',
    );
});

async function included(
  leaf: Bytes,
  index: number,
  size: number,
  proof: Bytes[],
  root: Bytes,
): Promise<boolean> {
  return falseIfMalformed(() => isIncluded(leaf, BigInt(index), BigInt(size), proof, root));
}
