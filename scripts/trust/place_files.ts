// Files into a folder, all of them or none: they are written beside it and then moved to their place.
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Files } from './files.ts';
import { KINDS, PLURALS } from './kinds.ts';
import { mayStandAnywhere, namesIn, readLayout } from './layout.ts';
import { systemCode, Trouble } from './trouble.ts';

const SUBFOLDERS = KINDS.map((kind) => PLURALS[kind]);

/**
 * Before anything is read from the service: whether the folder may be written.
 * @param replaces what is there of keys, logs and policies may go
 * @throws Trouble where there is something else, or anything that must stay
 */
export async function assertMayWrite(folder: string, replaces: boolean): Promise<void> {
  if (!(await exists(folder)) || (await namesIn(folder)).length === 0) return;
  if (!replaces) throw new Trouble(`${folder}: is not empty; --force replaces its keys, logs and policies.`);
  const { problems } = await readLayout(folder);
  if (problems.length > 0) throw new Trouble(...problems, 'Move these away; --force would lose them.');
}

/**
 * Writes the files beside the folder, and moves them there once `check` has passed over them. Dot files and README* stay.
 * @param check throws where they must not be moved
 * @throws Trouble where nothing can be written; the folder is then as it was
 */
export async function placeFiles(
  folder: string,
  files: Files,
  check: (staged: string) => Promise<void>,
): Promise<void> {
  try {
    await stageAndMove(folder, files, check);
  } catch (error) {
    const code = systemCode(error);
    throw code === undefined ? error : new Trouble(`${folder}: cannot be written (${code})`);
  }
}

async function stageAndMove(
  folder: string,
  files: Files,
  check: (staged: string) => Promise<void>,
): Promise<void> {
  const staged = join(dirname(folder), `.${basename(folder)}-${randomUUID()}`);
  try {
    for (const name of SUBFOLDERS) await mkdir(join(staged, name), { recursive: true });
    for (const [place, text] of files) await writeFile(join(staged, place), text);
    await check(staged);
    if (await isEmptyOrMissing(folder)) await moveWhole(staged, folder);
    else await moveParts(staged, folder);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function moveWhole(staged: string, folder: string): Promise<void> {
  if (await exists(folder)) await rmdir(folder);
  await rename(staged, folder);
}

/** The folder holds other things too: each part is exchanged, and all are put back should one fail. */
async function moveParts(staged: string, folder: string): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const move = async (from: string, to: string) => {
    await rename(from, to);
    undo.unshift(() => rename(to, from));
  };
  try {
    for (const name of SUBFOLDERS) {
      const [part, own] = [join(staged, name), join(folder, name)];
      if (await exists(own)) {
        await keepOthers(own, part);
        await move(own, join(staged, `old-${name}`));
      }
      await move(part, own);
    }
  } catch (error) {
    for (const back of undo) await back();
    throw error;
  }
}

async function keepOthers(from: string, to: string): Promise<void> {
  for (const name of (await readdir(from)).filter(mayStandAnywhere))
    await cp(join(from, name), join(to, name), { recursive: true });
}

async function isEmptyOrMissing(folder: string): Promise<boolean> {
  return !(await exists(folder)) || (await readdir(folder)).length === 0;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
