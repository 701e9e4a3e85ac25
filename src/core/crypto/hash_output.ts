// HashOutput of sigstore/protobuf-specs (sigstore_common.proto): a digest with protobuf's name for its algorithm. Sigstore bundles and
// entries of Rekor v2 contain it.
import type { Bytes } from '../encoding/bytes.ts';
import type { JsonObject } from '../encoding/json.ts';
import { Malformed } from '../encoding/malformed.ts';
import { asBytes } from '../encoding/protobuf_json.ts';
import { HASH_BYTES, type HashName } from './digest.ts';

const ALGORITHMS = new Map<unknown, HashName>([
  ['SHA2_256', 'sha256'],
  ['SHA2_384', 'sha384'],
  ['SHA2_512', 'sha512'],
]);

/** Both fields must be set. Throws `Malformed`. */
export function readHashOutput(message: JsonObject, what: string): { algorithm: HashName; hash: Bytes } {
  const algorithm = ALGORITHMS.get(message.algorithm);
  if (algorithm === undefined)
    throw new Malformed(`${what}.algorithm`, 'expected SHA2_256, SHA2_384 or SHA2_512');
  const hash = asBytes(message.digest, `${what}.digest`);
  if (hash.length !== HASH_BYTES[algorithm]) throw new Malformed(`${what}.digest`, `is not a ${algorithm}`);
  return { algorithm, hash };
}
