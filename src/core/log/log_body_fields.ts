// Fields that all kinds of log bodies share: hashes, and keys or certificates as base64-encoded PEM.

import { type HashName, isHashName, parseHash } from '../crypto/digest.ts';
import { spkiOfPemText } from '../crypto/public_key.ts';
import { fromUtf8 } from '../encoding/bytes.ts';
import type { Json } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { asBytes } from '../encoding/protobuf_json.ts';
import type { LoggedKey, StatedHash } from './log_body.ts';

/**
 * `{algorithm: "sha256", value: <hexadecimal>}`. Throws `Malformed`.
 * @param algorithms the algorithms that the kind's schema allows: only `sha256`, except for a hashedrekord
 */
export function readStatedHash(
  value: Json | undefined,
  what: string,
  algorithms: HashName[] = ['sha256'],
): StatedHash {
  const hash = asObject(value, what);
  exactFields(hash, what, ['algorithm', 'value']);
  const { algorithm } = hash;
  if (!isHashName(algorithm) || !algorithms.includes(algorithm))
    throw new Malformed(`${what}.algorithm`, `expected ${algorithms.join(' or ')}`);
  return { algorithm, hash: parseHash(algorithm, asString(hash.value, `${what}.value`), `${what}.value`) };
}

/** A key or certificate as base64-encoded PEM. */
export function readPemKey(value: Json | undefined, what: string): LoggedKey {
  const { spki, isCertificate } = spkiOfPemText(fromUtf8(asBytes(value, what), 'logged key'));
  return { keySpki: spki, isCertificate };
}
