// Named policies: one record each, read whole on every call that names one. Its revision is the version that verdicts name.
import { createBoundedCache } from '../core/bounded_cache.ts';
import { CallerError } from '../core/caller_error.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { KeyValueStore } from './key_value.ts';
import { type PolicyDocument, policyDocumentSchema, toPolicy } from './policy_document.ts';
import {
  type Authorship,
  authorshipFields,
  authorshipOf,
  checkPrecondition,
  idSchema,
  listRecords,
  lostRace,
  type Precondition,
  readRecord,
  serialized,
} from './records.ts';

/** Parsed policies kept by their text: the text is read on every call, the parsing need not be repeated. */
const PARSED = createBoundedCache<StoredPolicy>(100);

export const policyRecordSchema = policyDocumentSchema.extend({ id: idSchema, ...authorshipFields });
export type PolicyRecord = PolicyDocument & Authorship & { id: string };

/** A policy as verification takes it. */
export interface StoredPolicy {
  id: string;
  version: string;
  policy: Policy;
}

const PREFIX = 'policy/';
const recordKey = (id: string) => `${PREFIX}${id}`;

/** One store read. Errors: `Undecided` when what is stored cannot be read. */
export async function findPolicy(store: KeyValueStore, id: string): Promise<StoredPolicy | undefined> {
  const text = await store.get(recordKey(id));
  if (text === undefined) return undefined;
  const known = PARSED.get(text, 0);
  if (known?.id === id) return known;
  const record = readPolicy(text, id);
  const found = { id, version: record.revision, policy: toPolicy(record) };
  PARSED.set(text, found, 1, Number.POSITIVE_INFINITY);
  return found;
}

export async function getPolicy(store: KeyValueStore, id: string): Promise<PolicyRecord | undefined> {
  const text = await store.get(recordKey(id));
  return text === undefined ? undefined : readPolicy(text, id);
}

export async function listPolicies(store: KeyValueStore, limit: number, cursor?: string) {
  return listRecords(store, PREFIX, (id) => getPolicy(store, id), limit, cursor);
}

/** Stores a policy under an id, replacing what is there. Errors: `CONFLICT`, `PRECONDITION_FAILED`, `TOO_LARGE`. */
export async function putPolicy(
  store: KeyValueStore,
  id: string,
  document: PolicyDocument,
  precondition: Precondition,
  by: string,
  now: number,
): Promise<{ record: PolicyRecord; isNew: boolean }> {
  const text = await store.get(recordKey(id));
  const existing = text === undefined ? undefined : readPolicy(text, id);
  checkPrecondition(precondition, existing?.revision);
  const record: PolicyRecord = { ...document, id, ...authorshipOf(existing, by, now) };
  const value = serialized(record, 'policy');
  if (!(await store.commit([{ key: recordKey(id), expected: text, value }]))) throw lostRace();
  return { record, isNew: existing === undefined };
}

export async function deletePolicy(
  store: KeyValueStore,
  id: string,
  precondition: Precondition,
): Promise<void> {
  const text = await store.get(recordKey(id));
  if (text === undefined) throw noPolicy(id);
  checkPrecondition(precondition, readPolicy(text, id).revision);
  if (!(await store.commit([{ key: recordKey(id), expected: text, value: undefined }]))) throw lostRace();
}

export function noPolicy(id: string): CallerError {
  return new CallerError(
    'POLICY_NOT_FOUND',
    `There is no policy ${id}; an administrator stores it with PUT /v1/policies/{id}.`,
  );
}

function readPolicy(text: string, id: string): PolicyRecord {
  return readRecord(policyRecordSchema, recordKey(id), text, id);
}
