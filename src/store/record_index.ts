// Index entries: from a key's fingerprint or a log's id to the id of the record that contains it.
import { CallerError } from '../core/errors/caller_error.ts';
import type { Change, KeyValueStore } from './kv/key_value.ts';

/**
 * The changes that make an index entry name this id. The id in it counts only while that id's record agrees, so that record must not change
 * meanwhile. The entry is written even if it is right: another location may just have changed it.
 * @param holds whether the text of a record contains the key or log
 * @throws CallerError `CONFLICT` when the key or log is stored under another id
 */
export async function indexChanges(
  store: KeyValueStore,
  index: string,
  id: string,
  what: 'key' | 'log',
  recordKey: (id: string) => string,
  holds: (text: string, id: string) => boolean,
): Promise<Change[]> {
  const holder = await store.get(index);
  const change: Change = { key: index, expected: holder, value: id, always: true };
  if (holder === undefined || holder === id) return [change];
  const text = await store.get(recordKey(holder));
  if (text !== undefined && holds(text, holder)) {
    throw new CallerError('CONFLICT', `This ${what} is already stored, as ${holder}.`);
  }
  return [{ key: recordKey(holder), expected: text, value: text }, change];
}
