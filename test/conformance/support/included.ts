// An inclusion proof in the form of the published vectors: a leaf, its index, a proof, and the root that it must lead to.
import { type Bytes, equalBytes } from '../../../src/core/encoding/bytes.ts';
import { rootFromInclusionProof } from '../../../src/core/log/merkle.ts';

/** @throws Malformed as `rootFromInclusionProof` does */
export async function isIncluded(
  leaf: Bytes,
  index: bigint,
  size: bigint,
  proof: Bytes[],
  root: Bytes,
): Promise<boolean> {
  return equalBytes(await rootFromInclusionProof(leaf, index, size, proof), root);
}
