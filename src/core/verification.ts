// The state of verifying one signature: what is required, what is trusted, and what the checks have established so far.

import type { Message } from './crypto/message.ts';
import type { PublicKey } from './crypto/public_key.ts';
import type { SignatureHash } from './crypto/signature.ts';
import type { Bytes } from './encoding/bytes.ts';
import type { Malformed } from './encoding/malformed.ts';
import { Undecided } from './errors/undecided.ts';
import type { SignatureEvidence } from './evidence/evidence.ts';
import type { Reading } from './evidence/reading.ts';
import type { Statement, Subject } from './formats/in_toto.ts';
import type { SimpleSigningPayload } from './formats/simple_signing.ts';
import type { Checkpoint } from './log/checkpoint.ts';
import type { LogEntry } from './log/log_entry.ts';
import type { LoggedEntry } from './log/logged_entry.ts';
import type { PredicateCondition } from './policy/predicate_condition.ts';
import type { TrustedAuthority } from './trust/trusted_authority.ts';
import type { TrustedKey } from './trust/trusted_key.ts';
import type { TrustedLog, VersionedLog } from './trust/trusted_log.ts';

/** Signature verifications per image. More would be a denial-of-service attack. */
export const MAX_VERIFICATIONS = 256;

/** Inclusion proofs per image. Each may take 63 hashes, and a bundle may list 32 of them. */
const MAX_PROOFS = 256;

/** A query to a log: for an entry in the evidence, or for the entry of a signature that came without one. */
export type OnlineQuery = EntryQuery | SearchQuery;

/** Looks up a log's entry at the index of the given one. */
export interface EntryQuery {
  entry: LogEntry;
  log: TrustedLog;
}

/** Searches for the entry of a signature that came without one: over a message, or over an envelope that is sent to the log. */
export type SearchQuery = {
  signature: Bytes;
  key: PublicKey;
  /** Whether an entry is about the signature. The search continues until one is. */
  isAnswer(entry: LogEntry): Promise<boolean>;
} & ({ message: SearchedMessage } | { envelope: { payloadType: string; payload: Bytes; given?: Bytes } });

/** The signed message: its digest, its bytes, or both. */
export interface SearchedMessage {
  hash: SignatureHash;
  digest?: Bytes;
  bytes?: Bytes;
}

export interface OnlineAnswer {
  entries: LogEntry[];
  /** The URL of the query. */
  source: string;
}

/** What is trusted, and how to look up more. Keys in the evidence never become trusted. */
export interface Trust {
  keys: TrustedKey[];
  findLog(logId: string): Promise<TrustedLog | undefined>;
  /** All authorities: a timestamp does not reveal its signer until it is parsed. */
  findAuthorities(): Promise<TrustedAuthority[]>;
  /** Records a checkpoint that the log signed. @returns a different root that it signed for the same tree and size, if one is known */
  recordCheckpoint(log: TrustedLog, checkpoint: Checkpoint): Bytes | undefined;
  /** Queries the log itself. Throws `Undecided`. */
  askLog(query: OnlineQuery): Promise<OnlineAnswer>;
}

/** What a single signature or attestation must satisfy. The verdict decides how many are needed, and by which keys. */
export interface SignatureRequirements {
  /** The full name under which the image is used; absent if the caller gave none. */
  name?: string;
  /** Overrides the key's setting with a stronger one; if absent, the key decides. */
  transparency?: 'required' | 'online';
  /** All must be in the signed annotations, as identical strings. */
  annotations: [name: string, value: string][];
  /** Requires an attestation of this predicate type instead of a signature; `any` accepts every statement. */
  attestation?: string;
  /** Conditions on the predicate, all of which must hold. */
  predicate?: PredicateCondition[];
}

/** Counters shared by all signatures of one image. */
export interface Meter {
  verifications: number;
  /** Inclusion proofs computed. */
  proofs: number;
}

/** Per piece of evidence. Limited because callers may bring any number of keys. */
const MAX_FACTS = 64;

export interface Signer {
  trusted: TrustedKey;
  hash: SignatureHash;
}

/** What the signer stated, as parsed by the payload checks. */
export type Claims =
  | { kind: 'simple-signing'; payload: SimpleSigningPayload }
  /** `about` is the subject with the artifact's digest, once found. */
  | { kind: 'in-toto'; statement: Statement; about?: Subject }
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

export function countVerification(meter: Meter): void {
  if (meter.verifications >= MAX_VERIFICATIONS) {
    throw new Undecided(
      'LIMIT_EXCEEDED',
      `This image needs more than ${MAX_VERIFICATIONS} signature verifications. Name fewer keys.`,
      { retryable: false },
    );
  }
  meter.verifications++;
}

export function countProof(meter: Meter): void {
  if (meter.proofs >= MAX_PROOFS) {
    throw new Undecided('LIMIT_EXCEEDED', `This image needs more than ${MAX_PROOFS} inclusion proofs.`, {
      retryable: false,
    });
  }
  meter.proofs++;
}
