// Routes about the service itself: health, readiness, the OpenAPI document, and usage for people.
import type { Hono } from 'hono';
import type { AppEnv } from '../context.ts';
import { openApiDocument } from '../openapi/document.ts';
import { NAME, VERSION } from '../version.ts';
import { allowOnly } from './allow_only.ts';
import { usage } from './usage.ts';

export function addServiceRoutes(app: Hono<AppEnv>): void {
  app.get('/', (context) => context.text(usage(new URL(context.req.url).origin)));
  allowOnly(app, '/', 'GET');
  addHealthRoute(app);
  app.get('/readyz', async (context) => {
    await context.get('store').get('ready');
    return context.json({ status: 'ready', name: NAME, version: VERSION });
  });
  allowOnly(app, '/readyz', 'GET');
  app.get('/openapi.json', (context) => {
    context.header('Cache-Control', 'public, max-age=300');
    return context.json(openApiDocument());
  });
  allowOnly(app, '/openapi.json', 'GET');
}

/** Depends on nothing, not even the store. */
export function addHealthRoute(app: Hono<AppEnv>): void {
  app.get('/healthz', (context) => context.json({ status: 'ok', name: NAME, version: VERSION }));
  allowOnly(app, '/healthz', 'GET');
}
