// Parses the body of a log entry by its kind (sigstore/rekor pkg/types; sigstore/rekor-tiles api/proto): those about a message in
// log_body_message.ts, those about a DSSE envelope in log_body_envelope.ts.
import type { Bytes } from '../encoding/bytes.ts';
import { parseJsonBytes } from '../encoding/json.ts';
import { asObject, asString, exactFields } from '../encoding/json_fields.ts';
import { Malformed } from '../encoding/malformed.ts';
import { type LogBody, UnsupportedLogBody } from './log_body.ts';
import { readEnvelopeBody } from './log_body_envelope.ts';
import { readMessageBody, readMessageBodyV2 } from './log_body_message.ts';

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
