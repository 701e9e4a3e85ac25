// Keys and logs that move from one id to another. Only one id may hold each, so the old id must give it up before the new one takes it.
import { logsIn } from '../../src/store/log_records.ts';
import type { Document } from './documents.ts';
import { titleOf } from './kinds.ts';
import type { Present } from './present.ts';
import type { Wanted } from './rehearse.ts';

/** By title: the titles that must change first, since they hold what this one takes. */
export type Handovers = Map<string, string[]>;

/** The fingerprint or log ids that no other id may hold. */
export function heldBy(document: Document): string[] {
  if (document.kind === 'key') return [document.content.fingerprint];
  return document.kind === 'log' ? logsIn(document.content).map(({ logId }) => logId) : [];
}

export function handoversOf(wanted: Wanted[], present: Present): Handovers {
  return new Map(
    wanted.map((one) => {
      const names = new Set(heldBy(one));
      const holders = [...present.values()].filter(
        (stored) =>
          stored.kind === one.kind && stored.id !== one.id && heldBy(stored).some((name) => names.has(name)),
      );
      return [titleOf(one), holders.map(titleOf)];
    }),
  );
}

/** The length of the longest chain of changes that must come before this one. */
export function rankOf(handovers: Handovers, title: string, seen: string[] = []): number {
  const before = (handovers.get(title) ?? []).filter((one) => !seen.includes(one));
  return Math.max(0, ...before.map((one) => 1 + rankOf(handovers, one, [...seen, title])));
}

/** Whether it waits for itself by way of others, which no order can satisfy. */
export function isInCircle(handovers: Handovers, title: string): boolean {
  const reached = new Set<string>();
  const left = [...(handovers.get(title) ?? [])];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (reached.has(one)) continue;
    reached.add(one);
    left.push(...(handovers.get(one) ?? []));
  }
  return reached.has(title);
}
