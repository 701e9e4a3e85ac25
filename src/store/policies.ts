// Named policies, read in full on every request that names one. A policy's revision is the version that verdicts report.

import { CallerError } from '../core/errors/caller_error.ts';
import { createBoundedCache } from '../core/memory/bounded_cache.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { KeyValueStore } from './kv/key_value.ts';
import { loneRecords } from './lone_records.ts';
import { type PolicyDocument, policyDocumentSchema, toPolicy } from './policy_document.ts';
import type { Edit } from './preconditions.ts';
import { type Authorship, authorshipFields, authorshipOf, idSchema } from './records.ts';

/** In characters of records: policies of the largest size, with what they are parsed to beside each. */
const MAX_PARSED = 1024 * 1024;
/** Parsed policies, by the stored text. The text is read on every call, but it need not be parsed again. */
const PARSED = createBoundedCache<StoredPolicy>(MAX_PARSED);

export const policyRecordSchema = policyDocumentSchema.extend({ id: idSchema, ...authorshipFields });
export type PolicyRecord = PolicyDocument & Authorship & { id: string };

/** A policy in the form that verification uses. */
export interface StoredPolicy {
  id: string;
  version: string;
  policy: Policy;
}

export const policies = loneRecords<PolicyRecord>('policy', policyRecordSchema, noPolicy);

/** Reads the store once. Throws `Undecided` when stored data cannot be parsed. */
export async function findPolicy(store: KeyValueStore, id: string): Promise<StoredPolicy | undefined> {
  const text = await policies.text(store, id);
  if (text === undefined) return undefined;
  const known = PARSED.get(text);
  if (known?.id === id) return known;
  const record = policies.read(text, id);
  const found = { id, version: record.revision, policy: toPolicy(record) };
  PARSED.set(text, found, text.length);
  return found;
}

/** Stores a policy under an id, replacing the existing one. Errors as for `LoneRecords.replace`. */
export async function putPolicy(
  store: KeyValueStore,
  id: string,
  document: PolicyDocument,
  edit: Edit,
): Promise<{ record: PolicyRecord; isNew: boolean }> {
  let isNew = true;
  const record = await policies.replace(store, id, edit.precondition, (existing) => {
    isNew = existing === undefined;
    return { ...document, id, ...authorshipOf(existing, edit) };
  });
  return { record, isNew };
}

export function noPolicy(id: string): CallerError {
  return new CallerError(
    'POLICY_NOT_FOUND',
    `There is no policy ${id}. An administrator can store it with PUT /v1/policies/{id}.`,
  );
}
