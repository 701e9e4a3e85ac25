// online-entry: what the log itself holds, compared with what the registry gave. Also finds the entry of a signature that came
// without one. What the log answers is checked like anything else: promise, proof, checkpoint, and the very same entry.
import { equalBytes } from '../bytes.ts';
import { type Finding, fail, pass, type Step } from '../checks.ts';
import { tryLogBody } from '../log_body.ts';
import type { LogEntry } from '../log_entry.ts';
import { Malformed } from '../malformed.ts';
import { countVerification, type Verification } from '../verification.ts';
import { isBound } from './log_binding.ts';
import { checkCheckpoint, checkInclusion, checkPromise, found, hasEntry } from './log_proof.ts';
import { payloadHash } from './payload.ts';

export const onlineEntry: Step<Verification> = {
  name: 'online-entry',
  applies: (state) => hasEntry(state) && state.requirements.transparency === 'online',
  async run(state) {
    const { entry, log } = found(state);
    if (state.entrySource === 'online') return pass({ actual: `#${entry.logIndex}`, ...onlineSource(state) });
    const { entries, source } = await state.trust.askLog({ entry, log });
    const expected = `#${entry.logIndex} as the registry gave it`;
    const held = entries.find((candidate) => isSameEntry(candidate, entry));
    if (held === undefined) {
      const actual = entries[0] === undefined ? 'no such entry' : `another entry: #${entries[0].logIndex}`;
      return fail('ENTRY_ONLINE_MISMATCH', { expected, actual, source });
    }
    for (const check of [
      () => promiseIfPresent(state, held),
      () => checkInclusion(held),
      () => checkCheckpoint(state, held, log),
    ]) {
      const finding = await check();
      if (!finding.pass) return { ...finding, compared: { ...finding.compared, source } };
    }
    state.onlineSource = source;
    return pass({ expected, actual: `#${held.logIndex}`, source });
  },
};

/** Asks the log for an entry of a signature that came without one; the one that is about it, if there are several. */
export async function entryForSignature(state: Verification): Promise<LogEntry | undefined> {
  const { signature, signer } = state;
  if (signature instanceof Malformed || signer === undefined) return undefined;
  const { entries, source } = await state.trust.askLog({
    signature,
    payloadSha256: await payloadHash(state, 'sha256'),
    key: signer.trusted.key,
  });
  state.onlineSource = source;
  for (const entry of entries) {
    const body = tryLogBody(entry.body);
    if ('keySpki' in body && (await isBound(state, body))) return entry;
  }
  return entries[0];
}

async function promiseIfPresent(state: Verification, entry: LogEntry): Promise<Finding> {
  if (entry.signedEntryTimestamp === undefined) return pass();
  return checkPromise(state, entry, found(state).log, (verify) => {
    countVerification(state.meter);
    return verify();
  });
}

function isSameEntry(a: LogEntry, b: LogEntry): boolean {
  return (
    a.logIndex === b.logIndex &&
    a.logId === b.logId &&
    a.integratedTime === b.integratedTime &&
    equalBytes(a.body, b.body)
  );
}

function onlineSource({ onlineSource }: Verification) {
  return onlineSource === undefined ? {} : { source: onlineSource };
}
