// The body of a log entry: which signature, by which key, over what was logged; each is compared with what was verified. Rekor's
// kinds are read here (sigstore/rekor pkg/types; sigstore/rekor-tiles api/proto): those about a message in log_body_message.ts,
// those about a DSSE envelope in log_body_envelope.ts.

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
  /** DER SPKI of the key, or of the key inside the certificate, that was logged. */
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
  /** Rekor v2: which algorithm the log verified with (sigstore/protobuf-specs PublicKeyDetails). */
  keyDetails?: string;
}

/** `dsse`, `intoto`: a DSSE envelope with one signature. */
export interface EnvelopeBody extends LoggedKey {
  about: 'envelope';
  kind: 'dsse' | 'intoto';
  version: '0.0.1' | '0.0.2';
  /** Absent in `intoto` 0.0.1, where only the envelope's hash covers it. */
  signature?: Bytes;
  /** Of the envelope's JSON as it was given to the log. */
  envelopeHash: StatedHash;
  /** Of the payload inside. The oldest `intoto` 0.0.1 entries have none. */
  payloadHash?: StatedHash;
}

export type LogBody = MessageBody | EnvelopeBody;

/** Which Rekor keeps such entries. */
export function versionOfBody({ kind, version }: LogBody): LogVersion {
  return kind === 'hashedrekord' && version === '0.0.2' ? 2 : 1;
}

/** A well-formed body of a kind or version that is not verified here. */
export class UnsupportedLogBody extends Error {}

/**
 * @throws Malformed when the body is not the JSON its kind prescribes, field for field
 * @throws UnsupportedLogBody when kind and version are others than those listed here
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

/** The body, or the reason why it cannot be read: it is looked into for hints before it is judged. */
export function tryLogBody(bytes: Bytes): LogBody | UnsupportedLogBody | Malformed {
  try {
    return parseLogBody(bytes);
  } catch (error) {
    if (error instanceof Malformed || error instanceof UnsupportedLogBody) return error;
    throw error;
  }
}
