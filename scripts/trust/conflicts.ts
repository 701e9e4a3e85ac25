// What conflicts with a plan: everything the service would refuse midway, and what only a person may decide. Found before the first
// change.
import { keyPlaces } from '../../src/store/policy_document.ts';
import { termChanges } from './compare.ts';
import type { Document } from './documents.ts';
import { type Handovers, handoversOf, heldBy, isInCircle } from './handovers.ts';
import { titleOf } from './kinds.ts';
import type { Present, State, Stored } from './present.ts';
import type { Wanted } from './rehearse.ts';

/** @returns one line for each conflict, with its place in the folder if it has one */
export function findConflicts(wanted: Wanted[], { present, builtIn }: State, prunes: boolean): string[] {
  const byTitle = new Map(wanted.map((one) => [titleOf(one), one]));
  const handovers = handoversOf(wanted, present);
  return [
    ...wanted.flatMap((one) => [
      ...againstRevocation(one, present.get(titleOf(one))),
      ...againstBuiltIn(one, builtIn),
      ...heldElsewhere(one, present, byTitle),
      ...inCircle(one, handovers),
      ...unknownKeys(one, present, byTitle),
    ]),
    ...(prunes ? [...present.values()].filter((one) => !byTitle.has(titleOf(one))).flatMap(notPruned) : []),
  ];
}

/** A revocation is permanent, and nothing else about a revoked key can change. */
function againstRevocation(wanted: Wanted, stored: Stored | undefined): string[] {
  if (wanted.kind !== 'key' || stored?.kind !== 'key' || stored.content.revoked === undefined) return [];
  const { id } = wanted;
  if (wanted.content.revoked === undefined) {
    return [
      `keys/${id}.json: the key ${id} is revoked in the service (${stored.content.revoked.reason}), and a revocation is permanent: add "revoked" here too, and store a new key under a new id.`,
    ];
  }
  return termChanges(stored.content, wanted.content).map(
    (change) => `${wanted.place}: the key ${id} is revoked, so nothing else about it can change: ${change}.`,
  );
}

function againstBuiltIn(wanted: Wanted, builtIn: State['builtIn']): string[] {
  if (wanted.kind !== 'log') return [];
  const { id, content, place } = wanted;
  const key = 'publicKey' in content ? content.publicKey : undefined;
  return builtIn
    .filter((log) => log.id === id || ('publicKey' in log.content && log.content.publicKey === key))
    .map((log) => `${place}: this log is built into the service, as ${log.id}; remove it from the folder.`);
}

/** Only one id may hold a key or log. The current holder may give it up in the same run. */
function heldElsewhere(wanted: Wanted, present: Present, byTitle: Map<string, Wanted>): string[] {
  const names = new Set(heldBy(wanted));
  const holds = (document: Document | undefined) =>
    document !== undefined && heldBy(document).some((name) => names.has(name));
  return [...present.values()]
    .filter((stored) => stored.kind === wanted.kind && stored.id !== wanted.id && holds(stored))
    .filter((stored) => !byTitle.has(titleOf(stored)) || holds(byTitle.get(titleOf(stored))))
    .map((stored) => {
      const { kind, id } = stored;
      const advice = isRevoked(stored)
        ? 'it is revoked there and cannot be stored again under another id'
        : 'keep that id, or delete it there first';
      return `${wanted.place}: the service already holds this ${kind} as ${id}; ${advice}.`;
    });
}

/** Ids that swap their keys or logs in a cycle: no order of calls can do that. */
function inCircle(wanted: Wanted, handovers: Handovers): string[] {
  if (!isInCircle(handovers, titleOf(wanted))) return [];
  return [
    `${wanted.place}: this ${wanted.kind} and others would swap ids, and no order of changes can do that: give one of them a new id first.`,
  ];
}

function isRevoked(stored: Stored): boolean {
  return stored.kind === 'key' && stored.content.revoked !== undefined;
}

function unknownKeys(wanted: Wanted, present: Present, byTitle: Map<string, Wanted>): string[] {
  if (wanted.kind !== 'policy') return [];
  return keyPlaces(wanted.content)
    .filter(({ id }) => !byTitle.has(`key ${id}`) && !present.has(`key ${id}`))
    .map(
      ({ place, id }) => `${wanted.place}: ${place}: there is no key ${id} in the folder or in the service.`,
    );
}

function notPruned(stored: Stored): string[] {
  if (stored.kind !== 'key' || isRevoked(stored)) return [];
  return [
    `key ${stored.id}: is not in the folder, and --prune does not delete keys, since a deleted key can be stored again: add it to the folder with "revoked" in keys/${stored.id}.json, or revoke it in the service.`,
  ];
}
