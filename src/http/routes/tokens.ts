// /v1/tokens: manages who may call. A token's secret is only in the response that created it.
import type { Hono } from 'hono';
import { noToken, putToken, type TokenRecord, tokens } from '../../store/tokens.ts';
import { requireScope } from '../access/authenticate.ts';
import { auditChange } from '../audit.ts';
import type { AppEnv, Service } from '../context.ts';
import { readJson } from '../request/body.ts';
import { query } from '../request/query.ts';
import { listQuerySchema, timeoutQuerySchema, tokenBodySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { editOf, idOf, pageOf, preconditionOf, showRevision } from './records.ts';

/** In bytes. */
const MAX_TOKEN_BYTES = 64 * 1024;

export function addTokenRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  const { now } = service.verifier.ports;
  app.get('/v1/tokens', guard, query(listQuerySchema), async (context) => {
    const { limit, cursor } = pageOf(context.req.valid('query'));
    const { records, cursor: next } = await tokens.list(context.get('store'), limit, cursor);
    return context.json({
      tokens: records.map((record) => tokenDocument(record, now())),
      ...(next !== undefined && { cursor: next }),
    });
  });
  allowOnly(app, '/v1/tokens', 'GET');
  app.get('/v1/tokens/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const record = await tokens.get(context.get('store'), id);
    if (record === undefined) throw noToken(id);
    showRevision(context, record.revision);
    return context.json(tokenDocument(record, now()));
  });
  app.put('/v1/tokens/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const terms = await readJson(context, tokenBodySchema, MAX_TOKEN_BYTES);
    const { record, secret } = await putToken(context.get('store'), id, terms, editOf(context, now()));
    auditChange(service, context, 'token.put', id, record.revision);
    const isNew = secret !== undefined;
    showRevision(context, record.revision, isNew ? `/v1/tokens/${id}` : undefined);
    context.header('Cache-Control', 'no-store, no-transform');
    return context.json({ ...tokenDocument(record, now()), ...(isNew && { secret }) }, isNew ? 201 : 200);
  });
  app.delete('/v1/tokens/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    await tokens.remove(context.get('store'), id, preconditionOf(context));
    auditChange(service, context, 'token.delete', id);
    return context.body(null, 204);
  });
  allowOnly(app, '/v1/tokens/:id', 'GET', 'PUT', 'DELETE');
}

function tokenDocument({ hash: _, revision: __, ...shown }: TokenRecord, now: number) {
  const isExpired = shown.expiresAt !== undefined && now >= Date.parse(shown.expiresAt);
  return { ...shown, state: isExpired ? 'expired' : 'active' };
}
