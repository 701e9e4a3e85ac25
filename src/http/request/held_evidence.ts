// Parses signatures that callers send. Their fields tell the three forms apart: a Sigstore bundle, what cosign stores with a layer, and
// the bundle that `cosign sign-blob` and `attest-blob` wrote before Sigstore bundles existed.

import { type Bytes, fromBase64, fromUtf8, utf8 } from '../../core/encoding/bytes.ts';
import { type Json, parseJsonBytes } from '../../core/encoding/json.ts';
import { isObject } from '../../core/encoding/json_fields.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { attachedOf } from '../../core/evidence/evidence.ts';
import { isLikeEnvelope } from '../../core/formats/dsse.ts';
import { MAX_BUNDLE_BYTES } from '../../core/formats/sigstore_bundle.ts';
import { MAX_PAYLOAD_BYTES } from '../../core/formats/simple_signing.ts';
import type { HeldEvidence } from '../../verify/question.ts';
import type { AppContext } from '../context.ts';
import { readJsonBytes, validate } from './body.ts';
import { asCallerError, parsed } from './parsed.ts';
import { blobBodySchema, layerBodySchema } from './schemas.ts';

/** In bytes: a base64 payload, a log entry and a certificate. */
const MAX_LAYER_BYTES = 2 * MAX_PAYLOAD_BYTES + 512 * 1024;
const NO_FORM =
  'Expected a Sigstore bundle, {"payload", "signature", "bundle"} as on a layer, or {"base64Signature"} of an old bundle. An envelope is a layer: it goes into "payload", in base64, beside an empty "signature".';
const OPENING_BRACE = 0x7b;
const BUNDLE_FIELDS = ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'];

/** Reads a signature from the body. Errors: `TOO_LARGE`, `BAD_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`. A bundle is judged, not validated. */
export async function readHeldEvidence(context: AppContext): Promise<HeldEvidence> {
  const bytes = await readJsonBytes(context, MAX_BUNDLE_BYTES);
  const held = heldEvidenceIn(bytes, 'body');
  if (['simple-signing', 'blob'].includes(held.form) && bytes.length > MAX_LAYER_BYTES) throw tooLarge();
  return held;
}

/**
 * Parses a signature. Numbers must be written as integers, as logs write them, whether an entry is embedded as JSON or quoted as a string.
 * Errors: `BAD_REQUEST`, `TOO_LARGE`.
 */
export function heldEvidenceIn(bytes: Bytes, what: string): HeldEvidence {
  const read = attempt(() => parseJsonBytes(bytes, what, 'integers'));
  if (!(read instanceof Malformed)) return heldEvidence(read, bytes);
  const loose = attempt(() => parseJsonBytes(bytes, what));
  if (!(loose instanceof Malformed) && isBundle(loose)) return { form: 'sigstore-bundle', bundle: bytes };
  throw asCallerError('BAD_REQUEST', read);
}

/** @param bytes the source of `value`; absent in a policy test, where it is part of a larger document and its number spelling is lost */
export function heldEvidence(value: Json, bytes?: Bytes): HeldEvidence {
  if (isBundle(value))
    return { form: 'sigstore-bundle', bundle: bytes ?? utf8(stringifyJson(value)), read: value };
  // Only an envelope is larger. What stands beside it is not, and validating a million names would take seconds.
  if (bytes !== undefined && bytes.length - lengthOfSigned(value) > MAX_LAYER_BYTES) throw tooLarge();
  return has(value, ['base64Signature']) ? readBlob(value) : readLayer(value);
}

function tooLarge(): CallerError {
  return new CallerError('TOO_LARGE', `The body is larger than ${MAX_LAYER_BYTES} bytes.`);
}

/** The length of the field that may hold an envelope. */
function lengthOfSigned(value: Json): number {
  const text = isObject(value) ? (value.payload ?? value.base64Signature) : undefined;
  return typeof text === 'string' ? text.length : 0;
}

function isBundle(value: Json): boolean {
  return has(value, BUNDLE_FIELDS);
}

/** Reads the layer of a signature or of an attestation. A layer of `.att` is an envelope, and its signature annotation is empty. */
function readLayer(value: Json): HeldEvidence {
  if (!has(value, ['payload']) || has(value, ['payloadType'])) throw new CallerError('BAD_REQUEST', NO_FORM);
  const layer = validate(layerBodySchema, value);
  const { signature, bundle, certificate, rfc3161timestamp } = layer;
  const payload = parsed('BAD_REQUEST', () => fromBase64(layer.payload, 'payload'));
  const attached = attachedOf({
    logBundle: textOf(bundle),
    certificate: certificate ?? undefined,
    timestamp: textOf(rfc3161timestamp),
  });
  if (isLikeEnvelope(payload)) return { form: 'dsse', envelope: payload, signature, ...attached };
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw new CallerError('TOO_LARGE', `payload: is larger than ${MAX_PAYLOAD_BYTES} bytes.`);
  return { form: 'simple-signing', payload, signature, ...attached };
}

/** Reads an old blob bundle. For an attestation, `cosign attest-blob` put the whole envelope in the signature field. */
function readBlob(value: Json): HeldEvidence {
  const { base64Signature, cert, rekorBundle } = validate(blobBodySchema, value);
  const attached = attachedOf({ logBundle: textOf(rekorBundle), certificate: cert ?? undefined });
  const decoded = attempt(() => fromBase64(base64Signature, 'base64Signature'));
  if (!(decoded instanceof Malformed) && (isLikeEnvelope(decoded) || isBracedText(decoded)))
    return { form: 'dsse', envelope: decoded, signature: '', ...attached };
  return { form: 'blob', signature: base64Signature, ...attached };
}

/** Whether the bytes are meant as JSON, though they may not be valid. No signature is text, so the verdict shall be about the envelope. */
function isBracedText(bytes: Bytes): boolean {
  return bytes[0] === OPENING_BRACE && !(attempt(() => fromUtf8(bytes, 'text')) instanceof Malformed);
}

/** The text of an annotation that was sent as it is, or as the JSON object in it. */
function textOf(annotation: string | object | null | undefined): string | undefined {
  return annotation === undefined || typeof annotation === 'string' ? annotation : stringifyJson(annotation);
}

function has(value: Json, names: string[]): boolean {
  return isObject(value) && names.some((name) => Object.hasOwn(value, name));
}
