// Every trusted timestamp authority in one value, so that a verification asks the store once. It is written together with the
// records it is made from. Where there is no compare-and-swap (Workers KV), two changes at the same moment may lose one of the
// two here; repeating the change mends it, deleting included.
import * as z from 'zod';
import { createBoundedCache } from '../core/bounded_cache.ts';
import { CallerError } from '../core/caller_error.ts';
import { Malformed } from '../core/encoding/malformed.ts';
import type { TrustedAuthority } from '../core/trust/trusted_authority.ts';
import type { Change, KeyValueStore } from './key_value.ts';
import {
  MAX_LOG_RECORD,
  type StoredAuthority,
  storedAuthoritySchema,
  toTrustedAuthority,
} from './log_records.ts';
import { idSchema, unreadable } from './records.ts';

export const AUTHORITIES_KEY = 'authorities';
/** Parsed by their text: the text is read on every call, the parsing need not be repeated. */
const PARSED = createBoundedCache<TrustedAuthority[]>(100);

const directorySchema = z.record(idSchema, z.array(storedAuthoritySchema).min(1));
type Directory = z.infer<typeof directorySchema>;

/** One read. Errors: `Undecided` when what is stored cannot be read. */
export async function listAuthorities(store: KeyValueStore): Promise<TrustedAuthority[]> {
  const text = await store.get(AUTHORITIES_KEY);
  if (text === undefined) return [];
  const parsed = PARSED.get(text, 0);
  if (parsed !== undefined) return parsed;
  const authorities = await parseAll(readDirectory(text));
  PARSED.set(text, authorities, 1, Number.POSITIVE_INFINITY);
  return authorities;
}

async function parseAll(directory: Directory): Promise<TrustedAuthority[]> {
  const named = Object.entries(directory).flatMap(([id, list]) => list.map((stored) => ({ id, stored })));
  try {
    return await Promise.all(named.map(({ id, stored }) => toTrustedAuthority(id, stored)));
  } catch (error) {
    if (error instanceof Malformed) throw unreadable(AUTHORITIES_KEY);
    throw error;
  }
}

export function isListed(text: string | undefined, id: string): boolean {
  return text !== undefined && Object.hasOwn(readDirectory(text), id);
}

/** The change that makes an id hold these authorities and no others; undefined where it holds none and shall hold none. */
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
