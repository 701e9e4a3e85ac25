// The three forms in which callers hold a signature, told apart by their fields: a Sigstore bundle, what cosign keeps on a layer, and
// the bundle that `cosign sign-blob` and `attest-blob` wrote before there were Sigstore bundles.

import { CallerError } from '../../core/caller_error.ts';
import { type Bytes, fromBase64, utf8 } from '../../core/encoding/bytes.ts';
import { type Json, parseJsonBytes } from '../../core/encoding/json.ts';
import { isObject } from '../../core/encoding/json_fields.ts';
import { stringifyJson } from '../../core/encoding/json_text.ts';
import { attempt, Malformed } from '../../core/encoding/malformed.ts';
import { attachedOf } from '../../core/evidence.ts';
import { isLikeEnvelope } from '../../core/formats/dsse.ts';
import { MAX_BUNDLE_BYTES } from '../../core/formats/sigstore_bundle.ts';
import { MAX_PAYLOAD_BYTES } from '../../core/formats/simple_signing.ts';
import type { HeldEvidence } from '../../verify/question.ts';
import type { AppContext } from '../context.ts';
import { readJsonBytes, validate } from './body.ts';
import { asCallerError, parsed } from './question.ts';
import { blobBodySchema, layerBodySchema } from './schemas.ts';

/** A payload in base64, a log entry, a certificate, in bytes. */
const MAX_LAYER_BYTES = 2 * MAX_PAYLOAD_BYTES + 512 * 1024;
const BUNDLE_FIELDS = ['mediaType', 'verificationMaterial', 'messageSignature', 'dsseEnvelope'];

/** Errors: `TOO_LARGE`, `BAD_REQUEST`, `UNSUPPORTED_MEDIA_TYPE`. What a bundle holds is judged, not validated. */
export async function readHeldEvidence(context: AppContext): Promise<HeldEvidence> {
  const bytes = await readJsonBytes(context, MAX_BUNDLE_BYTES);
  const held = heldEvidenceIn(bytes, 'body');
  if (['simple-signing', 'blob'].includes(held.form) && bytes.length > MAX_LAYER_BYTES)
    throw new CallerError('TOO_LARGE', `The body is larger than ${MAX_LAYER_BYTES} bytes.`);
  return held;
}

/**
 * What a document holds. Its numbers are a log's: integers, written as such, in an entry that stands there as in one that is quoted.
 * Errors as above
 */
export function heldEvidenceIn(bytes: Bytes, what: string): HeldEvidence {
  const read = attempt(() => parseJsonBytes(bytes, what, 'integers'));
  if (!(read instanceof Malformed)) return heldEvidence(read, bytes);
  const loose = attempt(() => parseJsonBytes(bytes, what));
  if (!(loose instanceof Malformed) && isBundle(loose)) return { form: 'sigstore-bundle', bundle: bytes };
  throw asCallerError('BAD_REQUEST', read);
}

/** @param bytes what it was read from; a trial's stands in a larger document, and how its numbers were written is not known */
export function heldEvidence(value: Json, bytes?: Bytes): HeldEvidence {
  if (isBundle(value))
    return { form: 'sigstore-bundle', bundle: bytes ?? utf8(stringifyJson(value)), read: value };
  return has(value, ['base64Signature']) ? readBlob(value) : readLayer(value);
}

function isBundle(value: Json): boolean {
  return has(value, BUNDLE_FIELDS);
}

/** A signature's layer, or an attestation's: a layer of `.att` is an envelope, and the annotation beside it is empty. */
function readLayer(value: Json): HeldEvidence {
  const { payload: text, signature, bundle, certificate } = validate(layerBodySchema, value);
  const payload = parsed('BAD_REQUEST', () => fromBase64(text, 'payload'));
  const attached = attachedOf({ logBundle: textOf(bundle), certificate: certificate ?? undefined });
  if (isLikeEnvelope(payload)) return { form: 'dsse', envelope: payload, signature, ...attached };
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw new CallerError('TOO_LARGE', `payload: is larger than ${MAX_PAYLOAD_BYTES} bytes.`);
  return { form: 'simple-signing', payload, signature, ...attached };
}

/** Of an attestation, `cosign attest-blob` put the whole envelope where the signature stands. */
function readBlob(value: Json): HeldEvidence {
  const { base64Signature, cert, rekorBundle } = validate(blobBodySchema, value);
  const attached = attachedOf({ logBundle: textOf(rekorBundle), certificate: cert ?? undefined });
  const decoded = attempt(() => fromBase64(base64Signature, 'base64Signature'));
  if (!(decoded instanceof Malformed) && isLikeEnvelope(decoded))
    return { form: 'dsse', envelope: decoded, signature: '', ...attached };
  return { form: 'blob', signature: base64Signature, ...attached };
}

/** A log bundle as it stands in an annotation, or as the JSON in that. */
function textOf(bundle: string | object | null | undefined): string | undefined {
  return bundle === undefined || typeof bundle === 'string' ? bundle : stringifyJson(bundle);
}

function has(value: Json, names: string[]): boolean {
  return isObject(value) && names.some((name) => Object.hasOwn(value, name));
}
