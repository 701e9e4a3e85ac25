// /v1/policies: stores, shows, lists and deletes policies. Testing one is in policy_test.ts.
import type { Hono } from 'hono';
import { getKey } from '../../store/keys.ts';
import { noPolicy, type PolicyRecord, policies, putPolicy } from '../../store/policies.ts';
import { keyPlaces, type PolicyDocument } from '../../store/policy_document.ts';
import { requireScope } from '../access/authenticate.ts';
import { auditChange } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { query } from '../request/query.ts';
import { readPolicyDocument } from '../request/read_policy.ts';
import { listQuerySchema, timeoutQuerySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { editOf, idOf, pageOf, preconditionOf, showRevision } from './records.ts';

/** Keys that are looked up for warnings. Each takes two reads, and Workers KV allows a request a thousand. */
const MAX_LOOKED_UP = 256;

export function addPolicyRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  const { now } = service.verifier.ports;
  app.get('/v1/policies', guard, query(listQuerySchema), async (context) => {
    const { limit, cursor } = pageOf(context.req.valid('query'));
    const { records, cursor: next } = await policies.list(context.get('store'), limit, cursor);
    return context.json({
      policies: records.map(policyDocument),
      ...(next !== undefined && { cursor: next }),
    });
  });
  allowOnly(app, '/v1/policies', 'GET');
  app.get('/v1/policies/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const record = await policies.get(context.get('store'), id);
    if (record === undefined) throw noPolicy(id);
    return respondPolicy(context, record, await missingKeys(context, record), 200);
  });
  app.put('/v1/policies/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const document = await readPolicyDocument(context);
    const warnings = await missingKeys(context, document);
    const { record, isNew } = await putPolicy(context.get('store'), id, document, editOf(context, now()));
    auditChange(service, context, 'policy.put', id, record.revision);
    return respondPolicy(context, record, warnings, isNew ? 201 : 200);
  });
  app.delete('/v1/policies/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    await policies.remove(context.get('store'), id, preconditionOf(context));
    auditChange(service, context, 'policy.delete', id);
    return context.body(null, 204);
  });
  // A policy may have the id `test`, whose path is also that of trying one.
  allowOnly(app, '/v1/policies/test', 'GET', 'PUT', 'DELETE', 'POST');
  allowOnly(app, '/v1/policies/:id', 'GET', 'PUT', 'DELETE');
}

function respondPolicy(context: AppContext, record: PolicyRecord, warnings: string[], status: 200 | 201) {
  showRevision(context, record.revision, status === 201 ? `/v1/policies/${record.id}` : undefined);
  return context.json({ ...policyDocument(record), ...(warnings.length > 0 && { warnings }) }, status);
}

function policyDocument({ revision, ...shown }: PolicyRecord) {
  return { ...shown, version: revision };
}

/** Warns about keys that are not stored: a key may be stored after the policy that names it, but until then nothing is signed by it. */
async function missingKeys(context: AppContext, policy: PolicyDocument): Promise<string[]> {
  const store = context.get('store');
  const places = keyPlaces(policy);
  const ids = [...new Set(places.map(({ id }) => id))];
  const lookedUp = ids.slice(0, MAX_LOOKED_UP);
  const found = await Promise.all(lookedUp.map(async (id) => ({ id, key: await getKey(store, id) })));
  const missing = new Set(found.filter(({ key }) => key === undefined).map(({ id }) => id));
  const warnings = places
    .filter(({ id }) => missing.has(id))
    .map(({ place, id }) => `${place}: there is no key ${id}.`);
  const rest = ids.length - lookedUp.length;
  return rest === 0 ? warnings : [...warnings, `Keys that were not looked up: ${rest}.`];
}
