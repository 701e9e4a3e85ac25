// Readings of what cosign attaches to an image: a payload or an envelope as a layer, and the signature, log entry, certificate and timestamp
// in the layer's annotations. Its old bundle for artifacts has the same fields.
import { spkiOfPemText } from '../crypto/public_key.ts';
import { cosignEnvelopeHashes, cosignHashes } from '../crypto/signature_hashes.ts';
import { type Bytes, fromBase64, fromUtf8 } from '../encoding/bytes.ts';
import { parseJson } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import { parseLogBundle } from '../log/log_entry.ts';
import { withBody } from '../log/logged_entry.ts';
import { envelopeReading } from './envelope_reading.ts';
import type { Attached, BlobEvidence, EnvelopeEvidence, SimpleSigningEvidence } from './evidence.ts';
import { envelopeIn, messageIn } from './parsed_content.ts';
import { type Reading, unreadable } from './reading.ts';

export function readSimpleSigning(evidence: SimpleSigningEvidence): Reading {
  const payload = messageIn(evidence.payload);
  return {
    content: { kind: 'simple-signing', payload },
    listed: payload,
    signed: payload,
    signature: readSignature(evidence.signature),
    hashes: cosignHashes,
    ...readAttached(evidence),
  };
}

export function readAttachedEnvelope(evidence: EnvelopeEvidence): Reading {
  const envelope = envelopeIn(evidence.envelope);
  const listed = messageIn(evidence.envelope);
  const attached = { ...readAttached(evidence), listed };
  if (envelope instanceof Malformed) {
    return { ...unreadable('PAYLOAD_MALFORMED', envelope.message), ...attached };
  }
  return {
    ...envelopeReading(envelope, listed),
    ...(evidence.signature !== '' && {
      signature: new Malformed(
        'signature',
        'the signature annotation of an envelope must be present and empty',
      ),
    }),
    hashes: cosignEnvelopeHashes,
    ...attached,
  };
}

export function readBlob(evidence: BlobEvidence): Reading {
  return {
    content: { kind: 'artifact' },
    signed: evidence.subject,
    signature: readSignature(evidence.signature),
    hashes: cosignHashes,
    ...readAttached(evidence),
  };
}

function readSignature(text: string | undefined): Bytes | Malformed {
  if (text === undefined || text === '')
    return new Malformed('signature', 'the annotation is missing or empty');
  return attempt(() => fromBase64(text, 'signature'));
}

/** The log entry, certificate and timestamp that cosign stores in annotations, or in the fields of its old bundle. */
function readAttached({ logBundle, certificate, timestamp }: Attached) {
  const entry = logBundle === undefined ? undefined : attempt(() => parseLogBundle(logBundle));
  return {
    entries: entry instanceof Malformed ? entry : entry === undefined ? [] : [withBody(entry)],
    timestamps: timestamp === undefined ? [] : attempt(() => readTimestamp(timestamp)),
    ...(certificate !== undefined && { material: readPemMaterial(certificate) }),
  };
}

/** `{SignedRFC3161Timestamp: base64}` */
function readTimestamp(text: string): Bytes[] {
  const annotation = asObject(parseJson(text, 'timestamp'), 'timestamp');
  exactFields(annotation, 'timestamp', ['SignedRFC3161Timestamp']);
  return [fromBase64(asString(annotation.SignedRFC3161Timestamp, 'timestamp'), 'timestamp')];
}

/** A certificate or bare key as PEM, or as base64 of PEM, as in old bundles. */
function readPemMaterial(text: string): NonNullable<Reading['material']> {
  const found = attempt(() => {
    const pem = text.includes('-----BEGIN') ? text : fromUtf8(fromBase64(text, 'certificate'), 'certificate');
    return spkiOfPemText(pem);
  });
  return found instanceof Malformed ? { spki: found, isCertificate: true } : found;
}
