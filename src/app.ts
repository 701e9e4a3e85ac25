// The application: Hono, independent of any runtime. Everything it needs from outside is in the `Service` it receives.
import { Hono } from 'hono';
import { CallerError } from './core/errors/caller_error.ts';
import { publicRead } from './http/access/cross_origin.ts';
import { answerDistributionError, isDistributionPath } from './http/answer/distribution_error.ts';
import { answerError } from './http/answer/problem.ts';
import { doorOf } from './http/audit.ts';
import type { AppContext, AppEnv, Service } from './http/context.ts';
import type { Metrics } from './http/metrics.ts';
import { finishAnswer, identify, provideStore } from './http/request_scope.ts';
import { addAdmissionRoutes } from './http/routes/admission.ts';
import { addBatchRoute } from './http/routes/batch.ts';
import { addDownloadRoutes } from './http/routes/download.ts';
import { addGateRoutes } from './http/routes/gate.ts';
import { addGatekeeperRoute } from './http/routes/gatekeeper.ts';
import { addInspectRoutes } from './http/routes/inspect.ts';
import { addKeyRoutes } from './http/routes/keys.ts';
import { addLogRoutes } from './http/routes/logs.ts';
import { addMetricsRoute } from './http/routes/metrics.ts';
import { addPolicyRoutes } from './http/routes/policies.ts';
import { addPolicyTestRoute } from './http/routes/policy_test.ts';
import { addHealthRoute, addServiceRoutes } from './http/routes/service.ts';
import { addTokenRoutes } from './http/routes/tokens.ts';
import { addVerifyRoutes } from './http/routes/verify.ts';
import { storeDeadline } from './http/store_deadline.ts';

/** Reads that need no token: any page may make them, without credentials. */
const PUBLIC_PATHS = ['/', '/healthz', '/readyz', '/openapi.json'];
const OPEN_PATHS = ['/v1/verify/*'];
/**
 * Routes that wait only for the store, besides `/v1/policies/test`. The others run under one deadline once the caller is known. `/*` also
 * matches the path above it.
 */
const STORE_PATHS = ['/readyz', '/v1/keys/*', '/v1/logs/*', '/v1/policies/*', '/v1/tokens/*'];

export function createApp(service: Service): Hono<AppEnv> {
  const app = createFrame(service.log, service.metrics);
  app.use(provideStore(service));
  for (const path of STORE_PATHS) app.use(path, storeDeadline(service));
  for (const path of [...PUBLIC_PATHS, ...(service.access === 'open' ? OPEN_PATHS : [])])
    app.use(path, publicRead());
  addServiceRoutes(app);
  addBatchRoute(app, service);
  addVerifyRoutes(app, service);
  addInspectRoutes(app, service);
  addAdmissionRoutes(app, service);
  addGatekeeperRoute(app, service);
  addKeyRoutes(app, service);
  addPolicyTestRoute(app, service);
  addPolicyRoutes(app, service);
  addTokenRoutes(app, service);
  addLogRoutes(app, service);
  addMetricsRoute(app, service);
  addGateRoutes(app, service);
  addDownloadRoutes(app, service);
  app.notFound((context) =>
    answerError(
      new CallerError('NOT_FOUND', 'There is nothing at this path. GET / lists the API.'),
      context,
      service.log,
    ),
  );
  return app;
}

/** The application of a misconfigured service: it reports the error on every path but /healthz, which depends on nothing. */
export function createUnconfiguredApp(error: CallerError, log: Service['log']): Hono<AppEnv> {
  const app = createFrame(log);
  addHealthRoute(app);
  app.notFound((context) => answerByPath(error, context, log));
  return app;
}

/** The middleware that every answer passes through, errors included. */
function createFrame(log: Service['log'], metrics?: Metrics): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(async (context, next) => {
    await next();
    await finishAnswer(context);
    const { startedAt, trace } = context.var;
    const took = performance.now() - startedAt;
    metrics?.answered(doorOf(context.req.path), context.res.status, took, trace.totals());
  });
  app.use(identify);
  app.onError((error, context) => answerByPath(error, context, log));
  return app;
}

/** Answers an error in the form that the path's clients expect. */
function answerByPath(error: unknown, context: AppContext, log: Service['log']): Response {
  const answer = isDistributionPath(context.req.path) ? answerDistributionError : answerError;
  return answer(error, context, log);
}
