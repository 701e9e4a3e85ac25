// Parses a piece of evidence, only once, because evidence is immutable and cached evidence is verified repeatedly. All formats become one
// form: the signed message, one signature, its log entries and timestamps, and what the evidence says about its key.

import type { RefusalCode } from '../codes.ts';
import { certificateSpki } from '../crypto/certificate.ts';
import type { HashName } from '../crypto/digest.ts';
import { type Message, messageOfBytes, type WholeMessage } from '../crypto/message.ts';
import { type PublicKey, spkiOfPemText } from '../crypto/public_key.ts';
import type { SignatureHash } from '../crypto/signature.ts';
import {
  bundleEnvelopeHashes,
  bundleMessageHashes,
  cosignEnvelopeHashes,
  cosignHashes,
} from '../crypto/signature_hashes.ts';
import { type Bytes, fromBase64, fromUtf8 } from '../encoding/bytes.ts';
import { parseJson } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import { type Envelope, parseEnvelope, preAuthEncoding } from '../formats/dsse.ts';
import { parseStatement, type Statement } from '../formats/in_toto.ts';
import {
  fingerprintInHint,
  parseBundle,
  type SigstoreBundle,
  UnsupportedBundle,
} from '../formats/sigstore_bundle.ts';
import { parseSimpleSigning, type SimpleSigningPayload } from '../formats/simple_signing.ts';
import { parseLogBundle } from '../log/log_entry.ts';
import { type LoggedEntry, withBody } from '../log/logged_entry.ts';
import type {
  Attached,
  BlobEvidence,
  BundleEvidence,
  EnvelopeEvidence,
  SignatureEvidence,
  SimpleSigningEvidence,
} from './evidence.ts';

/** What the signature is over. None of it is trusted yet. */
export type Content =
  | { kind: 'simple-signing'; payload: WholeMessage }
  /** `given` is the envelope's original JSON, which old logs hash; with a bundle it is not available. */
  | { kind: 'envelope'; envelope: Envelope; payload: Message; given?: Message }
  /** The artifact itself; `stated` is a digest that the bundle states. */
  | { kind: 'artifact'; stated?: { algorithm: HashName; hash: Bytes } };

/** Evidence that cannot be parsed as its stated format. */
export class Unreadable {
  readonly code: RefusalCode;
  readonly problem: string;

  constructor(code: RefusalCode, problem: string) {
    this.code = code;
    this.problem = problem;
  }
}

/** A field that could not be parsed holds the `Malformed` that says why. */
export interface Reading {
  content: Content | Unreadable;
  /** The bytes that the layer's digest covers; a bare signature has none. */
  listed?: WholeMessage;
  /** The signed message: a payload, an envelope's pre-authentication encoding, or the artifact. */
  signed: Message;
  signature: Bytes | Malformed;
  /** The hashes that this format allows for signatures by a key. */
  hashes: (key: PublicKey) => SignatureHash[];
  entries: LoggedEntry[] | Malformed;
  /** RFC 3161 timestamps, DER. */
  timestamps: Bytes[] | Malformed;
  /** The key in the evidence's certificate, or its bare key. Never trusted. */
  material?: { spki: Bytes | Malformed; isCertificate: boolean };
  /** The fingerprint of the key, if the evidence states one. */
  hint?: string;
}

const readings = new WeakMap<SignatureEvidence, Reading>();
const statements = new WeakMap<Envelope, Statement | Malformed>();

/** The statement in an envelope, parsed once because it may have megabytes. */
export function statementIn(envelope: Envelope): Statement | Malformed {
  const known = statements.get(envelope) ?? attempt(() => parseStatement(envelope.payload));
  statements.set(envelope, known);
  return known;
}

const payloads = new WeakMap<WholeMessage, SimpleSigningPayload | Malformed>();

/** The simple signing payload in a message, parsed once. */
export function payloadIn(message: WholeMessage): SimpleSigningPayload | Malformed {
  const known = payloads.get(message) ?? attempt(() => parseSimpleSigning(message.bytes));
  payloads.set(message, known);
  return known;
}

/** The predicate type that the evidence states, if it contains a statement. Unverified. */
export function statedPredicateType(evidence: SignatureEvidence): string | undefined {
  const { content } = readingOf(evidence);
  if (content instanceof Unreadable || content.kind !== 'envelope') return undefined;
  const statement = statementIn(content.envelope);
  return statement instanceof Malformed ? undefined : statement.predicateType;
}

export function readingOf(evidence: SignatureEvidence): Reading {
  const known = readings.get(evidence);
  if (known !== undefined) return known;
  const reading = read(evidence);
  readings.set(evidence, reading);
  return reading;
}

function read(evidence: SignatureEvidence): Reading {
  switch (evidence.format) {
    case 'simple-signing':
      return readSimpleSigning(evidence);
    case 'dsse':
      return readAttachedEnvelope(evidence);
    case 'sigstore-bundle':
      return readSigstoreBundle(evidence);
    case 'blob':
      return readBlob(evidence);
  }
}

function readSimpleSigning(evidence: SimpleSigningEvidence): Reading {
  const payload = messageOfBytes(evidence.payload);
  return {
    content: { kind: 'simple-signing', payload },
    listed: payload,
    signed: payload,
    signature: readSignature(evidence.signature),
    hashes: cosignHashes,
    ...readAttached(evidence),
  };
}

function readAttachedEnvelope(evidence: EnvelopeEvidence): Reading {
  const envelope = attempt(() => parseEnvelope(evidence.envelope));
  const listed = messageOfBytes(evidence.envelope);
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

function readBlob(evidence: BlobEvidence): Reading {
  return {
    content: { kind: 'artifact' },
    signed: evidence.subject,
    signature: readSignature(evidence.signature),
    hashes: cosignHashes,
    ...readAttached(evidence),
  };
}

function readSigstoreBundle(evidence: BundleEvidence): Reading {
  const listed = messageOfBytes(evidence.bundle);
  let bundle: SigstoreBundle;
  try {
    bundle = parseBundle(evidence.bundle, evidence.read);
  } catch (error) {
    const beside = { listed, hashes: cosignHashes, entries: [], timestamps: [] };
    if (error instanceof Malformed) return { ...unreadable('BUNDLE_MALFORMED', error.message), ...beside };
    if (error instanceof UnsupportedBundle)
      return { ...unreadable('BUNDLE_UNSUPPORTED', error.message), ...beside };
    throw error;
  }
  const { content, material, entries, timestamps } = bundle;
  const hint = 'hint' in material ? fingerprintInHint(material.hint) : undefined;
  const beside = {
    listed,
    entries: entries.map(withBody),
    timestamps,
    ...('certificate' in material && {
      material: { spki: attempt(() => certificateSpki(material.certificate)), isCertificate: true },
    }),
    ...(hint !== undefined && { hint }),
  };
  if (content.kind === 'envelope') {
    return {
      ...envelopeReading(content.envelope),
      hashes: bundleEnvelopeHashes,
      ...beside,
    };
  }
  const { signature, stated } = content;
  return {
    content: { kind: 'artifact', ...(stated !== undefined && { stated }) },
    signed: evidence.subject,
    signature,
    hashes: bundleMessageHashes,
    ...beside,
  };
}

function envelopeReading(
  envelope: Envelope,
  given?: Message,
): Pick<Reading, 'content' | 'signed' | 'signature'> {
  return {
    content: {
      kind: 'envelope',
      envelope,
      payload: messageOfBytes(envelope.payload),
      ...(given !== undefined && { given }),
    },
    signed: messageOfBytes(preAuthEncoding(envelope)),
    signature: envelope.signature,
  };
}

function unreadable(
  code: RefusalCode,
  problem: string,
): Pick<Reading, 'content' | 'signed' | 'signature' | 'hashes'> {
  return {
    content: new Unreadable(code, problem),
    signed: { digests: {} },
    signature: new Malformed('signature', 'the evidence cannot be parsed'),
    hashes: cosignHashes,
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
