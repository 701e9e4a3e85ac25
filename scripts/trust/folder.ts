// A folder's files, parsed strictly but not yet validated. Every broken file is reported, not only the first.
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8 } from '../../src/core/encoding/bytes.ts';
import { type Json, type JsonObject, parseJson } from '../../src/core/encoding/json.ts';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { type FileName, readLayout } from './layout.ts';
import { systemCode } from './trouble.ts';

/** In bytes, including white space: at least four times the service's limit for any record. */
const MAX_FILE = 256 * 1024;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/;

export type Item =
  | {
      kind: 'key';
      id: string;
      /** The file of the PEM. */
      place: string;
      /** The file of the terms, whether or not it exists. */
      termsPlace: string;
      pem: string;
      terms: JsonObject;
      revoked?: Json;
    }
  | { kind: 'log' | 'policy'; id: string; place: string; value: Json };

export interface Folder {
  items: Item[];
  /** Each begins with its place. */
  problems: string[];
}

/** @throws Trouble if this is not a folder with keys, logs or policies */
export async function readFolder(folder: string): Promise<Folder> {
  const { files, problems } = await readLayout(folder);
  const items: Item[] = [];
  for (const file of files) {
    try {
      const item = await readItem(folder, file, files);
      if (item !== undefined) items.push(item);
    } catch (error) {
      problems.push(problemOf(error, file.place));
    }
  }
  return { items, problems };
}

/** Any other error is a defect. */
function problemOf(error: unknown, place: string): string {
  if (error instanceof Malformed) return error.message;
  const code = systemCode(error);
  if (code === undefined) throw error;
  return `${place}: cannot be read (${code})`;
}

/** @returns undefined for a key's .json file, which is read together with its .pub file */
async function readItem(folder: string, file: FileName, files: FileName[]): Promise<Item | undefined> {
  const { kind, id, place, ending } = file;
  if (kind !== 'key') return { kind, id, place, value: parseJson(await readText(folder, place), place) };
  const isBeside = (other: string) =>
    files.some((one) => one.kind === kind && one.id === id && one.ending === other);
  if (ending === '.json') {
    if (!isBeside('.pub')) throw new Malformed(place, `there is no keys/${id}.pub beside it`);
    return undefined;
  }
  const termsPlace = `keys/${id}.json`;
  const pem = await readText(folder, place);
  const { revoked, ...terms } = isBeside('.json') ? await readTerms(folder, termsPlace) : {};
  return { kind, id, place, termsPlace, pem, terms, ...(revoked !== undefined && { revoked }) };
}

async function readTerms(folder: string, place: string): Promise<JsonObject> {
  const terms = parseJson(await readText(folder, place), place);
  if (typeof terms !== 'object' || terms === null || Array.isArray(terms))
    throw new Malformed(place, 'expected an object');
  if (Object.hasOwn(terms, 'publicKey'))
    throw new Malformed(place, 'publicKey: the key belongs in the .pub file only');
  return terms;
}

/** Refuses a private key in any file, and repeats nothing of it. */
async function readText(folder: string, place: string): Promise<string> {
  const path = join(folder, place);
  if ((await stat(path)).size > MAX_FILE) throw new Malformed(place, `is larger than ${MAX_FILE} bytes`);
  const text = fromUtf8(await readFile(path), place);
  if (PRIVATE_KEY.test(text)) {
    throw new Malformed(
      place,
      'this is a private key: replace it with the public key, and stop using it if others can read this folder or its history',
    );
  }
  return text;
}
