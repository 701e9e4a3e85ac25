// Selects the entries that the log checks are about: those of trusted logs. If there is one, entries of other logs are ignored, like a
// checkpoint's witnesses.
import type { Finding } from '../checks.ts';
import { Malformed } from '../encoding/malformed.ts';
import type { LoggedEntry } from '../log/logged_entry.ts';
import type { FoundEntry, Verification } from '../verification.ts';

export function hasEntries({ entries }: Verification): boolean {
  return !(entries instanceof Malformed) && entries.length > 0;
}

/** Whether there is such an entry. Until `log-known` has found the entries of trusted logs, all entries count. */
export function isAnyEntry({ entries, found }: Verification, is: (item: LoggedEntry) => boolean): boolean {
  if (entries instanceof Malformed) return false;
  return (found.length === 0 ? entries : found).some(is);
}

/** Runs a check on every entry that it concerns. @returns the first failure, else the finding for the first entry */
export async function forEachEntry(
  { found }: Verification,
  check: (item: FoundEntry) => Finding | Promise<Finding>,
  concerns: (item: FoundEntry) => boolean = () => true,
): Promise<Finding> {
  let first: Finding | undefined;
  for (const item of found) {
    if (!concerns(item)) continue;
    const finding = await check(item);
    if (!finding.pass) return finding;
    first ??= finding;
  }
  if (first === undefined) throw new TypeError('a check without an entry');
  return first;
}
