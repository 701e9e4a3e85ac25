// The application: Hono, and nothing of a runtime. Everything it needs from outside is in the service it is given.
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { CallerError } from './core/caller_error.ts';
import type { AppEnv, Service } from './http/context.ts';
import { answerError } from './http/problem.ts';
import { finishAnswer, requestScope } from './http/request_scope.ts';
import { addInspectRoutes } from './http/routes_inspect.ts';
import { addKeyRoutes } from './http/routes_keys.ts';
import { addLogRoutes } from './http/routes_logs.ts';
import { addServiceRoutes } from './http/routes_service.ts';
import { addVerifyRoutes } from './http/routes_verify.ts';

/** Reads that need no token: any page may make them, and none sends credentials along. */
const PUBLIC_PATHS = ['/', '/healthz', '/readyz', '/openapi.json'];
const OPEN_PATHS = ['/v1/verify/*'];
const EXPOSED = ['Countersign-Verdict', 'X-Request-Id', 'Server-Timing', 'Retry-After'];

export function createApp(service: Service): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const publicRead = cors({
    origin: '*',
    allowMethods: ['GET', 'HEAD'],
    allowHeaders: ['Accept', 'X-Request-Id'],
    exposeHeaders: EXPOSED,
  });
  app.use(async (context, next) => {
    await next();
    finishAnswer(context);
  });
  app.use(requestScope(service));
  for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])
    app.use(path, publicRead);
  addServiceRoutes(app);
  addVerifyRoutes(app, service);
  addInspectRoutes(app, service);
  addKeyRoutes(app, service);
  addLogRoutes(app, service);
  app.notFound((context) =>
    answerError(
      new CallerError('NOT_FOUND', 'There is nothing at this path; GET / lists what there is.'),
      context,
      service.log,
    ),
  );
  app.onError((error, context) => answerError(error, context, service.log));
  return app;
}
