// online-entry: compares the log's own entry with the one in the evidence. Also finds the entry of a signature that came without one.
// What the log returns is checked like anything else: promise, inclusion proof, checkpoint, and that the entries are identical.

import { type Finding, fail, pass, type Step } from '../checks.ts';
import { messageHash } from '../crypto/message.ts';
import { equalBytes } from '../encoding/bytes.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { LogEntry } from '../log/log_entry.ts';
import type { SearchQuery } from '../log/online_query.ts';
import { tryLogBody } from '../log/parse_log_body.ts';
import { countVerification } from '../meter.ts';
import type { FoundEntry, Verification } from '../verification.ts';
import { established, isBound } from './log_binding.ts';
import { forEachEntry, hasEntries } from './log_entries.ts';
import { checkCheckpoint, checkInclusion, checkPromise, notePromise } from './log_proof.ts';

export const onlineEntry: Step<Verification> = {
  name: 'online-entry',
  applies: (state) => hasEntries(state) && state.requirements.transparency === 'online',
  run: (state) => forEachEntry(state, (item) => compareOnline(state, item)),
};

async function compareOnline(state: Verification, item: FoundEntry): Promise<Finding> {
  const { entry, log } = item;
  const { onlineSource } = state;
  if (state.entrySource === 'online')
    return pass({
      actual: `#${entry.logIndex}`,
      ...(onlineSource !== undefined && { source: onlineSource }),
    });
  const expected = `#${entry.logIndex}, identical to the entry in the evidence`;
  if (log.version === 2) {
    return fail('LOG_ENTRY_KIND_UNSUPPORTED', {
      expected: 'a log that can be queried for single entries',
      actual: `${log.name} is a Rekor v2 log: its entries carry proofs and cannot be queried online`,
    });
  }
  const { entries, source } = await state.trust.askLog({ entry, log });
  const held = entries.find((candidate) => isSameEntry(candidate, entry));
  if (held === undefined) {
    const actual = entries[0] === undefined ? 'no such entry' : `a different entry: #${entries[0].logIndex}`;
    return fail('ENTRY_ONLINE_MISMATCH', { expected, actual, source });
  }
  const counted = (verify: () => Promise<boolean>) => {
    countVerification(state.meter);
    return verify();
  };
  for (const check of [
    () => (held.signedEntryTimestamp === undefined ? pass() : checkPromise(state, held, log, counted)),
    () => checkInclusion(state, held, log),
    () => checkCheckpoint(state, held, log, counted),
  ]) {
    const finding = await check();
    if (!finding.pass) return { ...finding, compared: { ...finding.compared, source } };
  }
  if (held.signedEntryTimestamp !== undefined) notePromise(state, item);
  state.onlineSource = source;
  return pass({ expected, actual: `#${held.logIndex}`, source });
}

/**
 * Queries the log for the entry of a signature that came without one. If the signature was logged more than once, returns the earliest
 * entry, in whatever order the log lists them, because the signature is known to exist since then. If no entry is about the signature,
 * returns the first one, for the checks to refuse.
 */
export async function entryForSignature(state: Verification): Promise<LogEntry | undefined> {
  const query = await searchQuery(state);
  const { entries, source } = await state.trust.askLog(query);
  state.onlineSource = source;
  let earliest: LogEntry | undefined;
  for (const entry of entries) {
    const isEarlier = earliest === undefined || entry.integratedTime < earliest.integratedTime;
    if (isEarlier && (await query.isAnswer(entry))) earliest = entry;
  }
  return earliest ?? entries[0];
}

async function isAbout(state: Verification, entry: LogEntry): Promise<boolean> {
  const body = tryLogBody(entry.body);
  return 'keySpki' in body && (await isBound(state, body));
}

async function searchQuery(state: Verification): Promise<SearchQuery> {
  const { signature, signed } = state;
  const { content, signer } = established(state);
  if (signature instanceof Malformed) throw new TypeError('signature has not passed');
  const { key } = signer.trusted;
  const isAnswer = (entry: LogEntry) => isAbout(state, entry);
  if (content.kind === 'envelope') {
    const { payloadType, payload } = content.envelope;
    const given = content.given?.bytes;
    const envelope = { payloadType, payload, ...(given !== undefined && { given }) };
    return { signature, key, isAnswer, envelope };
  }
  const { hash } = signer;
  const digest = hash === 'none' ? undefined : await messageHash(signed, hash);
  const message = {
    hash,
    ...(digest !== undefined && { digest }),
    ...(signed.bytes !== undefined && { bytes: signed.bytes }),
  };
  return { signature, key, isAnswer, message };
}

function isSameEntry(a: LogEntry, b: LogEntry): boolean {
  return (
    a.logIndex === b.logIndex &&
    a.logId === b.logId &&
    a.integratedTime === b.integratedTime &&
    equalBytes(a.body, b.body)
  );
}
