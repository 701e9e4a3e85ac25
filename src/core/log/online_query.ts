// Questions to a log itself, and its answers.

import type { PublicKey } from '../crypto/public_key.ts';
import type { SignatureHash } from '../crypto/signature.ts';
import type { Bytes } from '../encoding/bytes.ts';
import type { TrustedLog } from '../trust/trusted_log.ts';
import type { LogEntry } from './log_entry.ts';

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
