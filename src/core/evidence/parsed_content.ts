// What signed bytes say, parsed once for all evidence that shares them: cached evidence is verified repeatedly, and a manifest may list one
// blob 128 times.
import { messageOfBytes, type WholeMessage } from '../crypto/message.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { attempt } from '../encoding/malformed.ts';
import { type Envelope, parseEnvelope } from '../formats/dsse.ts';
import { parseStatement } from '../formats/in_toto.ts';
import { parseSimpleSigning } from '../formats/simple_signing.ts';
import { onceFor } from '../memory/once.ts';

/** The statement in an envelope. It may have megabytes. */
export const statementIn = onceFor((envelope: Envelope) => attempt(() => parseStatement(envelope.payload)));

/** The envelope in a layer. */
export const envelopeIn = onceFor((bytes: Bytes) => attempt(() => parseEnvelope(bytes)));

/** The bytes as a message: they are hashed once, too. */
export const messageIn = onceFor((bytes: Bytes): WholeMessage => messageOfBytes(bytes));

/** The simple signing payload in a message. */
export const payloadIn = onceFor(({ bytes }: WholeMessage) => attempt(() => parseSimpleSigning(bytes)));
