// DSSE envelopes (secure-systems-lab/dsse envelope.md, protocol.md). An envelope must have exactly one signature: with several, one
// could be verified and a different one logged.
import { type Bytes, concat, fromEitherBase64, utf8 } from '../encoding/bytes.ts';
import { type JsonObject, parseJsonBytes } from '../encoding/json.ts';
import { asArray, asCaseExactObject, asString, isObject } from '../encoding/json_fields.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import { MAX_PAYLOAD_BYTES } from './simple_signing.ts';

const OPENING_BRACE = 0x7b;
/** JSON white space (RFC 8259 §2). */
const SPACE = [0x20, 0x0a, 0x0d, 0x09];
export const ENVELOPE_MEDIA_TYPE = 'application/vnd.dsse.envelope.v1+json';
/** In bytes. The SBOM of a large image has a few megabytes. */
export const MAX_ENVELOPE_BYTES = 8 * 1024 * 1024;

export interface Envelope {
  payloadType: string;
  payload: Bytes;
  /** The only signature. Its `keyid` is not signed, so it is not kept. */
  signature: Bytes;
}

/** Parses an envelope's JSON bytes. Unknown fields, which are not signed, are ignored. Throws `Malformed`. */
export function parseEnvelope(bytes: Bytes): Envelope {
  if (bytes.length > MAX_ENVELOPE_BYTES)
    throw new Malformed('envelope', `larger than ${MAX_ENVELOPE_BYTES} bytes`);
  const envelope = asCaseExactObject(parseJsonBytes(bytes, 'envelope'), 'envelope', ENVELOPE_FIELDS);
  return readEnvelope(envelope);
}

/** Whether the bytes are intended to be an envelope rather than a simple signing payload. */
export function isLikeEnvelope(bytes: Bytes): boolean {
  if (bytes.find((byte) => !SPACE.includes(byte)) !== OPENING_BRACE) return false;
  // No simple signing payload is longer. Anything longer is parsed only once, as an envelope.
  if (bytes.length > MAX_PAYLOAD_BYTES) return true;
  const value = attempt(() => parseJsonBytes(bytes, 'envelope'));
  if (value instanceof Malformed || !isObject(value)) return false;
  return Object.hasOwn(value, 'payloadType') && !Object.hasOwn(value, 'critical');
}

export const ENVELOPE_FIELDS = ['payload', 'payloadType', 'signatures'];
export const ENVELOPE_SIGNATURE_FIELDS = ['sig', 'keyid'];

/**
 * Payload and signature may be in either base64 (envelope.md, "Standard JSON envelope"); what is signed is what they decode to. Throws
 * `Malformed`.
 */
export function readEnvelope(envelope: JsonObject): Envelope {
  const signatures = asArray(envelope.signatures, 'signatures');
  if (signatures.length !== 1)
    throw new Malformed('envelope', `has ${signatures.length} signatures; exactly one is accepted`);
  const one = asCaseExactObject(signatures[0], 'signatures[0]', ENVELOPE_SIGNATURE_FIELDS);
  const signature = fromEitherBase64(asString(one.sig, 'signatures[0].sig'), 'signatures[0].sig');
  if (signature.length === 0) throw new Malformed('signatures[0].sig', 'is empty');
  return {
    payloadType: asString(envelope.payloadType, 'payloadType'),
    payload: fromEitherBase64(asString(envelope.payload, 'payload'), 'payload'),
    signature,
  };
}

/** The signed bytes: PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, with lengths in bytes, in decimal. */
export function preAuthEncoding({ payloadType, payload }: Pick<Envelope, 'payloadType' | 'payload'>): Bytes {
  const type = utf8(payloadType);
  return concat(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}
