// An inclusion proof as the published vectors put it: a leaf, a place, a proof and the root it must lead to.
import { type Bytes, equalBytes } from '../../src/core/encoding/bytes.ts';
import { rootFromInclusionProof } from '../../src/core/log/merkle.ts';

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
