// /v1/logs: transparency logs and timestamp authorities trusted in addition to the built-in ones, which are listed with `builtIn`.
import type { Hono } from 'hono';
import { fromBase64 } from '../../core/encoding/bytes.ts';
import { encodePem } from '../../core/encoding/pem.ts';
import { CallerError } from '../../core/errors/caller_error.ts';
import { type LogContent, type LogRecord, logsIn } from '../../store/log_records.ts';
import { deleteLog, getLog, listLogRecords, putLog } from '../../store/logs.ts';
import { PUBLIC_AUTHORITIES } from '../../trust_roots/public_authorities.ts';
import { PUBLIC_LOGS } from '../../trust_roots/public_logs.ts';
import { requireScope } from '../access/authenticate.ts';
import { auditChange } from '../audit.ts';
import type { AppEnv, Service } from '../context.ts';
import { query } from '../request/query.ts';
import { readLogBody } from '../request/read_trusted_log.ts';
import { listQuerySchema, timeoutQuerySchema } from '../request/schemas.ts';
import { allowOnly } from './allow_only.ts';
import { editOf, idOf, pageOf, preconditionOf, showRevision } from './records.ts';

export function addLogRoutes(app: Hono<AppEnv>, service: Service): void {
  const guard = requireScope(service, 'admin');
  const { settings, ports } = service.verifier;
  const builtIn = (id: string) =>
    settings.publicLog ? builtInRecords().find((record) => record.id === id) : undefined;
  app.get('/v1/logs', guard, query(listQuerySchema), async (context) => {
    const { limit, cursor } = pageOf(context.req.valid('query'));
    const { records, cursor: next } = await listLogRecords(context.get('store'), limit, cursor);
    const alwaysThere = settings.publicLog && cursor === undefined ? builtInRecords() : [];
    return context.json({
      logs: [...alwaysThere, ...records.map(logDocument)],
      ...(next !== undefined && { cursor: next }),
    });
  });
  allowOnly(app, '/v1/logs', 'GET');
  app.get('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    const known = builtIn(id);
    if (known !== undefined) return context.json(known);
    const record = await getLog(context.get('store'), id);
    if (record === undefined) throw new CallerError('LOG_NOT_FOUND', `There is no log ${id}.`);
    showRevision(context, record.revision);
    return context.json(logDocument(record));
  });
  app.put('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    const content = await readLogBody(context);
    if (settings.publicLog && isBuiltIn(idOf(context), content)) throw builtInConflict();
    const { record, isNew } = await putLog(
      context.get('store'),
      idOf(context),
      content,
      editOf(context, ports.now()),
    );
    auditChange(service, context, 'log.put', record.id, record.revision);
    showRevision(context, record.revision, isNew ? `/v1/logs/${record.id}` : undefined);
    return context.json(logDocument(record), isNew ? 201 : 200);
  });
  app.delete('/v1/logs/:id', guard, query(timeoutQuerySchema), async (context) => {
    const id = idOf(context);
    await deleteLog(context.get('store'), id, preconditionOf(context)).catch((error) => {
      throw error.code === 'LOG_NOT_FOUND' && builtIn(id) !== undefined ? builtInConflict() : error;
    });
    auditChange(service, context, 'log.delete', id);
    return context.body(null, 204);
  });
  allowOnly(app, '/v1/logs/:id', 'GET', 'PUT', 'DELETE');
}

function builtInConflict(): CallerError {
  return new CallerError('CONFLICT', 'This log is built in; set PUBLIC_LOG=off to stop trusting it.');
}

function logDocument({ revision: _, ...shown }: LogRecord) {
  return { ...shown, builtIn: false };
}

/** Whether a log is built in. A trusted root may list built-in logs: there they change nothing, and they count if PUBLIC_LOG is off. */
function isBuiltIn(id: string, content: LogContent): boolean {
  const given = 'logs' in content ? [] : logsIn(content).map(({ publicKey }) => publicKey);
  return builtInRecords().some(
    (record) => record.id === id || ('publicKey' in record && given.includes(record.publicKey)),
  );
}

function builtInRecords() {
  return [...builtInLogs(), ...builtInAuthorities()];
}

function builtInAuthorities() {
  return PUBLIC_AUTHORITIES.map(({ url, chain, validFrom, validUntil }) => ({
    id: new URL(url).host,
    url,
    certificates: chain.map((der) => encodePem('CERTIFICATE', fromBase64(der, 'certificate'))),
    validFrom,
    ...(validUntil !== undefined && { validUntil }),
    builtIn: true,
  }));
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
