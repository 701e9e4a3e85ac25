// log-known, log-key-valid, set, inclusion-proof, checkpoint: a log we trust promises the entry, or proves that it holds it.
import { fail, pass, type Step } from '../checks.ts';
import { formatInstant } from '../instant.ts';
import { tryLogBody } from '../log_body.ts';
import { Malformed } from '../malformed.ts';
import { isLogKeyValidAt } from '../trusted_log.ts';
import { countVerification, fact, type Verification } from '../verification.ts';
import { checkCheckpoint, checkInclusion, checkPromise, found, hasEntry } from './log_proof.ts';
import { entryForSignature } from './online.ts';

const BUNDLE_SOURCE = 'dev.sigstore.cosign/bundle';

export const logKnown: Step<Verification> = {
  name: 'log-known',
  applies: (state) => state.entry !== undefined || isLogRequired(state),
  async run(state) {
    if (state.entry === undefined && state.requirements.transparency === 'online') {
      state.entry = await entryForSignature(state);
      if (state.entry !== undefined) {
        state.entrySource = 'online';
        state.body = tryLogBody(state.entry.body);
      }
    }
    const { entry } = state;
    if (entry === undefined) {
      return fail('LOG_ENTRY_MISSING', {
        expected: 'a transparency log entry',
        actual: 'none',
        source: BUNDLE_SOURCE,
      });
    }
    if (entry instanceof Malformed)
      return fail('LOG_ENTRY_MALFORMED', { actual: entry.message, source: BUNDLE_SOURCE });
    const log = await state.trust.findLog(entry.logId);
    if (log === undefined)
      return fail('LOG_UNKNOWN', { expected: 'a trusted log', actual: entry.logId, source: 'logID' });
    state.log = log;
    return pass({ expected: log.name, actual: entry.logId, source: 'logID' });
  },
};

export const logKeyValid: Step<Verification> = {
  name: 'log-key-valid',
  applies: hasEntry,
  run(state) {
    const { entry, log } = found(state);
    const end = log.validUntil === undefined ? '' : ` to ${formatInstant(log.validUntil)}`;
    const compared = {
      expected: `from ${formatInstant(log.validFrom)}${end}`,
      actual: formatInstant(entry.integratedTime * 1000),
      source: 'integratedTime',
    };
    return isLogKeyValidAt(log, entry.integratedTime * 1000)
      ? pass(compared)
      : fail('LOG_KEY_NOT_VALID', compared);
  },
};

export const set: Step<Verification> = {
  name: 'set',
  applies: (state) => hasEntry(state) && state.entry.signedEntryTimestamp !== undefined,
  async run(state) {
    const { entry, log } = found(state);
    const finding = await checkPromise(state, entry, log, (verify) =>
      state.entrySource === 'bundle'
        ? fact(state, `set ${log.key.fingerprint}`, verify)
        : counted(state, verify),
    );
    if (finding.pass) state.provenTime = entry.integratedTime * 1000;
    return finding;
  },
};

export const inclusionProof: Step<Verification> = {
  name: 'inclusion-proof',
  applies: (state) =>
    hasEntry(state) && (state.entry.inclusionProof !== undefined || state.entrySource === 'online'),
  run: (state) => checkInclusion(found(state).entry),
};

export const checkpoint: Step<Verification> = {
  name: 'checkpoint',
  applies: inclusionProof.applies,
  run: (state) => {
    const { entry, log } = found(state);
    return checkCheckpoint(state, entry, log);
  },
};

/** Whether a signature without a log entry must fail. */
export function isLogRequired({ requirements, signer, trust }: Verification): boolean {
  if (requirements.transparency !== undefined) return true;
  if (signer !== undefined) return signer.trusted.transparency === 'required';
  return trust.keys.some(({ transparency }) => transparency === 'required');
}

async function counted(state: Verification, verify: () => Promise<boolean>): Promise<boolean> {
  countVerification(state.meter);
  return verify();
}
