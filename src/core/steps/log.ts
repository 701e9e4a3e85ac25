// log-known, log-key-valid, set, inclusion-proof, checkpoint: a trusted log promises the entry or proves its inclusion. If a bundle lists
// several entries, every entry of a trusted log must pass.
import { type Finding, fail, pass, type Step } from '../checks.ts';
import { formatInstant } from '../encoding/instant.ts';
import { Malformed } from '../encoding/malformed.ts';
import { versionOfBody } from '../log/log_body.ts';
import { type LoggedEntry, withBody } from '../log/logged_entry.ts';
import { countVerification } from '../meter.ts';
import { isLogKeyValidAt, labelOf, type TrustedLog, type VersionedLog } from '../trust/trusted_log.ts';
import { type FoundEntry, fact, type Verification } from '../verification.ts';
import { forEachEntry, hasEntries, isAnyEntry } from './log_entries.ts';
import { checkCheckpoint, checkInclusion, checkPromise, notePromise } from './log_proof.ts';
import { entryForSignature } from './online.ts';

export const logKnown: Step<Verification> = {
  name: 'log-known',
  applies: (state) => state.entries instanceof Malformed || hasEntries(state) || isLogRequired(state),
  async run(state) {
    const source = 'log entry';
    if (state.entries instanceof Malformed)
      return fail('LOG_ENTRY_MALFORMED', { actual: state.entries.message, source });
    if (state.entries.length === 0 && state.requirements.transparency === 'online') {
      const entry = await entryForSignature(state);
      if (entry !== undefined) {
        state.entrySource = 'online';
        state.entries = [withBody(entry)];
      }
    }
    const [first] = state.entries;
    if (first === undefined)
      return fail('LOG_ENTRY_MISSING', { expected: 'a transparency log entry', actual: 'none', source });
    for (const item of state.entries) {
      const log = await state.trust.findLog(item.entry.logId);
      if (log !== undefined) state.found.push({ ...item, log: logOf(item, log) });
    }
    const [known] = state.found;
    if (known === undefined)
      return fail('LOG_UNKNOWN', { expected: 'a trusted log', actual: first.entry.logId, source: 'logID' });
    return pass({ expected: labelOf(known.log), actual: known.entry.logId, source: 'logID' });
  },
};

/** If a log's version is not configured, the entry's kind determines it. An entry that cannot be parsed fails with either version. */
function logOf({ body }: LoggedEntry, log: TrustedLog): VersionedLog {
  return { ...log, version: log.version ?? ('keySpki' in body ? versionOfBody(body) : 1) };
}

export const logKeyValid: Step<Verification> = {
  name: 'log-key-valid',
  applies: hasEntries,
  run: (state) => forEachEntry(state, (item) => checkLogKeyWindow(item, state.now)),
};

/** An entry without a time (Rekor v2) can only be checked against the start of the window. */
function checkLogKeyWindow({ entry, log }: FoundEntry, now: number): Finding {
  const isTimed = entry.integratedTime !== 0 || entry.signedEntryTimestamp !== undefined;
  const time = isTimed ? entry.integratedTime * 1000 : Math.min(now, log.validUntil ?? now);
  const end = log.validUntil === undefined ? '' : ` to ${formatInstant(log.validUntil)}`;
  const compared = {
    expected: `from ${formatInstant(log.validFrom)}${end}`,
    actual: isTimed ? formatInstant(time) : 'an entry without a time',
    source: 'integratedTime',
  };
  return isLogKeyValidAt(log, time) ? pass(compared) : fail('LOG_KEY_NOT_VALID', compared);
}

const needsPromise = ({ entry }: Pick<FoundEntry, 'entry'>) =>
  entry.signedEntryTimestamp !== undefined || entry.mustHave === 'promise';

export const set: Step<Verification> = {
  name: 'set',
  applies: (state) => isAnyEntry(state, needsPromise),
  run: (state) =>
    forEachEntry(
      state,
      async (item) => {
        const { entry, log } = item;
        const finding = await checkPromise(state, entry, log, (verify) =>
          remembered(
            state,
            `set ${log.key.fingerprint} ${log.version} ${entry.logId} ${entry.logIndex}`,
            verify,
          ),
        );
        if (finding.pass) notePromise(state, item);
        return finding;
      },
      needsPromise,
    ),
};

/** An entry that the log itself returned always needs a proof. */
const needsProof = (state: Verification) => (item: Pick<FoundEntry, 'entry'>) =>
  item.entry.inclusionProof !== undefined ||
  item.entry.mustHave === 'proof' ||
  state.entrySource === 'online' ||
  !needsPromise(item);

export const inclusionProof: Step<Verification> = {
  name: 'inclusion-proof',
  applies: (state) => isAnyEntry(state, needsProof(state)),
  run: (state) =>
    forEachEntry(state, ({ entry, log }) => checkInclusion(state, entry, log), needsProof(state)),
};

export const checkpoint: Step<Verification> = {
  name: 'checkpoint',
  applies: inclusionProof.applies,
  run: (state) =>
    forEachEntry(
      state,
      ({ entry, log }) =>
        checkCheckpoint(state, entry, log, (verify) =>
          remembered(
            state,
            `checkpoint ${log.key.fingerprint} ${log.version} ${log.name} ${log.alias} ${entry.logId} ${entry.logIndex}`,
            verify,
          ),
        ),
      needsProof(state),
    ),
};

/** Whether a signature without a log entry must fail. */
export function isLogRequired({ requirements, signer, trust }: Verification): boolean {
  if (requirements.transparency !== undefined) return true;
  if (signer !== undefined) return signer.trusted.transparency === 'required';
  return trust.keys.some(({ transparency }) => transparency === 'required');
}

/** Caches the result for an entry in the evidence. Entries that the log returned are verified every time. */
async function remembered(
  state: Verification,
  name: string,
  verify: () => Promise<boolean>,
): Promise<boolean> {
  if (state.entrySource === 'evidence') return fact(state, name, verify);
  countVerification(state.meter);
  return verify();
}
