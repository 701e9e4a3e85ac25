// The application: Hono, and nothing of a runtime. Everything it needs from outside is in the service it is given.
import { Hono } from 'hono';
import { CallerError } from './core/caller_error.ts';
import type { AppEnv, Service } from './http/context.ts';
import { publicRead } from './http/cross_origin.ts';
import { answerError } from './http/problem.ts';
import { finishAnswer, identify, provideStore } from './http/request_scope.ts';
import { addInspectRoutes } from './http/routes_inspect.ts';
import { addKeyRoutes } from './http/routes_keys.ts';
import { addLogRoutes } from './http/routes_logs.ts';
import { addHealthRoute, addServiceRoutes } from './http/routes_service.ts';
import { addVerifyRoutes } from './http/routes_verify.ts';
import { storeDeadline } from './http/store_deadline.ts';

/** Reads that need no token: any page may make them, and none sends credentials along. */
const PUBLIC_PATHS = ['/', '/healthz', '/readyz', '/openapi.json'];
const OPEN_PATHS = ['/v1/verify/*'];
/** Routes that wait for the store alone; the others have a deadline over everything. A `/*` takes in the path before it. */
const STORE_PATHS = ['/readyz', '/v1/keys/*', '/v1/logs/*'];

export function createApp(service: Service): Hono<AppEnv> {
  const app = createFrame(service.verifier.ports.now, service.log);
  app.use(provideStore(service));
  for (const path of STORE_PATHS) app.use(path, storeDeadline(service));
  for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])
    app.use(path, publicRead());
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
  return app;
}

/** The application of a service that cannot be configured: it says why on every path but /healthz, which depends on nothing. */
export function createUnconfiguredApp(
  error: CallerError,
  now: () => number,
  log: Service['log'],
): Hono<AppEnv> {
  const app = createFrame(now, log);
  addHealthRoute(app);
  app.notFound((context) => answerError(error, context, log));
  return app;
}

/** What every answer goes through, errors included. */
function createFrame(now: () => number, log: Service['log']): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (context, next) => {
    await next();
    finishAnswer(context);
  });
  app.use(identify(now));
  app.onError((error, context) => answerError(error, context, log));
  return app;
}
