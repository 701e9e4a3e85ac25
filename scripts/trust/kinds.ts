// The three kinds of records that a folder holds, and their names in folders, paths and output. In the order they are stored: a
// policy names keys.

export const KINDS = ['key', 'log', 'policy'] as const;
export type Kind = (typeof KINDS)[number];

/** Of the folder, of the path under /v1/, and of the list in the service's answer. */
export const PLURALS: Record<Kind, string> = { key: 'keys', log: 'logs', policy: 'policies' };

export interface Named {
  kind: Kind;
  id: string;
}

/** As in `key release`. */
export function titleOf({ kind, id }: Named): string {
  return `${kind} ${id}`;
}

export function pathOf({ kind, id }: Named): string {
  return `/v1/${PLURALS[kind]}/${id}`;
}
