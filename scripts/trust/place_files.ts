// Writes files into a folder, all or none: first beside it, then moved into place.
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Files } from './files.ts';
import { KINDS, PLURALS } from './kinds.ts';
import { mayStandAnywhere, namesIn, readLayout } from './layout.ts';
import { systemCode, Trouble } from './trouble.ts';

const SUBFOLDERS = KINDS.map((kind) => PLURALS[kind]);

/**
 * Checks that the folder may be written, before anything is read from the service.
 * @param replaces whether keys, logs and policies that are already there may be replaced
 * @throws Trouble if they may not, or if there is anything else
 */
export async function assertMayWrite(folder: string, replaces: boolean): Promise<void> {
  if (!(await exists(folder)) || (await namesIn(folder)).length === 0) return;
  if (!replaces) throw new Trouble(`${folder}: is not empty; --force replaces its keys, logs and policies.`);
  const { problems } = await readLayout(folder);
  if (problems.length > 0) throw new Trouble(...problems, 'Move these elsewhere; --force would delete them.');
}

/**
 * Writes the files beside the folder, and moves them into it once `check` has passed. Dot files and README* stay.
 * @param check throws if they must not be moved
 * @throws Trouble if they cannot be written; the folder is then unchanged
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

/** For a folder with other contents: replaces each part, and restores all of them if one fails. */
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
