// The checks on what a log provides for an entry: its promise (signed entry timestamp), and an inclusion proof with a signed checkpoint.
// Used both for entries in the evidence and for entries that the log itself returns.

import { type Finding, fail, pass } from '../checks.ts';
import { equalBytes, toHex } from '../encoding/bytes.ts';
import { formatInstant } from '../encoding/instant.ts';
import { attempt, Malformed } from '../encoding/malformed.ts';
import { type Checkpoint, isSignedByLog, parseCheckpoint } from '../log/checkpoint.ts';
import type { InclusionProof, LogEntry } from '../log/log_entry.ts';
import { promisedBytes } from '../log/log_promise.ts';
import { isLogSignature } from '../log/log_signature.ts';
import { entryLeafHash } from '../log/logged_entry.ts';
import { rootFromInclusionProof } from '../log/merkle.ts';
import { countProof } from '../meter.ts';
import { labelOf, type VersionedLog } from '../trust/trusted_log.ts';
import type { FoundEntry, Verification } from '../verification.ts';

/** In milliseconds. Promises and timestamps dated further in the future than this are refused. */
export const CLOCK_SKEW = 5 * 60 * 1000;

/** Checks that the signed entry timestamp over body, time, log ID and index verifies with the log's key and is not in the future. */
export async function checkPromise(
  { now }: Pick<Verification, 'now'>,
  entry: LogEntry,
  log: VersionedLog,
  decide: (verify: () => Promise<boolean>) => Promise<boolean>,
): Promise<Finding> {
  const promise = entry.signedEntryTimestamp;
  if (promise === undefined)
    return fail('SET_INVALID', { expected: 'a signed entry timestamp', actual: 'none' });
  if (log.version === 2)
    return fail('SET_INVALID', {
      expected: 'no signed entry timestamp: Rekor v2 does not issue them',
      actual: 'one',
    });
  const time = formatInstant(entry.integratedTime * 1000);
  if (entry.integratedTime * 1000 > now + CLOCK_SKEW) {
    return fail('SET_INVALID', {
      expected: `a time up to ${formatInstant(now)}`,
      actual: time,
      source: 'integratedTime',
    });
  }
  const valid = await decide(() => isLogSignature(log, promisedBytes(entry), promise));
  const compared = { expected: `signed by ${labelOf(log)}`, source: 'SignedEntryTimestamp' };
  if (!valid) return fail('SET_INVALID', { ...compared, actual: 'does not verify' });
  return pass({ ...compared, actual: `#${entry.logIndex} at ${time}` });
}

/** Records what a verified promise proves. */
export function notePromise({ provenTimes }: Pick<Verification, 'provenTimes'>, item: FoundEntry): void {
  provenTimes.push(item.entry.integratedTime * 1000);
  item.isPromised = true;
}

/** Checks that the proof yields its stated root from the entry's leaf hash, at the index in the shard (v1) or in the only tree (v2). */
export async function checkInclusion(
  { meter }: Pick<Verification, 'meter'>,
  entry: LogEntry,
  log: VersionedLog,
): Promise<Finding> {
  const proof = entry.inclusionProof;
  if (proof === undefined)
    return fail('INCLUSION_PROOF_INVALID', { expected: 'an inclusion proof', actual: 'none' });
  countProof(meter);
  const expected = toHex(proof.rootHash);
  try {
    const leaf = await entryLeafHash(entry);
    const index = log.version === 1 ? proof.logIndex : entry.logIndex;
    const actual = toHex(await rootFromInclusionProof(leaf, index, proof.treeSize, proof.hashes));
    return actual === expected
      ? pass({ expected, actual })
      : fail('INCLUSION_PROOF_INVALID', { expected, actual });
  } catch (error) {
    if (error instanceof Malformed)
      return fail('INCLUSION_PROOF_INVALID', { expected, actual: error.message });
    throw error;
  }
}

/** Checks that the checkpoint is signed by the log and states exactly the proof's size and root. */
export async function checkCheckpoint(
  { trust }: Pick<Verification, 'trust'>,
  entry: LogEntry,
  log: VersionedLog,
  decide: (verify: () => Promise<boolean>) => Promise<boolean>,
): Promise<Finding> {
  const proof = entry.inclusionProof;
  if (proof?.checkpoint === undefined) {
    return fail('CHECKPOINT_INVALID', { expected: 'a checkpoint signed by the log', actual: 'none' });
  }
  const text = proof.checkpoint;
  const note = attempt(() => parseCheckpoint(text));
  if (note instanceof Malformed) return fail('CHECKPOINT_INVALID', { actual: note.message });
  const mismatch = rootMismatch(note, proof);
  if (mismatch !== undefined) return mismatch;
  const compared = { expected: `signed by ${labelOf(log)}`, actual: `${note.origin}, size ${note.size}` };
  if (!(await decide(() => isSignedByLog(note, log)))) return fail('CHECKPOINT_INVALID', compared);
  const other = trust.recordCheckpoint(log, note);
  return other === undefined ? pass(compared) : splitView(note, other);
}

/** A log that signs two trees of the same size has shown different histories to different clients. */
function splitView({ size, root }: Checkpoint, other: Uint8Array): Finding {
  return fail('CHECKPOINT_INVALID', {
    expected: `one tree of size ${size}, with the root signed earlier: ${toHex(other)}`,
    actual: `root ${toHex(root)}`,
    source: 'checkpoint',
  });
}

function rootMismatch(note: Checkpoint, proof: InclusionProof): Finding | undefined {
  if (note.size === proof.treeSize && equalBytes(note.root, proof.rootHash)) return undefined;
  return fail('CHECKPOINT_INVALID', {
    expected: `size ${note.size}, root ${toHex(note.root)}`,
    actual: `size ${proof.treeSize}, root ${toHex(proof.rootHash)}`,
    source: 'checkpoint',
  });
}
