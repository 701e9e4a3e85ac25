// /v1/keys: stores, shows, lists, revokes and deletes trusted keys.
import type { Hono } from 'hono';
import { fromUtf8 } from '../../core/encoding/bytes.ts';
import { holdsPrivateKey, MAX_PEM_LENGTH } from '../../core/encoding/pem.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { type KeyRecord, type KeyTerms, keyState } from '../../store/key_records.ts';
import { deleteKey, getKey, listKeys, putKey } from '../../store/keys.ts';
import { assertWindow } from '../../store/records.ts';
import { revokeKey } from '../../store/revocation.ts';
import { requireScope } from '../access/authenticate.ts';
import { auditChange } from '../audit.ts';
import type { AppContext, AppEnv, Service } from '../context.ts';
import { mediaType, readBody, readJson } from '../request/body.ts';
import { parsed } from '../request/parsed.ts';
import { prefers } from '../request/prefers.ts';
import { query } from '../request/query.ts';
import { publicKeyFromPem } from '../request/read_public_key.ts';
import { keyBodySchema, listQuerySchema, revokeBodySchema, timeoutQuerySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { editOf, idOf, pageOf, preconditionOf, showRevision } from './records.ts';

/** In bytes: a PEM of 16 KiB inside JSON, with its terms. */
const MAX_KEY_BYTES = 64 * 1024;
const PEM_TYPE = 'application/x-pem-file';
const PEM_TYPES = new Set([undefined, 'text/plain', PEM_TYPE, 'application/octet-stream']);

export function addKeyRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  const { now } = service.verifier.ports;
  app.get('/v1/keys', guard, query(listQuerySchema), async (context) => {
    const { limit, cursor } = pageOf(context.req.valid('query'));
    const { keys, cursor: next } = await listKeys(context.get('store'), limit, cursor);
    return context.json({
      keys: keys.map((record) => keyDocument(record, now())),
      ...(next !== undefined && { cursor: next }),
    });
  });
  allowOnly(app, '/v1/keys', 'GET');
  app.get('/v1/keys/:id', guard, query(timeoutQuerySchema), async (context) =>
    showKey(context, await existingKey(context), now()),
  );
  app.put('/v1/keys/:id', guard, query(timeoutQuerySchema), async (context) => {
    const { pem, terms } = await readKeyBody(context);
    const key = await publicKeyFromPem(pem);
    const { record, isNew } = await putKey(
      context.get('store'),
      idOf(context),
      key,
      terms,
      editOf(context, now()),
    );
    auditChange(service, context, 'key.put', record.id, record.revision);
    return respondKey(context, record, now(), isNew ? 201 : 200);
  });
  app.delete('/v1/keys/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    await deleteKey(context.get('store'), id, { precondition: preconditionOf(context), now: now() });
    auditChange(service, context, 'key.delete', id);
    return context.body(null, 204);
  });
  allowOnly(app, '/v1/keys/:id', 'GET', 'PUT', 'DELETE');
  app.post('/v1/keys/:id/revoke', guard, query(timeoutQuerySchema), async (context) => {
    const revocation = await readJson(context, revokeBodySchema, MAX_KEY_BYTES);
    const record = await revokeKey(context.get('store'), idOf(context), revocation, editOf(context, now()));
    auditChange(service, context, 'key.revoke', record.id, record.revision);
    return respondKey(context, record, now(), 200);
  });
  allowOnly(app, '/v1/keys/:id/revoke', 'POST');
}

/** Reads a PEM as the body (`curl -T cosign.pub`), or JSON with terms. */
async function readKeyBody(context: AppContext): Promise<{ pem: string; terms: KeyTerms | 'keep' }> {
  const type = mediaType(context);
  if (type === 'application/json') {
    const { publicKey: pem, ...terms } = await readJson(context, keyBodySchema, MAX_KEY_BYTES);
    assertWindow(terms);
    return { pem, terms };
  }
  if (!PEM_TYPES.has(type)) {
    throw new CallerError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the PEM as the body (curl -T cosign.pub), or JSON as application/json.',
    );
  }
  const bytes = await readBody(context, MAX_PEM_LENGTH);
  const pem = parsed('BAD_KEY', () => fromUtf8(bytes, 'public key'));
  if (/^\s*\{/.test(pem) && !holdsPrivateKey(pem))
    throw new CallerError(
      'BAD_KEY',
      'This is JSON: send it as Content-Type: application/json (curl --json does).',
    );
  return { pem, terms: 'keep' };
}

async function existingKey(context: AppContext): Promise<KeyRecord> {
  const id = idOf(context);
  const record = await getKey(context.get('store'), id);
  if (record === undefined) throw new CallerError('KEY_NOT_FOUND', `There is no key ${id}.`);
  return record;
}

function showKey(context: AppContext, record: KeyRecord, now: number): Response {
  if (!prefers(context, PEM_TYPE)) return respondKey(context, record, now, 200);
  context.header('Cache-Control', 'no-cache');
  context.header('Vary', 'Accept');
  return context.body(record.publicKey, 200, { 'Content-Type': PEM_TYPE });
}

function respondKey(context: AppContext, record: KeyRecord, now: number, status: 200 | 201): Response {
  showRevision(context, record.revision, status === 201 ? `/v1/keys/${record.id}` : undefined);
  context.header('Vary', 'Accept');
  return context.json(keyDocument(record, now), status);
}

function keyDocument(record: KeyRecord, now: number) {
  const { revision: _, ...shown } = record;
  return { ...shown, state: keyState(record, now) };
}
