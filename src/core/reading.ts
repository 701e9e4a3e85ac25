// What a piece of evidence says, read once: evidence does not change, and remembered evidence is judged again and again.
import { type Bytes, fromBase64 } from './bytes.ts';
import { sha256 } from './digest.ts';
import type { SimpleSigningEvidence } from './evidence.ts';
import { type LogBody, tryLogBody, type UnsupportedLogBody } from './log_body.ts';
import { type LogEntry, parseLogBundle } from './log_entry.ts';
import { attempt, Malformed } from './malformed.ts';
import { leafHash } from './merkle.ts';

/** A `Malformed` stands where something could not be read, and says why. */
export interface Reading {
  signature: Bytes | Malformed;
  entry: LogEntry | Malformed | undefined;
  body: LogBody | UnsupportedLogBody | Malformed | undefined;
  /** Filled in when first asked for. */
  payloadSha256?: Bytes;
  leafHash?: Bytes;
}

const readings = new WeakMap<SimpleSigningEvidence, Reading>();

export function readingOf(evidence: SimpleSigningEvidence): Reading {
  const known = readings.get(evidence);
  if (known !== undefined) return known;
  const { signature, logBundle } = evidence;
  const entry = logBundle === undefined ? undefined : attempt(() => parseLogBundle(logBundle));
  const reading: Reading = {
    signature:
      signature === undefined || signature === ''
        ? new Malformed('signature', 'the annotation is missing or empty')
        : attempt(() => fromBase64(signature, 'signature')),
    entry,
    body: entry === undefined || entry instanceof Malformed ? undefined : tryLogBody(entry.body),
  };
  readings.set(evidence, reading);
  return reading;
}

export async function payloadSha256(evidence: SimpleSigningEvidence): Promise<Bytes> {
  const reading = readingOf(evidence);
  reading.payloadSha256 ??= await sha256(evidence.payload);
  return reading.payloadSha256;
}

/** The leaf hash of the evidence's own entry, or of another that the log answered instead. */
export async function entryLeafHash(evidence: SimpleSigningEvidence, entry: LogEntry): Promise<Bytes> {
  const reading = readingOf(evidence);
  if (reading.entry !== entry) return leafHash(entry.body);
  reading.leafHash ??= await leafHash(entry.body);
  return reading.leafHash;
}
