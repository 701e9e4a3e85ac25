// The body of a log entry: the logged signature, its key and what it is over. Each is later compared with what was verified.
import type { HashName } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import type { LogVersion } from '../trust/trusted_log.ts';

export interface StatedHash {
  algorithm: HashName;
  hash: Bytes;
}

export interface LoggedKey {
  /** DER SPKI of the logged key, or of the key in the logged certificate. */
  keySpki: Bytes;
  /** Whether it was logged as a certificate. */
  isCertificate: boolean;
}

/** `rekord`, `hashedrekord`: a signature over a message. */
export interface MessageBody extends LoggedKey {
  about: 'message';
  kind: 'rekord' | 'hashedrekord';
  version: '0.0.1' | '0.0.2';
  signature: Bytes;
  hash: StatedHash;
  /** Rekor v2: the algorithm that the log verified with (sigstore/protobuf-specs PublicKeyDetails). */
  keyDetails?: string;
}

/** `dsse`, `intoto`: a DSSE envelope with one signature. */
export interface EnvelopeBody extends LoggedKey {
  about: 'envelope';
  kind: 'dsse' | 'intoto';
  version: '0.0.1' | '0.0.2';
  /** Absent in `intoto` 0.0.1, where only the hash of the envelope covers the signature. */
  signature?: Bytes;
  /** The hash of the envelope's JSON as submitted to the log. */
  envelopeHash: StatedHash;
  /** The hash of the envelope's payload. The oldest `intoto` 0.0.1 entries have none. */
  payloadHash?: StatedHash;
}

export type LogBody = MessageBody | EnvelopeBody;

/** The version of Rekor that stores such entries. */
export function versionOfBody({ kind, version }: LogBody): LogVersion {
  return kind === 'hashedrekord' && version === '0.0.2' ? 2 : 1;
}

/** A well-formed body of an unsupported kind or version. */
export class UnsupportedLogBody extends Error {}
