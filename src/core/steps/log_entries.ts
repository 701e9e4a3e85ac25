// The entries that the log's checks are about: those of trusted logs. Entries of other logs, beside one of a trusted log, are passed
// over like a checkpoint's witnesses.
import type { Finding } from '../checks.ts';
import { Malformed } from '../malformed.ts';
import type { LoggedEntry } from '../reading.ts';
import type { TrustedLog } from '../trusted_log.ts';
import type { Verification } from '../verification.ts';

export interface Found extends LoggedEntry {
  log: TrustedLog;
}

export function hasEntries({ entries }: Verification): boolean {
  return !(entries instanceof Malformed) && entries.length > 0;
}

/** Whether there is such an entry; before `log-known` has told whose they are, any counts. */
export function isAnyEntry(state: Verification, is: (item: LoggedEntry) => boolean): boolean {
  const { entries, logs } = state;
  if (entries instanceof Malformed) return false;
  return (logs.size === 0 ? entries : foundEntries(state)).some(is);
}

/** The entries of trusted logs, which `log-known` has established. */
export function foundEntries({ entries, logs }: Verification): Found[] {
  if (entries instanceof Malformed || logs.size === 0) throw new TypeError('log-known has not passed');
  return entries.flatMap((item) => {
    const log = logs.get(item.entry.logId);
    return log === undefined ? [] : [{ ...item, log }];
  });
}

/** One check over every entry it concerns: the first failure, else what the first entry showed. */
export async function forEachEntry(
  state: Verification,
  check: (item: Found) => Finding | Promise<Finding>,
  concerns: (item: Found) => boolean = () => true,
): Promise<Finding> {
  let first: Finding | undefined;
  for (const item of foundEntries(state).filter(concerns)) {
    const finding = await check(item);
    if (!finding.pass) return finding;
    first ??= finding;
  }
  if (first === undefined) throw new TypeError('a check without an entry');
  return first;
}
