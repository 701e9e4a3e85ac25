// Which files a folder may hold: keys/<id>.pub with keys/<id>.json beside it, logs/<id>.json, policies/<id>.json. Dot files and
// README* may stand anywhere; anything else is a mistake that must not pass for trust.
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
  /** Each with its place. */
  problems: string[];
}

/** @throws Trouble where there is no folder that could hold trust */
export async function readLayout(folder: string): Promise<Layout> {
  const layout: Layout = { files: [], problems: [] };
  const names = await namesIn(folder);
  const kinds = KINDS.filter((kind) => names.includes(PLURALS[kind]));
  if (kinds.length === 0)
    throw new Trouble(`${folder}: there is none of keys, logs and policies in it; is it the right folder?`);
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
    else problems.push(`${place}: ${JSON.stringify(id)} is no id: a-z, 0-9, ".", "_" and "-", at most 63`);
  }
}

/** A link counts as what it leads to. */
async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

function notExpected(place: string): string {
  return `${place}: is not part of the layout; here are keys/ID.pub, keys/ID.json, logs/ID.json and policies/ID.json`;
}

/** Without those that may stand anywhere, sorted. Errors: `Trouble` for what is no folder, or cannot be read. */
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
