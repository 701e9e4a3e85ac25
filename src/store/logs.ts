// Further transparency logs: one record a log, and an index from log id to record. A log's key is what the administrator
// stored, never what the log says of itself.
import * as z from 'zod';
import { CallerError } from '../core/caller_error.ts';
import { Malformed } from '../core/malformed.ts';
import { type PublicKey, parsePublicKeyPem, publicKeyPem } from '../core/public_key.ts';
import { logIdOf, type TrustedLog } from '../core/trusted_log.ts';
import { apiAddress } from '../core/web_address.ts';
import type { Change, KeyValueStore } from './key_value.ts';
import {
  checkPrecondition,
  idSchema,
  instantSchema,
  listRecords,
  lostRace,
  type Precondition,
  readIndex,
  readRecord,
  unreadable,
} from './records.ts';

/** What an administrator says of a log, beside its key. A window without a start is malformed. */
export const logTermsSchema = z.strictObject({
  url: z.string().transform((text, context) => {
    const address = apiAddress(text);
    if (address !== undefined) return address;
    context.addIssue({
      code: 'custom',
      message: 'expected an http or https URL without credentials, query or fragment',
    });
    return z.NEVER;
  }),
  /** The name in its checkpoints; without it, the URL's host. */
  name: z
    .string()
    .regex(/^[^\s+]{1,255}$/)
    .optional(),
  /** Rekor's major version: 1 unless said. */
  version: z.union([z.literal(1), z.literal(2)]).default(1),
  validFrom: instantSchema,
  validUntil: instantSchema.optional(),
});
export type LogTerms = z.infer<typeof logTermsSchema>;

export const logRecordSchema = logTermsSchema.extend({
  id: idSchema,
  publicKey: z.string(),
  logId: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.string(),
  updatedAt: z.string(),
  revision: z.string(),
});
export type LogRecord = z.infer<typeof logRecordSchema>;

const recordKey = (id: string) => `log/${id}`;
const indexKey = (logId: string) => `log-id/${logId}`;

export async function getLog(store: KeyValueStore, id: string): Promise<LogRecord | undefined> {
  const text = await store.get(recordKey(id));
  return text === undefined ? undefined : readRecord(logRecordSchema, recordKey(id), text, id);
}

/** @param logId lower-case hexadecimal */
export async function findStoredLog(store: KeyValueStore, logId: string): Promise<TrustedLog | undefined> {
  const id = await store.get(indexKey(logId));
  const record = id === undefined ? undefined : await getLog(store, id);
  return record === undefined || record.logId !== logId ? undefined : toTrustedLog(record);
}

export async function listLogs(store: KeyValueStore, limit: number, cursor?: string) {
  const { records: logs, ...rest } = await listRecords(
    store,
    'log/',
    (id) => getLog(store, id),
    limit,
    cursor,
  );
  return { logs, ...rest };
}

/** Stores a log under an id, replacing what is there. Errors: `CONFLICT`, `PRECONDITION_FAILED`. */
export async function putLog(
  store: KeyValueStore,
  id: string,
  key: PublicKey,
  terms: LogTerms,
  precondition: Precondition,
  now: number,
): Promise<{ record: LogRecord; isNew: boolean }> {
  const text = await store.get(recordKey(id));
  const existing = text === undefined ? undefined : readRecord(logRecordSchema, recordKey(id), text, id);
  checkPrecondition(precondition, existing?.revision);
  const logId = await logIdOf(terms.version, nameOf(terms), key);
  const holder = await readIndex(store, indexKey(logId), id, async (other) => {
    return (await getLog(store, other))?.logId === logId;
  });
  const at = new Date(now).toISOString();
  const record: LogRecord = {
    ...terms,
    id,
    publicKey: publicKeyPem(key),
    logId,
    createdAt: existing?.createdAt ?? at,
    updatedAt: at,
    revision: crypto.randomUUID(),
  };
  const changes: Change[] = [
    { key: indexKey(logId), expected: holder, value: id },
    { key: recordKey(id), expected: text, value: JSON.stringify(record) },
  ];
  if (existing !== undefined && existing.logId !== logId) {
    changes.push({ key: indexKey(existing.logId), expected: id, value: undefined });
  }
  if (!(await store.commit(changes))) throw lostRace();
  return { record, isNew: existing === undefined };
}

export async function deleteLog(store: KeyValueStore, id: string, precondition: Precondition): Promise<void> {
  const text = await store.get(recordKey(id));
  if (text === undefined) throw new CallerError('LOG_NOT_FOUND', `There is no log ${id}.`);
  const record = readRecord(logRecordSchema, recordKey(id), text, id);
  checkPrecondition(precondition, record.revision);
  const changes: Change[] = [{ key: recordKey(id), expected: text, value: undefined }];
  const index = indexKey(record.logId);
  if ((await store.get(index)) === id) changes.push({ key: index, expected: id, value: undefined });
  if (!(await store.commit(changes))) throw lostRace();
}

/** The name in the log's checkpoints. */
function nameOf({ name, url }: Pick<LogTerms, 'name' | 'url'>): string {
  return name ?? new URL(url).host;
}

async function toTrustedLog(record: LogRecord): Promise<TrustedLog> {
  try {
    const key = await parsePublicKeyPem(record.publicKey);
    const name = nameOf(record);
    if ((await logIdOf(record.version, name, key)) === record.logId) {
      return {
        name,
        url: record.url,
        version: record.version,
        key,
        logId: record.logId,
        validFrom: Date.parse(record.validFrom),
        ...(record.validUntil !== undefined && { validUntil: Date.parse(record.validUntil) }),
      };
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  throw unreadable(recordKey(record.id));
}
