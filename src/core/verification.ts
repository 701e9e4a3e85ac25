// The state of verifying one signature: what is required, what is trusted, and what the checks have established so far.

import type { Message } from './crypto/message.ts';
import type { SignatureHash } from './crypto/signature.ts';
import type { Bytes } from './encoding/bytes.ts';
import type { Malformed } from './encoding/malformed.ts';
import type { SignatureEvidence } from './evidence/evidence.ts';
import type { Reading } from './evidence/reading.ts';
import type { Statement, Subject } from './formats/in_toto.ts';
import type { SimpleSigningPayload } from './formats/simple_signing.ts';
import type { LoggedEntry } from './log/logged_entry.ts';
import { countVerification, type Meter } from './meter.ts';
import type { SignatureRequirements } from './signature_requirements.ts';
import type { Trust } from './trust/trust.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import type { VersionedLog } from './trust/trusted_log.ts';

/** Per piece of evidence: sixteen keys with two hashes each, and what logs signed. Limited because callers may bring any number of keys. */
const MAX_FACTS = 40;

export interface Signer {
  trusted: TrustedKey;
  hash: SignatureHash;
}

/** What the signer stated, as parsed by the payload checks. */
export type Claims =
  | { kind: 'simple-signing'; payload: SimpleSigningPayload }
  /** `payload` is the statement's text; `about` is the subject with the artifact's digest, once found. */
  | { kind: 'in-toto'; statement: Statement; payload: Bytes; about?: Subject }
  /** Only the bytes of the artifact. */
  | { kind: 'artifact' };

/** A log entry and the trusted log that it names. */
export interface FoundEntry extends LoggedEntry {
  log: VersionedLog;
  /** The log signed the entry's time and log-wide index, in the evidence or when queried. */
  isPromised?: true;
}

export interface Verification {
  evidence: SignatureEvidence;
  reading: Reading;
  trust: Trust;
  requirements: SignatureRequirements;
  /** Milliseconds since the epoch. */
  now: number;
  meter: Meter;

  /** The decoded signature, or the reason why it could not be decoded. */
  signature: Bytes | Malformed;
  /** The signed message. */
  signed: Message;
  entries: LoggedEntry[] | Malformed;
  /** The origin of the entries. */
  entrySource: 'evidence' | 'online';

  claims?: Claims;
  signer?: Signer;
  /** The entries of trusted logs, set by `log-known`. Entries of other logs are ignored if there are any of these. */
  found: FoundEntry[];
  /** Milliseconds since the epoch, from promises and timestamps that verified. */
  provenTimes: number[];
  /** The URL of the query, if the log itself was queried. */
  onlineSource?: string;
}

/** Computes a fact about immutable bytes once per piece of evidence. Only the computation counts as a verification. */
export async function fact(
  state: Verification,
  name: string,
  compute: () => Promise<boolean>,
): Promise<boolean> {
  const { facts } = state.evidence;
  const known = facts.get(name);
  if (known !== undefined) return known;
  countVerification(state.meter);
  const held = await compute();
  if (facts.size >= MAX_FACTS) facts.clear();
  facts.set(name, held);
  return held;
}
