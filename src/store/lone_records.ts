// Self-contained records, each under one store key: get, list, replace and delete by id.
import type * as z from 'zod';
import type { CallerError } from '../core/errors/caller_error.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { checkPrecondition, commitChanges, type Precondition, readToForget } from './preconditions.ts';
import { listRecords, readRecord, serialized } from './records.ts';

export interface LoneRecords<T> {
  /** The stored text, for callers that cache what they parsed from it. */
  text(store: KeyValueStore, id: string): Promise<string | undefined>;
  /** Throws `Undecided` when the text cannot be parsed. */
  read(text: string, id: string): T;
  get(store: KeyValueStore, id: string): Promise<T | undefined>;
  list(store: KeyValueStore, limit: number, cursor?: string): Promise<{ records: T[]; cursor?: string }>;
  /** @param make receives the existing record. Errors: `CONFLICT`, `PRECONDITION_FAILED`, `TOO_LARGE` */
  replace(
    store: KeyValueStore,
    id: string,
    precondition: Precondition,
    make: (existing: T | undefined) => T | Promise<T>,
  ): Promise<T>;
  /** Errors: the one from `missing`, `CONFLICT`, `PRECONDITION_FAILED` */
  remove(store: KeyValueStore, id: string, precondition: Precondition): Promise<void>;
}

/** @param kind `policy` or `token`: used in messages, and as the prefix of the store key */
export function loneRecords<T extends { id: string; revision: string }>(
  kind: string,
  schema: z.ZodType<T>,
  missing: (id: string) => CallerError,
): LoneRecords<T> {
  const prefix = `${kind}/`;
  const read = (text: string, id: string) => readRecord(schema, prefix + id, text, id);
  const text = (store: KeyValueStore, id: string) => store.get(prefix + id);
  const get = async (store: KeyValueStore, id: string) => {
    const stored = await text(store, id);
    return stored === undefined ? undefined : read(stored, id);
  };
  const commit = async (
    store: KeyValueStore,
    id: string,
    expected: string | undefined,
    value: string | undefined,
    precondition: Precondition,
  ) => commitChanges(store, [{ key: prefix + id, expected, value }], precondition, () => get(store, id));
  return {
    text,
    read,
    get,
    list: (store, limit, cursor) => listRecords(store, prefix, (id) => get(store, id), limit, cursor),
    async replace(store, id, precondition, make) {
      const stored = await text(store, id);
      const existing = stored === undefined ? undefined : read(stored, id);
      checkPrecondition(precondition, existing?.revision);
      const record = await make(existing);
      await commit(store, id, stored, serialized(record, kind), precondition);
      return record;
    },
    async remove(store, id, precondition) {
      const stored = await text(store, id);
      if (stored === undefined) throw missing(id);
      const record = readToForget(precondition, () => read(stored, id));
      checkPrecondition(precondition, record?.revision);
      await commit(store, id, stored, undefined, precondition);
    },
  };
}
