// Merkle tree hashes and inclusion proofs (RFC 6962 §2.1 and RFC 9162 §2.1.3.2). Computes the root; callers compare it.

import { sha256 } from '../crypto/digest.ts';
import { type Bytes, concat } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';

/** A tree of 2^63 leaves has proofs of 63 hashes. Nothing longer is a proof. */
export const MAX_PROOF_HASHES = 64;
const HASH_BYTES = 32;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export async function leafHash(entry: Bytes): Promise<Bytes> {
  return sha256(concat(LEAF, entry));
}

/**
 * The root that an inclusion proof yields.
 * @throws Malformed when index ≥ size, a hash is not 32 bytes, or the proof has too many or too few hashes for its index and size
 */
export async function rootFromInclusionProof(
  leaf: Bytes,
  index: bigint,
  size: bigint,
  proof: Bytes[],
): Promise<Bytes> {
  const fail = (problem: string): never => {
    throw new Malformed('inclusion proof', problem);
  };
  if (index < 0n || index >= size) fail(`index ${index} is outside a tree of size ${size}`);
  if (proof.length > MAX_PROOF_HASHES) fail(`has more than ${MAX_PROOF_HASHES} hashes`);
  if (leaf.length !== HASH_BYTES || proof.some((hash) => hash.length !== HASH_BYTES))
    fail('a hash is not 32 bytes long');
  let node = index;
  let last = size - 1n;
  let root = leaf;
  for (const sibling of proof) {
    if (last === 0n) fail('has more hashes than its position in the tree requires');
    if ((node & 1n) === 1n || node === last) {
      root = await sha256(concat(NODE, sibling, root));
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      root = await sha256(concat(NODE, root, sibling));
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) fail('has fewer hashes than its position in the tree requires');
  return root;
}
