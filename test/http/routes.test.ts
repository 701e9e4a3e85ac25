// The routes of the application: each is in /openapi.json, and each that is not open requires a credential.
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { createService } from '../../src/service.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';

const OPEN = ['/', '/healthz', '/readyz', '/openapi.json'];

function makeApp() {
  return createApp(
    createService({
      settings: { ADMIN_TOKEN: 'administrator' },
      fetch: () => Promise.reject(new Error('nothing is fetched')),
      store: createMemoryStore(),
      now: () => Date.now(),
      background: 0,
      log: () => undefined,
    }),
  );
}

/** Hono's routes without middleware, as `METHOD /path/{parameter}`; a wildcard is written as {reference}. */
function ownRoutes(): string[] {
  const routes = makeApp()
    .routes.filter(({ method, path }) => method !== 'ALL' && path !== '/*')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{reference}')}`);
  return [...new Set(routes)].sort();
}

it('/openapi.json describes every route and no other', () => {
  const { paths } = openApiDocument() as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => method !== 'parameters')
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  // The routes of the distribution API are described by its own specification.
  const own = ownRoutes().filter((route) => !/ \/v2(?:\/|$)/.test(route));
  expect(own).toEqual(described.sort());
});

it('every route that is not open answers 401 without a credential and with a bad one', async () => {
  const app = makeApp();
  const guarded = ownRoutes().filter((route) => !OPEN.includes(route.split(' ')[1] ?? ''));
  expect(guarded.length).toBeGreaterThan(25);
  for (const route of guarded) {
    const [method = '', path = ''] = route.split(' ');
    const url = `https://countersign.example${path.replace(/\{\w+\}/g, 'x')}`;
    const body = method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } };
    for (const authorization of [undefined, 'Bearer x', 'Basic eDp5', 'Bearer administrator2']) {
      const headers = { ...body.headers, ...(authorization !== undefined && { authorization }) };
      const { status } = await app.fetch(new Request(url, { method, ...body, headers }));
      expect(`${route} ${status}`).toBe(`${route} 401`);
    }
  }
});
