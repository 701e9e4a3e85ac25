// Additional transparency logs and timestamp authorities: one record per id (log_records.ts), an index from log id to record, and one
// list of all authorities. An index entry counts only while the record agrees.

import { Malformed } from '../core/encoding/malformed.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import type { TrustedLog } from '../core/trust/trusted_log.ts';
import { AUTHORITIES_KEY, authoritiesChange, isListed } from './authorities.ts';
import type { Change, KeyValueStore } from './kv/key_value.ts';
import {
  authoritiesIn,
  type LogContent,
  type LogRecord,
  logsIn,
  MAX_LOG_RECORD,
  RECORD_PREFIX,
  readLogRecord,
  recordKey,
  type StoredRoot,
  toTrustedLog,
} from './log_records.ts';
import {
  checkPrecondition,
  commitChanges,
  type Edit,
  type Precondition,
  readToForget,
} from './preconditions.ts';
import { indexChanges } from './record_index.ts';
import { authorshipOf, listRecords, narrowJson, unreadable } from './records.ts';

/** The most records in a page, and pages, that are examined to find logs to search. A page of Workers KV may have few keys, or none. */
const MAX_LISTED = 100;
const MAX_PAGES = 5;
/** How many records are read side by side: few need to be, but a round takes milliseconds on Workers KV. */
const AT_ONCE = 16;
const indexKey = (logId: string) => `log-id/${logId}`;

export async function getLog(store: KeyValueStore, id: string): Promise<LogRecord | undefined> {
  const text = await store.get(recordKey(id));
  return text === undefined ? undefined : readLogRecord(text, id);
}

/** @param logId lower-case hexadecimal */
export async function findStoredLog(store: KeyValueStore, logId: string): Promise<TrustedLog | undefined> {
  const id = await store.get(indexKey(logId));
  const record = id === undefined ? undefined : await getLog(store, id);
  const stored = record === undefined ? undefined : logsIn(record).find((log) => log.logId === logId);
  if (record === undefined || stored === undefined) return undefined;
  try {
    return await toTrustedLog(stored);
  } catch (error) {
    if (error instanceof Malformed) throw unreadable(recordKey(record.id));
    throw error;
  }
}

/**
 * The logs to search for an entry, at most `most`, in the order of their records' ids. Rekor v2 logs cannot be searched.
 * @returns `isAll` is false if there are more
 */
export async function listLogs(
  store: KeyValueStore,
  most: number,
): Promise<{ logs: StoredRoot['logs']; isAll: boolean }> {
  const logs: StoredRoot['logs'] = [];
  let cursor: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const listed = await store.list(RECORD_PREFIX, MAX_LISTED, cursor);
    for (let at = 0; at < listed.keys.length; at += AT_ONCE) {
      const keys = listed.keys.slice(at, at + AT_ONCE);
      const texts = await store.getMany(keys);
      for (const [i, key] of keys.entries()) {
        logs.push(...searchableIn(key, texts[i]));
        if (logs.length > most) return { logs: logs.slice(0, most), isAll: false };
      }
    }
    cursor = listed.cursor;
    if (cursor === undefined) break;
  }
  return { logs, isAll: cursor === undefined };
}

/** @param text the record's; undefined if it was deleted after it was listed */
function searchableIn(key: string, text: string | undefined): StoredRoot['logs'] {
  if (text === undefined) return [];
  const record = readLogRecord(text, key.slice(RECORD_PREFIX.length));
  return logsIn(record).filter(({ version, searched }) => version !== 2 && searched !== false);
}

export async function listLogRecords(store: KeyValueStore, limit: number, cursor?: string) {
  return listRecords(store, RECORD_PREFIX, (id) => getLog(store, id), limit, cursor);
}

/** Stores logs and authorities under an id, replacing the existing record. Errors: `CONFLICT`, `PRECONDITION_FAILED`, `TOO_LARGE`. */
export async function putLog(
  store: KeyValueStore,
  id: string,
  content: LogContent,
  edit: Edit,
): Promise<{ record: LogRecord; isNew: boolean }> {
  const { precondition } = edit;
  const [text, directory] = await store.getMany([recordKey(id), AUTHORITIES_KEY]);
  const existing = text === undefined ? undefined : readLogRecord(text, id);
  checkPrecondition(precondition, existing?.revision);
  const record: LogRecord = { ...content, id, ...authorshipOf(existing, edit) };
  const value = narrowJson(record);
  if (value.length > MAX_LOG_RECORD)
    throw new CallerError('TOO_LARGE', `The record is longer than ${MAX_LOG_RECORD} characters.`);
  const authorities = authoritiesChange(directory, id, authoritiesIn(content));
  const changes: Change[] = [
    ...(await allIndexChanges(store, id, logsIn(content))),
    ...(authorities === undefined ? [] : [authorities]),
    // After what finds it: a record that is there is complete, and a change that failed midway is seen to be missing.
    { key: recordKey(id), expected: text, value },
    ...(existing === undefined ? [] : await unindexChanges(store, id, logsIn(existing), logsIn(content))),
  ];
  await commitChanges(store, changes, precondition, () => getLog(store, id));
  return { record, isNew: existing === undefined };
}

/**
 * Also deletes authorities whose record is already gone, so that an interrupted deletion can be repeated. Where reads lag, the record may
 * only seem to be gone: its logs would go on counting. Errors: `LOG_NOT_FOUND`, `PRECONDITION_FAILED`, `CONFLICT`.
 */
export async function deleteLog(store: KeyValueStore, id: string, precondition: Precondition): Promise<void> {
  const [text, directory] = await store.getMany([recordKey(id), AUTHORITIES_KEY]);
  if (text === undefined && !isListed(directory, id)) {
    throw new CallerError('LOG_NOT_FOUND', `There is no log ${id}.`);
  }
  const record = text === undefined ? undefined : readToForget(precondition, () => readLogRecord(text, id));
  checkPrecondition(precondition, record?.revision);
  const authorities = authoritiesChange(directory, id, []);
  const changes: Change[] = [
    ...(authorities === undefined ? [] : [authorities]),
    { key: recordKey(id), expected: text, value: undefined, always: true },
    ...(record === undefined ? [] : await unindexChanges(store, id, logsIn(record), [])),
  ];
  await commitChanges(store, changes, precondition, () => getLog(store, id));
}

/** @throws CallerError `CONFLICT` when another id holds one of the logs */
async function allIndexChanges(
  store: KeyValueStore,
  id: string,
  logs: { logId: string }[],
): Promise<Change[]> {
  const changes = await Promise.all(
    logs.map(({ logId }) =>
      indexChanges(store, indexKey(logId), id, 'log', recordKey, (text, other) =>
        logsIn(readLogRecord(text, other)).some((log) => log.logId === logId),
      ),
    ),
  );
  // One record may have held several of the logs; Deno KV limits what one change compares.
  return [...new Map(changes.flat().map((change) => [change.key, change])).values()];
}

/** Deletes the index entries of logs that are no longer in the record, if the entries belong to this record. */
async function unindexChanges(
  store: KeyValueStore,
  id: string,
  old: { logId: string }[],
  kept: { logId: string }[],
): Promise<Change[]> {
  const gone = old.filter(({ logId }) => !kept.some((log) => log.logId === logId));
  const keys = gone.map(({ logId }) => indexKey(logId));
  const holders = await store.getMany(keys);
  return keys.filter((_, i) => holders[i] === id).map((key) => ({ key, expected: id, value: undefined }));
}
