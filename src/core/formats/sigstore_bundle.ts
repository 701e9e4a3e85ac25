// Sigstore bundles v0.1 to v0.3 (sigstore/protobuf-specs sigstore_bundle.proto) in protobuf's JSON form. Parsing is strict, and nothing
// in a bundle ever becomes trusted.

import { HASH_BYTES, type HashName } from '../crypto/digest.ts';
import { readHashOutput } from '../crypto/hash_output.ts';
import { type Bytes, fromBase64, toHex } from '../encoding/bytes.ts';
import { type Json, type JsonObject, parseJsonBytes } from '../encoding/json.ts';
import { asObject, asString } from '../encoding/json_fields.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import { asBytes, asMessage, asRepeated } from '../encoding/protobuf_json.ts';
import { parseBundleLogEntry } from '../log/bundle_log_entry.ts';
import type { LogEntry } from '../log/log_entry.ts';
import { ENVELOPE_FIELDS, ENVELOPE_SIGNATURE_FIELDS, type Envelope, readEnvelope } from './dsse.ts';

/** In bytes. Most of it is for an attestation's payload in base64. */
export const MAX_BUNDLE_BYTES = 8 * 1024 * 1024;
/** The prefix of the media types of OCI layers and artifacts that contain bundles. */
export const BUNDLE_MEDIA_TYPE_PREFIX = 'application/vnd.dev.sigstore.bundle';
/** The limit of sigstore-go. Real bundles have one entry. */
const MAX_ENTRIES = 32;
const MAX_TIMESTAMPS = 32;
const MAX_CERTIFICATES = 32;

type Version = '0.1' | '0.2' | '0.3';

/** Both spellings that clients have written. */
const VERSIONS: Record<string, Version> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  'application/vnd.dev.sigstore.bundle.v0.3+json': '0.3',
};

export interface SigstoreBundle {
  version: Version;
  /** What the bundle says about its key: a hint or a certificate. Neither is trusted. */
  material: { hint: string } | { certificate: Bytes };
  content:
    | { kind: 'message'; signature: Bytes; stated?: { algorithm: HashName; hash: Bytes } }
    | { kind: 'envelope'; envelope: Envelope };
  entries: LogEntry[];
  /** RFC 3161 responses, DER. */
  timestamps: Bytes[];
}

/** A well-formed document whose media type is not that of a supported bundle. */
export class UnsupportedBundle extends Error {}

/**
 * @param read the parsed bytes, if already available, so that eight megabytes are not parsed twice
 * @throws Malformed; @throws UnsupportedBundle
 */
export function parseBundle(bytes: Bytes, read?: Json): SigstoreBundle {
  if (bytes.length > MAX_BUNDLE_BYTES) throw new Malformed('bundle', `larger than ${MAX_BUNDLE_BYTES} bytes`);
  const document = asObject(read ?? parseJsonBytes(bytes, 'bundle', 'integers'), 'bundle');
  const mediaType = asString(document.mediaType, 'mediaType');
  const version = Object.hasOwn(VERSIONS, mediaType) ? VERSIONS[mediaType] : undefined;
  if (version === undefined)
    throw new UnsupportedBundle(`unsupported bundle type ${JSON.stringify(mediaType)}`);
  const bundle = asMessage(document, 'bundle', [
    'mediaType',
    'verificationMaterial',
    'messageSignature',
    'dsseEnvelope',
  ]);
  const material = asMessage(bundle.verificationMaterial, 'verificationMaterial', [
    'publicKey',
    'x509CertificateChain',
    'certificate',
    'tlogEntries',
    'timestampVerificationData',
  ]);
  return {
    version,
    material: readMaterial(material, version),
    content: readContent(bundle),
    entries: readEntries(material.tlogEntries, version),
    timestamps: readTimestamps(material.timestampVerificationData),
  };
}

function readMaterial(material: JsonObject, version: Version): SigstoreBundle['material'] {
  const { publicKey, certificate, x509CertificateChain: chain } = material;
  const [only, ...others] = [publicKey, certificate, chain].filter((item) => item !== undefined);
  if (only === undefined || others.length > 0)
    throw new Malformed(
      'verificationMaterial',
      'expected exactly one of publicKey, certificate and x509CertificateChain',
    );
  if (publicKey !== undefined) {
    const { hint = '' } = asMessage(publicKey, 'publicKey', ['hint']);
    return { hint: asString(hint, 'publicKey.hint') };
  }
  if (certificate !== undefined) return { certificate: readCertificate(certificate, 'certificate') };
  if (version === '0.3') throw new Malformed('x509CertificateChain', 'is not allowed in a v0.3 bundle');
  const { certificates } = asMessage(chain, 'x509CertificateChain', ['certificates']);
  const [leaf] = asRepeated(certificates, 'certificates', MAX_CERTIFICATES).map((item, at) =>
    readCertificate(item, `certificates[${at}]`),
  );
  if (leaf === undefined) throw new Malformed('x509CertificateChain', 'is empty');
  return { certificate: leaf };
}

function readCertificate(value: Json, what: string): Bytes {
  return asBytes(asMessage(value, what, ['rawBytes']).rawBytes, `${what}.rawBytes`);
}

function readContent({ messageSignature, dsseEnvelope }: JsonObject): SigstoreBundle['content'] {
  if ((messageSignature === undefined) === (dsseEnvelope === undefined))
    throw new Malformed('bundle', 'expected exactly one of messageSignature and dsseEnvelope');
  if (dsseEnvelope !== undefined) {
    const envelope = asMessage(dsseEnvelope, 'dsseEnvelope', ENVELOPE_FIELDS);
    for (const one of asRepeated(envelope.signatures, 'signatures', MAX_ENTRIES))
      asMessage(one, 'signatures', ENVELOPE_SIGNATURE_FIELDS);
    return { kind: 'envelope', envelope: readEnvelope(envelope) };
  }
  const message = asMessage(messageSignature, 'messageSignature', ['messageDigest', 'signature']);
  const { messageDigest: digest } = message;
  return {
    kind: 'message',
    signature: asBytes(message.signature, 'messageSignature.signature'),
    ...(digest !== undefined && readStatedDigest(digest)),
  };
}

const UNSPECIFIED = 'HASH_ALGORITHM_UNSPECIFIED';

/** A digest without any field set states nothing: cosign 3 writes one next to a pure Ed25519 signature. */
function readStatedDigest(value: Json): { stated?: { algorithm: HashName; hash: Bytes } } {
  const message = asMessage(value, 'messageDigest', ['algorithm', 'digest']);
  if ((message.algorithm ?? UNSPECIFIED) === UNSPECIFIED && (message.digest ?? '') === '') return {};
  return { stated: readHashOutput(message, 'messageDigest') };
}

/** Rejects duplicate entries: no client writes a bundle that lists an entry twice. */
function readEntries(value: Json | undefined, version: Version): LogEntry[] {
  const mustHave = version === '0.1' ? 'promise' : 'proof';
  const entries = asRepeated(value, 'tlogEntries', MAX_ENTRIES).map((entry, at) =>
    parseBundleLogEntry(entry, `tlogEntries[${at}]`, mustHave),
  );
  const names = new Set(entries.map(({ logId, logIndex }) => `${logId} ${logIndex}`));
  if (names.size < entries.length) throw new Malformed('tlogEntries', 'lists the same entry twice');
  return entries;
}

function readTimestamps(value: Json | undefined): Bytes[] {
  if (value === undefined) return [];
  const { rfc3161Timestamps } = asMessage(value, 'timestampVerificationData', ['rfc3161Timestamps']);
  return asRepeated(rfc3161Timestamps, 'rfc3161Timestamps', MAX_TIMESTAMPS).map((item, at) => {
    const what = `rfc3161Timestamps[${at}]`;
    return asBytes(asMessage(item, what, ['signedTimestamp']).signedTimestamp, `${what}.signedTimestamp`);
  });
}

/**
 * The key fingerprint in a hint, with the hash in hexadecimal: cosign and sigstore-go write base64(SHA-256(SPKI)). Other clients (npm)
 * write names of their own, which mean nothing to this service.
 */
export function fingerprintInHint(hint: string): string | undefined {
  const bytes = attempt(() => fromBase64(hint, 'hint'));
  if (bytes instanceof Malformed || bytes.length !== HASH_BYTES.sha256) return undefined;
  return `sha256:${toHex(bytes)}`;
}
