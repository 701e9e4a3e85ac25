// /v1/logs: transparency logs trusted beside the built-in ones, which are listed as such.
import type { Hono } from 'hono';
import type * as z from 'zod';
import { fromBase64 } from '../core/bytes.ts';
import { CallerError } from '../core/caller_error.ts';
import { encodePem } from '../core/pem.ts';
import { publicKeyPem } from '../core/public_key.ts';
import { deleteLog, getLog, type LogRecord, listLogs, putLog } from '../store/logs.ts';
import { assertWindow, etagOf } from '../store/records.ts';
import { PUBLIC_LOGS } from '../trust_roots/public_logs.ts';
import { requireScope } from './authenticate.ts';
import { readJson } from './body.ts';
import type { AppEnv, Service } from './context.ts';
import { query } from './query.ts';
import { publicKeyFromPem } from './question_from_request.ts';
import { idOf, preconditionOf } from './routes_keys.ts';
import { allowOnly } from './routing.ts';
import { listQuerySchema, logBodySchema, timeoutQuerySchema } from './schemas.ts';

const MAX_LOG_BYTES = 64 * 1024;
const DEFAULT_PAGE = 100;

export function addLogRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  const { settings, ports } = service.verifier;
  app.get('/v1/logs', guard, query(listQuerySchema), async (context) => {
    const { limit = DEFAULT_PAGE, cursor } = context.req.valid('query') as z.output<typeof listQuerySchema>;
    const { logs, cursor: next } = await listLogs(context.get('store'), limit, cursor);
    const builtIn = settings.publicLog && cursor === undefined ? builtInLogs() : [];
    return context.json({
      logs: [...builtIn, ...logs.map(logDocument)],
      ...(next !== undefined && { cursor: next }),
    });
  });
  allowOnly(app, '/v1/logs', 'GET');
  app.get('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const builtIn = settings.publicLog ? builtInLogs().find((log) => log.id === id) : undefined;
    if (builtIn !== undefined) return context.json(builtIn);
    const record = await getLog(context.get('store'), id);
    if (record === undefined) throw new CallerError('LOG_NOT_FOUND', `There is no log ${id}.`);
    context.header('ETag', etagOf(record.revision));
    return context.json(logDocument(record));
  });
  app.put('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    const { publicKey, ...terms } = await readJson(context, logBodySchema, MAX_LOG_BYTES);
    assertWindow(terms);
    const key = await publicKeyFromPem(publicKey);
    if (
      settings.publicLog &&
      builtInLogs().some(
        ({ id, publicKey: builtIn }) => id === idOf(context) || builtIn === publicKeyPem(key),
      )
    ) {
      throw new CallerError('CONFLICT', 'This log is built in; PUBLIC_LOG=off distrusts it.');
    }
    const { record, isNew } = await putLog(
      context.get('store'),
      idOf(context),
      key,
      terms,
      preconditionOf(context),
      ports.now(),
    );
    context.header('ETag', etagOf(record.revision));
    return context.json(logDocument(record), isNew ? 201 : 200);
  });
  app.delete('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    await deleteLog(context.get('store'), idOf(context), preconditionOf(context));
    return context.body(null, 204);
  });
  allowOnly(app, '/v1/logs/:id', 'GET', 'PUT', 'DELETE');
}

function logDocument({ revision: _, ...shown }: LogRecord) {
  return { ...shown, builtIn: false };
}

function builtInLogs() {
  return PUBLIC_LOGS.map(({ url, version, logId, spki, validFrom, validUntil }) => ({
    id: new URL(url).host,
    url,
    version,
    logId,
    publicKey: encodePem('PUBLIC KEY', fromBase64(spki, 'log key')),
    validFrom,
    ...(validUntil !== undefined && { validUntil }),
    builtIn: true,
  }));
}
