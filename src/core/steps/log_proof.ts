// What a log can show for an entry: its promise (signed entry timestamp), and a proof under a signed checkpoint. Shared by
// the entry that came with a signature and the one the log itself answers.

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
import { labelOf, type VersionedLog } from '../trust/trusted_log.ts';
import { countProof, type FoundEntry, type Verification } from '../verification.ts';

/** A promise dated later than this beyond our clock is not a promise about now. In milliseconds. */
export const CLOCK_SKEW = 5 * 60 * 1000;

/** The signed entry timestamp verifies under the log's key over body, time, log and index, and is not from the future. */
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
    return fail('SET_INVALID', { expected: 'no promise, which Rekor v2 does not make', actual: 'one' });
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

/** What a promise that verifies has shown. */
export function notePromise({ provenTimes }: Pick<Verification, 'provenTimes'>, item: FoundEntry): void {
  provenTimes.push(item.entry.integratedTime * 1000);
  item.isPromised = true;
}

/** The proof leads from the entry's leaf hash to the root it states: at its place in the shard (v1), or in the one tree (v2). */
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

/** The checkpoint is signed by the log and states the proof's very size and root. */
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
  const other = trust.otherRoot(log, note);
  return other === undefined ? pass(compared) : splitView(note, other);
}

/** A log that signs two trees of one size has shown somebody another history. */
function splitView({ size, root }: Checkpoint, other: Uint8Array): Finding {
  return fail('CHECKPOINT_INVALID', {
    expected: `one tree of size ${size}, root ${toHex(other)} as signed before`,
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
