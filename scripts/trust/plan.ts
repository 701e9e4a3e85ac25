// Makes a plan from the wanted and the present state: what a person is shown, and the calls to make.
import { changesOf, revocationChanges, termChanges } from './compare.ts';
import type { KeyContent } from './documents.ts';
import { handoversOf, rankOf } from './handovers.ts';
import { KINDS, type Kind, type Named, pathOf, titleOf } from './kinds.ts';
import type { Present, Stored } from './present.ts';
import type { Wanted } from './rehearse.ts';

/** `+` new, `~` changed, `!` revoked, `-` deleted, `=` unchanged, `?` present but not wanted. */
export type Sign = '+' | '~' | '!' | '-' | '=' | '?';

export interface Entry extends Named {
  sign: Sign;
  /** The differences, or a remark. */
  details: string[];
}

/**
 * Revocations come first. A key that is created or changed, and revoked, gets both in one turn (`+!`), since a revoked key takes no
 * changes; if another id must give up the key first, both wait for that.
 * Changes come before creations, since a key or log may move from one id to another (handovers.ts gives the order). Policies come after
 * what they name.
 */
const TURNS = [
  '! key',
  '+! key',
  '~ key',
  '+ key',
  '~ log',
  '+ log',
  '~ policy',
  '+ policy',
  '- policy',
  '- log',
] as const;
type Turn = (typeof TURNS)[number];

/** One call that changes something. */
export interface Step extends Entry {
  turn: Turn;
  method: 'PUT' | 'POST' | 'DELETE';
  path: string;
  body?: string;
  /** Of the record that it changes, if that existed before. */
  etag?: string;
}

export interface Plan {
  /** Sorted by kind and id. */
  entries: Entry[];
  /** In the order of execution. */
  steps: Step[];
}

/**
 * Conflicts are found by conflicts.ts.
 * @param prunes whether logs and policies that are not wanted are deleted
 */
export function makePlan(wanted: Wanted[], present: Present, prunes: boolean): Plan {
  const titles = new Set(wanted.map(titleOf));
  const others = [...present.values()].filter((one) => !titles.has(titleOf(one)));
  const entries = [
    ...wanted.flatMap((one) => entriesOf(one, present.get(titleOf(one)))),
    ...others.map((one) => (prunes ? deleted(one) : leftAlone(one))),
  ].sort(byKindAndId);
  const handovers = handoversOf(wanted, present);
  const order = (step: Step) => {
    const rank = rankOf(handovers, titleOf(step));
    return { turn: TURNS.indexOf(turnOf(step, rank, present)), rank };
  };
  const steps = entries
    .filter(isStep)
    .map((step) => ({ step, ...order(step) }))
    .sort((one, other) => one.turn - other.turn || one.rank - other.rank)
    .map(({ step }) => step);
  return { entries, steps };
}

/** A step that takes a key from another id waits for that id, revoked or not. @param rank of `rankOf` */
function turnOf(step: Step, rank: number, present: Present): Turn {
  if (step.turn !== '+! key' || rank === 0) return step.turn;
  return present.has(titleOf(step)) ? '~ key' : '+ key';
}

function isStep(entry: Entry | Step): entry is Step {
  return 'turn' in entry;
}

function entriesOf(wanted: Wanted, stored: Stored | undefined): (Entry | Step)[] {
  if (wanted.kind === 'key') return keyEntries(wanted, stored?.kind === 'key' ? stored : undefined);
  if (stored === undefined) return [creation(wanted, `+ ${wanted.kind}`)];
  const changes = changesOf(stored, wanted);
  return changes.length === 0 ? [unchanged(wanted)] : [change(wanted, stored, changes, `~ ${wanted.kind}`)];
}

type Key<T> = T & { kind: 'key'; content: KeyContent };

function keyEntries(wanted: Key<Wanted>, stored: Key<Stored> | undefined): (Entry | Step)[] {
  const isRevoked = wanted.content.revoked !== undefined;
  if (stored === undefined) {
    if (!isRevoked) return [creation(wanted, '+ key')];
    return [creation(wanted, '+! key'), revocation(wanted, undefined, '+! key')];
  }
  const changes = termChanges(stored.content, wanted.content);
  const isRevocation = revocationChanges(stored.content, wanted.content).length > 0;
  if (changes.length === 0) return [isRevocation ? revocation(wanted, stored, '! key') : unchanged(wanted)];
  if (!isRevocation) return [change(wanted, stored, changes, '~ key')];
  return [change(wanted, stored, changes, '+! key'), revocation(wanted, stored, '+! key')];
}

function unchanged({ kind, id }: Named): Entry {
  return { kind, id, sign: '=', details: [] };
}

function creation({ kind, id, body }: Wanted, turn: Turn): Step {
  return { kind, id, sign: '+', details: [], turn, method: 'PUT', path: pathOf({ kind, id }), body };
}

function change({ kind, id, body }: Wanted, stored: Stored, details: string[], turn: Turn): Step {
  return {
    kind,
    id,
    sign: '~',
    details,
    turn,
    method: 'PUT',
    path: pathOf({ kind, id }),
    body,
    ...etagOf(stored),
  };
}

function revocation({ kind, id, content }: Key<Wanted>, stored: Key<Stored> | undefined, turn: Turn): Step {
  return {
    kind,
    id,
    sign: '!',
    details:
      stored?.content.revoked === undefined ? reasonsOf(content) : revocationChanges(stored.content, content),
    turn,
    method: 'POST',
    path: `${pathOf({ kind, id })}/revoke`,
    body: JSON.stringify(content.revoked),
    ...etagOf(stored),
  };
}

function reasonsOf({ revoked }: KeyContent): string[] {
  const since = revoked?.compromisedAt === undefined ? '' : `, compromised at ${revoked.compromisedAt}`;
  return [`${JSON.stringify(revoked?.reason)}${since}`];
}

/** Keys are never deleted; conflicts.ts reports those that are not revoked. */
function deleted(stored: Stored): Entry | Step {
  const { kind, id } = stored;
  if (kind === 'key') return leftAlone(stored);
  const path = pathOf({ kind, id });
  return { kind, id, sign: '-', details: [], turn: `- ${kind}`, method: 'DELETE', path, ...etagOf(stored) };
}

function leftAlone(stored: Stored): Entry {
  const { kind, id } = stored;
  const isRevoked = stored.kind === 'key' && stored.content.revoked !== undefined;
  return { kind, id, sign: '?', details: [`(not in the folder${isRevoked ? '; revoked' : ''})`] };
}

function etagOf(stored: Stored | undefined): { etag?: string } {
  return stored?.etag === undefined ? {} : { etag: stored.etag };
}

/** Two entries of one key keep their order. */
function byKindAndId(one: Named, other: Named): number {
  const rank = (kind: Kind) => KINDS.indexOf(kind);
  if (one.kind !== other.kind) return rank(one.kind) - rank(other.kind);
  return one.id === other.id ? 0 : one.id < other.id ? -1 : 1;
}

/** One line if at most one thing differs, otherwise a line for each. */
export function linesOf({ sign, kind, id, details }: Entry): string[] {
  const head = `${sign} ${sign === '!' ? 'revoke ' : ''}${kind} ${id}`;
  const [only, ...more] = details;
  if (only === undefined) return [head];
  if (sign === '?') return [`${head} ${only}`];
  return more.length === 0 ? [`${head}: ${only}`] : [`${head}:`, ...details.map((detail) => `    ${detail}`)];
}
