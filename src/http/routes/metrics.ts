// /metrics: this process's counters as Prometheus text. On Workers, where processes are many, bind Analytics Engine instead.
import type { Hono } from 'hono';
import { requireScope } from '../access/authenticate.ts';
import type { AppEnv, Service } from '../context.ts';
import { allowOnly } from './allow_only.ts';

export function addMetricsRoute(app: Hono<AppEnv>, service: Service): void {
  app.get('/metrics', requireScope(service, 'admin'), (context) =>
    context.body(service.metrics.render(), 200, {
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );
  allowOnly(app, '/metrics', 'GET');
}
