// A reading: the one form that evidence of every format is parsed into. It holds the signed message, one signature, its log entries and
// timestamps, and what the evidence says about its key.
import type { RefusalCode } from '../codes.ts';
import type { HashName } from '../crypto/digest.ts';
import type { Message, WholeMessage } from '../crypto/message.ts';
import type { PublicKey } from '../crypto/public_key.ts';
import type { SignatureHash } from '../crypto/signature.ts';
import { cosignHashes } from '../crypto/signature_hashes.ts';
import type { Bytes } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { Envelope } from '../formats/dsse.ts';
import type { LoggedEntry } from '../log/logged_entry.ts';

/** What the signature is over. None of it is trusted yet. */
export type Content =
  | { kind: 'simple-signing'; payload: WholeMessage }
  /** `given` is the envelope's original JSON, which old logs hash; with a bundle it is not available. */
  | { kind: 'envelope'; envelope: Envelope; payload: Message; given?: Message }
  /** The artifact itself; `stated` is a digest that the bundle states. */
  | { kind: 'artifact'; stated?: { algorithm: HashName; hash: Bytes } };

/** Evidence that cannot be parsed as its stated format. */
export class Unreadable {
  readonly code: RefusalCode;
  readonly problem: string;

  constructor(code: RefusalCode, problem: string) {
    this.code = code;
    this.problem = problem;
  }
}

/** A field that could not be parsed holds the `Malformed` that says why. */
export interface Reading {
  content: Content | Unreadable;
  /** The bytes that the layer's digest covers; a bare signature has none. */
  listed?: WholeMessage;
  /** The signed message: a payload, an envelope's pre-authentication encoding, or the artifact. */
  signed: Message;
  signature: Bytes | Malformed;
  /** The hashes that this format allows for signatures by a key. */
  hashes: (key: PublicKey) => SignatureHash[];
  entries: LoggedEntry[] | Malformed;
  /** RFC 3161 timestamps, DER. */
  timestamps: Bytes[] | Malformed;
  /** The key in the evidence's certificate, or its bare key. Never trusted. */
  material?: { spki: Bytes | Malformed; isCertificate: boolean };
  /** The fingerprint of the key, if the evidence states one. */
  hint?: string;
}

/** The parts of a reading that say what was signed, and by which signature. */
export type SignedPart = Pick<Reading, 'content' | 'signed' | 'signature'>;

/** For evidence that cannot be parsed. */
export function unreadable(code: RefusalCode, problem: string): SignedPart & Pick<Reading, 'hashes'> {
  return {
    content: new Unreadable(code, problem),
    signed: { digests: {} },
    signature: new Malformed('signature', 'the evidence cannot be parsed'),
    hashes: cosignHashes,
  };
}
