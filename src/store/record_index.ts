// Index entries: from a key's fingerprint or a log's id to the id of the record that contains it.
import { CallerError } from '../core/errors/caller_error.ts';
import type { KeyValueStore } from './key_value.ts';

/**
 * The current value of an index entry, as the expected value for a change. The id in it counts only while that id's record agrees.
 * @throws CallerError `CONFLICT` when the key or log is stored under another id
 */
export async function readIndex(
  store: KeyValueStore,
  index: string,
  id: string,
  what: 'key' | 'log',
  agrees: (holder: string) => Promise<boolean>,
): Promise<string | undefined> {
  const holder = await store.get(index);
  if (holder !== undefined && holder !== id && (await agrees(holder))) {
    throw new CallerError('CONFLICT', `This ${what} is already stored, as ${holder}.`);
  }
  return holder;
}
