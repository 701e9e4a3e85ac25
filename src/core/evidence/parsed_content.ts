// What signed bytes say, parsed once each, because cached evidence is verified repeatedly.
import type { WholeMessage } from '../crypto/message.ts';
import { attempt, type Malformed } from '../encoding/malformed.ts';
import type { Envelope } from '../formats/dsse.ts';
import { parseStatement, type Statement } from '../formats/in_toto.ts';
import { parseSimpleSigning, type SimpleSigningPayload } from '../formats/simple_signing.ts';

const statements = new WeakMap<Envelope, Statement | Malformed>();

/** The statement in an envelope. It may have megabytes. */
export function statementIn(envelope: Envelope): Statement | Malformed {
  const known = statements.get(envelope) ?? attempt(() => parseStatement(envelope.payload));
  statements.set(envelope, known);
  return known;
}

const payloads = new WeakMap<WholeMessage, SimpleSigningPayload | Malformed>();

/** The simple signing payload in a message. */
export function payloadIn(message: WholeMessage): SimpleSigningPayload | Malformed {
  const known = payloads.get(message) ?? attempt(() => parseSimpleSigning(message.bytes));
  payloads.set(message, known);
  return known;
}
