// The three kinds of records in a folder, and their names in folders, paths and output. They are in the order in which they are stored,
// since policies name keys.

export const KINDS = ['key', 'log', 'policy'] as const;
export type Kind = (typeof KINDS)[number];

/** The name of the folder, of the path under /v1/, and of the list in the service's response. */
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
