// Stores all trusted timestamp authorities in one value, written together with their records, so that a verification finds them without
// listing. Without compare-and-swap (Workers KV), two concurrent changes may leave an authority here that no record contains any more.
// An authority therefore counts only while its record contains it too, so that everything trusted is visible in the records.
import * as z from 'zod';
import { createBoundedCache } from '../core/bounded_cache.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import type { Change, KeyValueStore } from './key_value.ts';
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
/** Parsed authorities, by the stored text. The text is read on every call, but it need not be parsed again. */
const PARSED = createBoundedCache<Listed[]>(100);

interface Listed {
  id: string;
  /** The authority as text, to compare with the record. */
  text: string;
  trusted: TrustedAuthority;
}

const directorySchema = z.record(idSchema, z.array(storedAuthoritySchema).min(1));
type Directory = z.infer<typeof directorySchema>;

/** Reads the store twice, one read after the other. Throws `Undecided` when stored data cannot be parsed. */
export async function listAuthorities(store: KeyValueStore): Promise<TrustedAuthority[]> {
  const text = await store.get(AUTHORITIES_KEY);
  if (text === undefined) return [];
  const listed = PARSED.get(text, 0) ?? (await parseAll(readDirectory(text)));
  PARSED.set(text, listed, 1, Number.POSITIVE_INFINITY);
  const recorded = await readRecorded(store, [...new Set(listed.map(({ id }) => id))]);
  return listed.filter((item) => recorded.get(item.id)?.has(item.text)).map(({ trusted }) => trusted);
}

/** The authorities in each record, as text, by record id. */
async function readRecorded(store: KeyValueStore, ids: string[]): Promise<Map<string, Set<string>>> {
  const texts = await store.getMany(ids.map(recordKey));
  return new Map(
    ids.map((id, at) => {
      const text = texts[at];
      const authorities = text === undefined ? [] : authoritiesIn(readLogRecord(text, id));
      return [id, new Set(authorities.map(textOf))];
    }),
  );
}

function textOf({ url, certificates, validFrom, validUntil }: StoredAuthority): string {
  return JSON.stringify([url, certificates, validFrom, validUntil]);
}

async function parseAll(directory: Directory): Promise<Listed[]> {
  const named = Object.entries(directory).flatMap(([id, list]) => list.map((stored) => ({ id, stored })));
  try {
    return await Promise.all(
      named.map(async ({ id, stored }) => ({
        id,
        text: textOf(stored),
        trusted: await toTrustedAuthority(id, stored),
      })),
    );
  } catch (error) {
    if (error instanceof Malformed) throw unreadable(AUTHORITIES_KEY);
    throw error;
  }
}

export function isListed(text: string | undefined, id: string): boolean {
  return text !== undefined && Object.hasOwn(readDirectory(text), id);
}

/** The change that replaces an id's authorities with these; undefined if the id has none and is to have none. */
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
