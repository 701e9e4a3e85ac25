// `export`: writes what the service holds to a folder. Before the folder gets its name, it is read back as `apply` would read it, and
// must mean the same.
import type { Client } from './client.ts';
import { changesOf } from './compare.ts';
import { findConflicts } from './conflicts.ts';
import { filesOf } from './files.ts';
import { KINDS, type Named, PLURALS, titleOf } from './kinds.ts';
import type { Output } from './output.ts';
import { assertMayWrite, placeFiles } from './place_files.ts';
import { listPresent, type State } from './present.ts';
import { readWanted } from './rehearse.ts';
import { Trouble } from './trouble.ts';

export interface ExportOptions {
  folder: string;
  replaces: boolean;
}

/**
 * @returns the exit code
 * @throws Trouble if the folder must not be written, or the service holds something that a folder cannot express
 */
export async function exportFolder(
  { folder, replaces }: ExportOptions,
  client: Client,
  { say, complain }: Output,
): Promise<number> {
  await assertMayWrite(folder, replaces);
  const state = await listPresent(client);
  const documents = [...state.present.values()];
  await placeFiles(folder, await filesOf(documents), async (staged) => {
    for (const line of await readBack(staged, state)) complain(line);
  });
  say(`Wrote ${counted(documents)} to ${folder}.`);
  return 0;
}

/** @returns what would stop `apply`, for a person to fix */
async function readBack(staged: string, state: State): Promise<string[]> {
  const wanted = await readWanted(staged);
  const lost = wanted.flatMap((one) => {
    const stored = state.present.get(titleOf(one));
    return stored === undefined ? [] : changesOf(stored, one).map((change) => `${titleOf(one)}: ${change}`);
  });
  if (lost.length > 0) throw new Trouble('A folder cannot express these:', ...lost);
  return findConflicts(wanted, state, false);
}

function counted(documents: Named[]): string {
  return KINDS.map((kind) => {
    const count = documents.filter((document) => document.kind === kind).length;
    return `${count} ${count === 1 ? kind : PLURALS[kind]}`;
  }).join(', ');
}
