// A log entry together with its parsed body.
import type { Bytes } from '../encoding/bytes.ts';
import type { Malformed } from '../encoding/malformed.ts';
import type { LogBody, UnsupportedLogBody } from './log_body.ts';
import type { LogEntry } from './log_entry.ts';
import { leafHash } from './merkle.ts';
import { tryLogBody } from './parse_log_body.ts';

export interface LoggedEntry {
  entry: LogEntry;
  body: LogBody | UnsupportedLogBody | Malformed;
}

export function withBody(entry: LogEntry): LoggedEntry {
  return { entry, body: tryLogBody(entry.body) };
}

const leaves = new WeakMap<LogEntry, Bytes>();

/** An entry's leaf hash (its UUID in Rekor v1), computed once. */
export async function entryLeafHash(entry: LogEntry): Promise<Bytes> {
  const known = leaves.get(entry);
  if (known !== undefined) return known;
  const hash = await leafHash(entry.body);
  leaves.set(entry, hash);
  return hash;
}
