// The body of a log entry: the logged signature, its key and what it is over. Each is later compared with what was verified. Rekor's
// entry kinds (sigstore/rekor pkg/types; sigstore/rekor-tiles api/proto) about a message are parsed in log_body_message.ts, those about
// a DSSE envelope in log_body_envelope.ts.

import type { HashName } from '../crypto/digest.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { parseJsonBytes } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { LogVersion } from '../trust/trusted_log.ts';
import { readEnvelopeBody } from './log_body_envelope.ts';
import { readMessageBody, readMessageBodyV2 } from './log_body_message.ts';

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

/**
 * @throws Malformed when the body does not have exactly the fields that its kind prescribes
 * @throws UnsupportedLogBody when the kind and version are not among those listed here
 */
export function parseLogBody(bytes: Bytes): LogBody {
  const body = asObject(parseJsonBytes(bytes, 'log entry body'), 'log entry body');
  exactFields(body, 'log entry body', ['apiVersion', 'kind', 'spec']);
  const kind = asString(body.kind, 'kind');
  const version = asString(body.apiVersion, 'apiVersion');
  const spec = asObject(body.spec, 'spec');
  switch (`${kind} ${version}`) {
    case 'rekord 0.0.1':
      if (asObject(spec.signature, 'spec.signature').format !== 'x509')
        throw new UnsupportedLogBody('rekord 0.0.1 with a format other than x509');
      return readMessageBody('rekord', spec);
    case 'hashedrekord 0.0.1':
      return readMessageBody('hashedrekord', spec);
    case 'hashedrekord 0.0.2':
      return readMessageBodyV2(spec);
    case 'dsse 0.0.1':
    case 'intoto 0.0.1':
    case 'intoto 0.0.2':
      return readEnvelopeBody(kind as 'dsse' | 'intoto', version as '0.0.1' | '0.0.2', spec);
    default:
      throw new UnsupportedLogBody(`${kind} ${version}`);
  }
}

/** The body, or the error from parsing it. Bodies are searched for hints before any check judges them, so this does not throw. */
export function tryLogBody(bytes: Bytes): LogBody | UnsupportedLogBody | Malformed {
  try {
    return parseLogBody(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof UnsupportedLogBody) return error;
    throw error;
  }
}
