// What the kinds of log bodies have in common: hashes, and keys or certificates in PEM inside base64.
import { fromUtf8 } from './bytes.ts';
import { isHashName, parseHash } from './digest.ts';
import type { Json } from './json.ts';
import { asObject, asString, exactFields } from './json_fields.ts';
import type { LoggedKey, StatedHash } from './log_body.ts';
import { Malformed } from './malformed.ts';
import { asBytes } from './protobuf_json.ts';
import { spkiOfPemText } from './public_key.ts';

/** `{algorithm: "sha256", value: <hexadecimal>}` */
export function readStatedHash(value: Json | undefined, what: string): StatedHash {
  const hash = asObject(value, what);
  exactFields(hash, what, ['algorithm', 'value']);
  const { algorithm } = hash;
  if (!isHashName(algorithm)) throw new Malformed(`${what}.algorithm`, 'expected sha256, sha384 or sha512');
  return { algorithm, hash: parseHash(algorithm, asString(hash.value, `${what}.value`), `${what}.value`) };
}

/** Base64 of PEM, of a key or of a certificate. */
export function readPemKey(value: Json | undefined, what: string): LoggedKey {
  const { spki, isCertificate } = spkiOfPemText(fromUtf8(asBytes(value, what), 'logged key'));
  return { keySpki: spki, isCertificate };
}
