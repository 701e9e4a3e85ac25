// The state of one signature's verification: what was asked, what is trusted, and what the checks done so far have learned.
import type { Bytes } from './bytes.ts';
import type { SimpleSigningEvidence } from './evidence.ts';
import type { LogBody, UnsupportedLogBody } from './log_body.ts';
import type { LogEntry } from './log_entry.ts';
import type { Malformed } from './malformed.ts';
import type { HashName, PublicKey } from './public_key.ts';
import type { SimpleSigningPayload } from './simple_signing.ts';
import type { TrustedKey } from './trusted_key.ts';
import type { TrustedLog } from './trusted_log.ts';
import { Undecided } from './undecided.ts';

/** Signature verifications in one request: more is an attack on our time. */
export const MAX_VERIFICATIONS = 256;

/** What to ask a log for: an entry that was promised, or one for a signature that came without. */
export type OnlineQuery =
  | { entry: LogEntry; log: TrustedLog }
  | { signature: Bytes; payloadSha256: Bytes; key: PublicKey };

export interface OnlineAnswer {
  entries: LogEntry[];
  /** The URL that was asked. */
  source: string;
}

/** What is trusted, and the ways to learn more. No key in the evidence ever adds to it. */
export interface Trust {
  keys: TrustedKey[];
  findLog(logId: string): Promise<TrustedLog | undefined>;
  /** Asks the log itself; errors are `Undecided`. */
  askLog(query: OnlineQuery): Promise<OnlineAnswer>;
}

export interface Requirements {
  /** The full name the image is used under; absent when the caller gave none. */
  name?: string;
  /** Stronger than what the key says; absent leaves it to the key. */
  transparency?: 'required' | 'online';
  /** All must stand in the signed annotations, as strings, byte for byte. */
  annotations: [name: string, value: string][];
}

/** Shared by all signatures of one request. */
export interface Meter {
  verifications: number;
}

/** Kept with one piece of evidence: callers may bring any number of keys. */
const MAX_FACTS = 64;

export interface Signer {
  trusted: TrustedKey;
  hash: HashName | 'none';
}

export interface Verification {
  evidence: SimpleSigningEvidence;
  trust: Trust;
  requirements: Requirements;
  /** Milliseconds since the epoch. */
  now: number;
  meter: Meter;

  /** Decoded; a `Malformed` says why it could not be. */
  signature: Bytes | Malformed;
  entry: LogEntry | Malformed | undefined;
  body: LogBody | UnsupportedLogBody | Malformed | undefined;
  /** Where the entry came from. */
  entrySource: 'bundle' | 'online';

  payload?: SimpleSigningPayload;
  signer?: Signer;
  log?: TrustedLog;
  /** Milliseconds since the epoch; set only by a signed entry timestamp that verified. */
  provenTime?: number;
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
      `More than ${MAX_VERIFICATIONS} signature verifications in one request; name fewer keys.`,
      { retryable: false },
    );
  }
  meter.verifications++;
}
