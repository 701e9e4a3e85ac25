// What the running service holds. Lists show everything; records that are about to change are read again one by one for their ETags, so
// that each change applies to exactly what was compared.
import { mapLimited } from '../../src/registry/map_limited.ts';
import { type Client, ServiceError } from './client.ts';
import { changesOf } from './compare.ts';
import { type Document, readDocument } from './documents.ts';
import { KINDS, type Named, pathOf, titleOf } from './kinds.ts';
import type { Wanted } from './rehearse.ts';

/** Concurrent calls. */
const PARALLEL = 4;

export type Stored = Document & { etag?: string };

/** By title, as in `key release`; without built-in logs. */
export type Present = Map<string, Stored>;

export interface State {
  present: Present;
  builtIn: (Document & { kind: 'log' })[];
}

/** Everything, as the lists show it. */
export async function listPresent(client: Client): Promise<State> {
  const documents: Document[] = [];
  for (const kind of KINDS)
    for (const value of await client.list(kind)) documents.push(readDocument(kind, value));
  const builtIn = documents
    .filter((document) => document.kind === 'log')
    .filter(({ isBuiltIn }) => isBuiltIn);
  const own = documents.filter((document) => document.kind !== 'log' || !document.isBuiltIn);
  return { present: new Map(own.map((document) => [titleOf(document), document])), builtIn };
}

/** The same, with the ETag of everything that differs from what is wanted. @param prunes whether unwanted records differ too */
export async function readPresent(client: Client, wanted: Wanted[], prunes: boolean): Promise<State> {
  const state = await listPresent(client);
  const { present } = state;
  const titles = new Set(wanted.map(titleOf));
  const differing: Named[] = [
    ...wanted.filter((one) => !isSame(present.get(titleOf(one)), one)),
    ...(prunes ? [...present.values()].filter((one) => !titles.has(titleOf(one))) : []),
  ];
  await mapLimited(differing, PARALLEL, async (one) => {
    const fresh = await readRecord(client, one);
    if (fresh === undefined) present.delete(titleOf(one));
    else present.set(titleOf(one), fresh);
  });
  return state;
}

async function readRecord(client: Client, { kind, id }: Named): Promise<Stored | undefined> {
  try {
    const { document, etag } = await client.call('GET', pathOf({ kind, id }));
    const read = readDocument(kind, document);
    if (read.kind === 'log' && read.isBuiltIn) return undefined;
    return { ...read, ...(etag !== undefined && { etag }) };
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return undefined;
    throw error;
  }
}

function isSame(present: Stored | undefined, wanted: Wanted): boolean {
  return present !== undefined && changesOf(present, wanted).length === 0;
}
