// What a piece of evidence says, read once: evidence does not change, and remembered evidence is judged again and again. Here the
// formats become one form: something signed, one signature, the log entries and timestamps beside it, and what it says of its key.

import type { RefusalCode } from './codes.ts';
import { certificateSpki } from './crypto/certificate.ts';
import type { HashName } from './crypto/digest.ts';
import { type Message, messageOfBytes, type WholeMessage } from './crypto/message.ts';
import { type PublicKey, spkiOfPemText } from './crypto/public_key.ts';
import type { SignatureHash } from './crypto/signature.ts';
import {
  bundleEnvelopeHashes,
  bundleMessageHashes,
  cosignEnvelopeHashes,
  cosignHashes,
} from './crypto/signature_hashes.ts';
import { type Bytes, fromBase64, fromUtf8 } from './encoding/bytes.ts';
import { parseJson } from './encoding/json.ts';
import { asObject, asString, exactFields } from './encoding/json_fields.ts';
import { attempt, Malformed } from './encoding/malformed.ts';
import type {
  Attached,
  BlobEvidence,
  BundleEvidence,
  EnvelopeEvidence,
  SignatureEvidence,
  SimpleSigningEvidence,
} from './evidence.ts';
import { type Envelope, parseEnvelope, preAuthEncoding } from './formats/dsse.ts';
import { parseStatement, type Statement } from './formats/in_toto.ts';
import {
  fingerprintInHint,
  parseBundle,
  type SigstoreBundle,
  UnsupportedBundle,
} from './formats/sigstore_bundle.ts';
import { parseSimpleSigning, type SimpleSigningPayload } from './formats/simple_signing.ts';
import { parseLogBundle } from './log/log_entry.ts';
import { type LoggedEntry, withBody } from './log/logged_entry.ts';

/** What the signature is over, before anything in it is believed. */
export type Content =
  | { kind: 'simple-signing'; payload: WholeMessage }
  /** `given` is the envelope's own JSON, which old logs hash; in a bundle nobody has it. */
  | { kind: 'envelope'; envelope: Envelope; payload: Message; given?: Message }
  /** The artifact itself; `stated` is a digest the bundle mentions. */
  | { kind: 'artifact'; stated?: { algorithm: HashName; hash: Bytes } };

/** Evidence that cannot be read as what it is given as. */
export class Unreadable {
  readonly code: RefusalCode;
  readonly problem: string;

  constructor(code: RefusalCode, problem: string) {
    this.code = code;
    this.problem = problem;
  }
}

/** A `Malformed` stands where something could not be read, and says why. */
export interface Reading {
  content: Content | Unreadable;
  /** The bytes that a layer's digest is of; a bare signature has none. */
  listed?: WholeMessage;
  /** What was signed: a payload, an envelope's encoding, or the artifact. */
  signed: Message;
  signature: Bytes | Malformed;
  /** The hashes that this form allows under a signature of a key. */
  hashes: (key: PublicKey) => SignatureHash[];
  entries: LoggedEntry[] | Malformed;
  /** RFC 3161, DER. */
  timestamps: Bytes[] | Malformed;
  /** The certificate or bare key that came along; trusted for nothing. */
  material?: { spki: Bytes | Malformed; isCertificate: boolean };
  /** What it says of its key beside that: a fingerprint. */
  hint?: string;
}

const readings = new WeakMap<SignatureEvidence, Reading>();
const statements = new WeakMap<Envelope, Statement | Malformed>();

/** What an envelope's payload says, read once: it may have megabytes. */
export function statementIn(envelope: Envelope): Statement | Malformed {
  const known = statements.get(envelope) ?? attempt(() => parseStatement(envelope.payload));
  statements.set(envelope, known);
  return known;
}

const payloads = new WeakMap<WholeMessage, SimpleSigningPayload | Malformed>();

/** What a payload of simple signing says, read once. */
export function payloadIn(message: WholeMessage): SimpleSigningPayload | Malformed {
  const known = payloads.get(message) ?? attempt(() => parseSimpleSigning(message.bytes));
  payloads.set(message, known);
  return known;
}

/** The predicate type that the evidence says it has, of a statement; unverified. */
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
      signature: new Malformed('signature', 'the annotation beside an envelope must be there, and be empty'),
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
    signature: new Malformed('signature', 'the evidence cannot be read'),
    hashes: cosignHashes,
  };
}

function readSignature(text: string | undefined): Bytes | Malformed {
  if (text === undefined || text === '')
    return new Malformed('signature', 'the annotation is missing or empty');
  return attempt(() => fromBase64(text, 'signature'));
}

/** The log entry, the certificate and the timestamp that cosign keeps as annotations, or in the fields of its old bundle. */
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

/** PEM, or the base64 of it, which old bundles hold; of a certificate or of a bare key. */
function readPemMaterial(text: string): NonNullable<Reading['material']> {
  const found = attempt(() => {
    const pem = text.includes('-----BEGIN') ? text : fromUtf8(fromBase64(text, 'certificate'), 'certificate');
    return spkiOfPemText(pem);
  });
  return found instanceof Malformed ? { spki: found, isCertificate: true } : found;
}
