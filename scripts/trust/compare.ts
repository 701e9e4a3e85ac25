// Compares the stored state with the wanted one. Keys are compared by fingerprint, however their PEM is written.
import { differences } from './differences.ts';
import type { Document, KeyContent } from './documents.ts';

/** Compares two documents of one kind: one line for each difference. */
export function changesOf(before: Document, after: Document): string[] {
  if (before.kind !== 'key' || after.kind !== 'key') return differences(before.content, after.content);
  return [...termChanges(before.content, after.content), ...revocationChanges(before.content, after.content)];
}

/** What a PUT would change. */
export function termChanges(before: KeyContent, after: KeyContent): string[] {
  const compared = ({ fingerprint, terms }: KeyContent) => ({ fingerprint, ...terms });
  return differences(compared(before), compared(after));
}

/** What a revocation would change. */
export function revocationChanges(before: KeyContent, after: KeyContent): string[] {
  return differences({ ...before.revoked }, { ...after.revoked });
}
