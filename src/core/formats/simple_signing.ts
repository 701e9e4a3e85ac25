// The "simple signing" JSON payload that cosign signs (sigstore/cosign specs/SIGNATURE_SPEC.md; containers/image
// docs/containers-signature.5.md). Unknown fields are ignored, but anything that two parsers could interpret differently is rejected.

import { type Digest, parseDigest } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { type JsonObject, parseJsonBytes } from '../encoding/json.ts';
import { asCaseExactObject, asObject, asString } from '../encoding/json_fields.ts';
import { countValues } from '../encoding/json_size.ts';
import { Malformed } from '../encoding/malformed.ts';

export const SIMPLE_SIGNING_MEDIA_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** The exact `critical.type` of a container image signature. */
export const SIMPLE_SIGNING_TYPE = 'cosign container image signature';
/** In bytes. A payload has about 250; the rest leaves room for annotations. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;
/** Values in the annotations: parsed, they take up to twenty times the memory of their text. */
const MAX_ANNOTATION_VALUES = 4096;

export interface SimpleSigningPayload {
  type: string;
  /** `critical.image.docker-manifest-digest`: what the signature is about. */
  digest: Digest;
  /** `critical.identity.docker-reference`: the name that the signer used. Informational only, because images are copied. */
  dockerReference: string;
  /** `optional`: the signer's annotations. */
  optional: JsonObject | null;
}

/** @throws Malformed for a wrong structure, a name that differs from a known one only in case, and an invalid digest */
export function parseSimpleSigning(bytes: Bytes): SimpleSigningPayload {
  if (bytes.length > MAX_PAYLOAD_BYTES)
    throw new Malformed('payload', `larger than ${MAX_PAYLOAD_BYTES} bytes`);
  const payload = asCaseExactObject(parseJsonBytes(bytes, 'payload'), 'payload', ['critical', 'optional']);
  const critical = asCaseExactObject(payload.critical, 'critical', ['identity', 'image', 'type']);
  const image = asCaseExactObject(critical.image, 'critical.image', ['docker-manifest-digest']);
  const identity = asCaseExactObject(critical.identity, 'critical.identity', ['docker-reference']);
  const optional = payload.optional ?? null;
  if (countValues(optional) > MAX_ANNOTATION_VALUES)
    throw new Malformed('optional', `more than ${MAX_ANNOTATION_VALUES} values`);
  return {
    type: asString(critical.type, 'critical.type'),
    digest: parseDigest(image['docker-manifest-digest'], 'critical.image.docker-manifest-digest'),
    dockerReference: asString(identity['docker-reference'], 'critical.identity.docker-reference'),
    optional: optional === null ? null : asObject(optional, 'optional'),
  };
}
