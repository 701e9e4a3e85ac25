// Lists all trusted timestamp authorities in one value, written together with their records, so that a verification finds them without
// listing the store. Without compare-and-swap (Workers KV), two concurrent changes may leave an authority here that no record contains any
// more. So only what a record contains counts: everything trusted is visible in the records. A verification reads only the ids in the
// list; the authorities are in it for earlier versions of the service, which take them from there.
import * as z from 'zod';
import { Malformed } from '../core/encoding/malformed.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { createBoundedCache } from '../core/memory/bounded_cache.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import type { Change, KeyValueStore } from './kv/key_value.ts';
import {
  authoritiesIn,
  MAX_LOG_RECORD,
  readLogRecord,
  recordKey,
  type StoredAuthority,
  storedAuthoritySchema,
  toTrustedAuthority,
} from './log_records.ts';
import { idSchema, unreadable } from './records.ts';

export const AUTHORITIES_KEY = 'authorities';
/** In characters of texts, for each of both. */
const MAX_PARSED = 1024 * 1024;
/** The ids in the list, by its text, and parsed authorities, by their record's id and text. The texts are read on every call. */
const IDS = createBoundedCache<string[]>(MAX_PARSED);
const PARSED = createBoundedCache<{ id: string; trusted: TrustedAuthority[] }>(MAX_PARSED);

const directorySchema = z.record(idSchema, z.array(storedAuthoritySchema).min(1));
type Directory = z.infer<typeof directorySchema>;

/**
 * Reads the store twice, one read after the other. The list says which records have authorities, and the records say which: while a change
 * is on its way, the two need not agree on more than that. Throws `Undecided` when stored data cannot be parsed.
 */
export async function listAuthorities(store: KeyValueStore): Promise<TrustedAuthority[]> {
  const text = await store.get(AUTHORITIES_KEY);
  if (text === undefined) return [];
  const ids = IDS.get(text) ?? Object.keys(readDirectory(text));
  IDS.set(text, ids, text.length);
  const records = await store.getMany(ids.map(recordKey));
  return (await Promise.all(ids.map((id, at) => authoritiesOf(id, records[at])))).flat();
}

async function authoritiesOf(id: string, text: string | undefined): Promise<TrustedAuthority[]> {
  if (text === undefined) return [];
  const known = PARSED.get(text);
  if (known?.id === id) return known.trusted;
  const stored = authoritiesIn(readLogRecord(text, id));
  try {
    const trusted = await Promise.all(stored.map((authority) => toTrustedAuthority(id, authority)));
    PARSED.set(text, { id, trusted }, text.length);
    return trusted;
  } catch (error) {
    if (error instanceof Malformed) throw unreadable(recordKey(id));
    throw error;
  }
}

export function isListed(text: string | undefined, id: string): boolean {
  return text !== undefined && Object.hasOwn(readDirectory(text), id);
}

/** The change that replaces an id's authorities with these; undefined if the id has none and is to have none. Error: `TOO_LARGE`. */
export function authoritiesChange(
  text: string | undefined,
  id: string,
  authorities: StoredAuthority[],
): Change | undefined {
  const directory = text === undefined ? {} : readDirectory(text);
  if (!Object.hasOwn(directory, id) && authorities.length === 0) return undefined;
  const others = Object.entries(directory).filter(([other]) => other !== id);
  const all = Object.fromEntries(authorities.length === 0 ? others : [...others, [id, authorities]]);
  const value = Object.keys(all).length === 0 ? undefined : JSON.stringify(all);
  if (value !== undefined && value.length > MAX_LOG_RECORD) {
    throw new CallerError(
      'TOO_LARGE',
      `All timestamp authorities together are longer than ${MAX_LOG_RECORD} characters.`,
    );
  }
  return { key: AUTHORITIES_KEY, expected: text, value };
}

function readDirectory(text: string): Directory {
  try {
    const result = directorySchema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unreadable(AUTHORITIES_KEY);
}
