// The reading of a DSSE envelope, in whichever form it was found.
import { type Message, messageOfBytes } from '../crypto/message.ts';
import { type Envelope, preAuthEncoding } from '../formats/dsse.ts';
import { onceFor } from '../memory/once.ts';
import type { SignedPart } from './reading.ts';

const messagesOf = onceFor((envelope: Envelope) => ({
  payload: messageOfBytes(envelope.payload),
  signed: messageOfBytes(preAuthEncoding(envelope)),
}));

/** @param given the envelope's original JSON, if it is available */
export function envelopeReading(envelope: Envelope, given?: Message): SignedPart {
  const { payload, signed } = messagesOf(envelope);
  return {
    content: { kind: 'envelope', envelope, payload, ...(given !== undefined && { given }) },
    signed,
    signature: envelope.signature,
  };
}
