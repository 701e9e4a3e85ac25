// The reading of a DSSE envelope, in whichever form it was found.
import { type Message, messageOfBytes } from '../crypto/message.ts';
import { type Envelope, preAuthEncoding } from '../formats/dsse.ts';
import type { SignedPart } from './reading.ts';

/** @param given the envelope's original JSON, if it is available */
export function envelopeReading(envelope: Envelope, given?: Message): SignedPart {
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
