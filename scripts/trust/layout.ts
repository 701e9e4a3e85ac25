// Which files a folder may hold: keys/<id>.pub with an optional keys/<id>.json, logs/<id>.json, policies/<id>.json. Dot files and
// README* are allowed anywhere; anything else is an error, so that nobody believes it is in effect.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN } from '../../src/store/records.ts';
import { KINDS, type Kind, PLURALS } from './kinds.ts';
import { systemCode, Trouble } from './trouble.ts';

const ENDINGS: Record<Kind, readonly string[]> = {
  key: ['.pub', '.json'],
  log: ['.json'],
  policy: ['.json'],
};

export interface FileName {
  kind: Kind;
  id: string;
  ending: string;
  /** As in `keys/release.pub`. */
  place: string;
}

export interface Layout {
  /** By kind, then by name. */
  files: FileName[];
  /** Each begins with its place. */
  problems: string[];
}

/** @throws Trouble if this is not a folder with keys, logs or policies */
export async function readLayout(folder: string): Promise<Layout> {
  const layout: Layout = { files: [], problems: [] };
  const names = await namesIn(folder);
  const kinds = KINDS.filter((kind) => names.includes(PLURALS[kind]));
  if (kinds.length === 0)
    throw new Trouble(`${folder}: contains no folder keys, logs or policies; is it the right folder?`);
  const known = new Set(kinds.map((kind) => PLURALS[kind]));
  layout.problems.push(...names.filter((name) => !known.has(name)).map(notExpected));
  for (const kind of kinds) await readKind(folder, kind, layout);
  return layout;
}

async function readKind(folder: string, kind: Kind, { files, problems }: Layout): Promise<void> {
  const plural = PLURALS[kind];
  for (const name of await namesIn(join(folder, plural))) {
    const place = `${plural}/${name}`;
    const ending = ENDINGS[kind].find((one) => name.endsWith(one));
    if (ending === undefined || !(await isFile(join(folder, place)))) {
      problems.push(notExpected(place));
      continue;
    }
    const id = name.slice(0, -ending.length);
    if (ID_PATTERN.test(id)) files.push({ kind, id, ending, place });
    else
      problems.push(
        `${place}: ${JSON.stringify(id)} is not a valid id: use a-z, 0-9, ".", "_" and "-", at most 63 characters`,
      );
  }
}

/** Follows links. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function notExpected(place: string): string {
  return `${place}: is not part of the layout, which is keys/ID.pub, keys/ID.json, logs/ID.json and policies/ID.json`;
}

/** Sorted, without the names that are allowed anywhere. @throws Trouble if this is not a folder, or cannot be read */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !mayStandAnywhere(name)).sort();
  } catch (error) {
    throw new Trouble(`${folder}: cannot be read as a folder (${systemCode(error)})`);
  }
}

export function mayStandAnywhere(name: string): boolean {
  return name.startsWith('.') || name.startsWith('README');
}
