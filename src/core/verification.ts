// The state of one signature's verification: what was asked, what is trusted, and what the checks done so far have learned.

import type { Message } from './crypto/message.ts';
import type { PublicKey } from './crypto/public_key.ts';
import type { SignatureHash } from './crypto/signature.ts';
import type { Bytes } from './encoding/bytes.ts';
import type { Malformed } from './encoding/malformed.ts';
import type { SignatureEvidence } from './evidence.ts';
import type { Statement, Subject } from './formats/in_toto.ts';
import type { SimpleSigningPayload } from './formats/simple_signing.ts';
import type { Checkpoint } from './log/checkpoint.ts';
import type { LogEntry } from './log/log_entry.ts';
import type { LoggedEntry } from './log/logged_entry.ts';
import type { PredicateCondition } from './policy/predicate_condition.ts';
import type { Reading } from './reading.ts';
import type { TrustedAuthority } from './trust/trusted_authority.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import type { TrustedLog, VersionedLog } from './trust/trusted_log.ts';
import { Undecided } from './undecided.ts';

/** Signature verifications for one image: more is an attack on our time. */
export const MAX_VERIFICATIONS = 256;

/** Inclusion proofs for one image: each may cost sixty-three hashes, and a bundle may list thirty-two. */
const MAX_PROOFS = 256;

/** What to ask a log for: an entry that was promised, or one for a signature that came without. */
export type OnlineQuery = EntryQuery | SearchQuery;

/** The entry at a log's index, beside the one that is held. */
export interface EntryQuery {
  entry: LogEntry;
  log: TrustedLog;
}

/** The entry of a signature that came without one: over a message, or over an envelope that the log is shown. */
export type SearchQuery = {
  signature: Bytes;
  key: PublicKey;
  /** Whether an entry is about the signature: the search goes on until one is. */
  isAnswer(entry: LogEntry): Promise<boolean>;
} & ({ message: SearchedMessage } | { envelope: { payloadType: string; payload: Bytes; given?: Bytes } });

/** What was signed, by the hash that was signed or by its bytes: one of them is there. */
export interface SearchedMessage {
  hash: SignatureHash;
  digest?: Bytes;
  bytes?: Bytes;
}

export interface OnlineAnswer {
  entries: LogEntry[];
  /** The URL that was asked. */
  source: string;
}

/** What is trusted, and the ways to learn more. No key in the evidence ever adds to it. */
export interface Trust {
  keys: TrustedKey[];
  findLog(logId: string): Promise<TrustedLog | undefined>;
  /** All of them: a timestamp does not say whose it is before it is read. */
  findAuthorities(): Promise<TrustedAuthority[]>;
  /** Remembers a checkpoint that the log has signed; another root that it has signed for the same tree and size, if one is known. */
  otherRoot(log: TrustedLog, checkpoint: Checkpoint): Bytes | undefined;
  /** Asks the log itself; errors are `Undecided`. */
  askLog(query: OnlineQuery): Promise<OnlineAnswer>;
}

/** What one signature or attestation is held to. How many, and by whom, is a requirement of the verdict. */
export interface SignatureRequirements {
  /** The full name the image is used under; absent when the caller gave none. */
  name?: string;
  /** Stronger than what the key says; absent leaves it to the key. */
  transparency?: 'required' | 'online';
  /** All must stand in the signed annotations, as strings, byte for byte. */
  annotations: [name: string, value: string][];
  /** An attestation of this predicate type is asked for, instead of a signature; `any` takes every statement. */
  attestation?: string;
  /** What must hold of its predicate; all of it. */
  predicate?: PredicateCondition[];
}

/** Shared by all signatures of one image. */
export interface Meter {
  verifications: number;
  /** Inclusion proofs computed. */
  proofs: number;
}

/** Kept with one piece of evidence: callers may bring any number of keys. */
const MAX_FACTS = 64;

export interface Signer {
  trusted: TrustedKey;
  hash: SignatureHash;
}

/** What the signer said, as the payload's own checks have read it. */
export type Statements =
  | { kind: 'simple-signing'; payload: SimpleSigningPayload }
  /** `about` is the subject that names the artifact, once it is found. */
  | { kind: 'in-toto'; statement: Statement; about?: Subject }
  /** The bytes of the artifact, and nothing else. */
  | { kind: 'artifact' };

/** A log entry, and the trusted log that it says it is in. */
export interface FoundEntry extends LoggedEntry {
  log: VersionedLog;
  /** The log has signed its time and log-wide index, as it came or when it was asked. */
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

  /** Decoded; a `Malformed` says why it could not be. */
  signature: Bytes | Malformed;
  /** What was signed. */
  signed: Message;
  entries: LoggedEntry[] | Malformed;
  /** Where the entries came from. */
  entrySource: 'evidence' | 'online';

  said?: Statements;
  signer?: Signer;
  /** The entries of trusted logs, once `log-known` has found them; others are passed over beside these. */
  found: FoundEntry[];
  /** Milliseconds since the epoch: each set by a promise or a timestamp that verified. */
  provenTimes: number[];
  /** The log itself was asked and agreed. */
  onlineSource?: string;
}

/** A fact about immutable bytes: computed once per evidence, counted when it costs a verification. */
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

export function countVerification(meter: Meter): void {
  if (meter.verifications >= MAX_VERIFICATIONS) {
    throw new Undecided(
      'LIMIT_EXCEEDED',
      `More than ${MAX_VERIFICATIONS} signature verifications for one image; name fewer keys.`,
      { retryable: false },
    );
  }
  meter.verifications++;
}

export function countProof(meter: Meter): void {
  if (meter.proofs >= MAX_PROOFS) {
    throw new Undecided('LIMIT_EXCEEDED', `More than ${MAX_PROOFS} inclusion proofs for one image.`, {
      retryable: false,
    });
  }
  meter.proofs++;
}
