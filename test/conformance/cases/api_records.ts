// What the routes of the four kinds of records share: ids, the headers of a record, lists page by page, and who may use them.
import { makeLog } from '../../support/fake_log.ts';
import { makeKey } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { equal, match, ok } from '../support/assert.ts';
import { expectProblem, trustKey } from '../support/world.ts';
import { policyOf } from '../support/world_policies.ts';
import { type TestContext, test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

/** A new record of each kind, as it is sent. */
const KINDS: Record<string, () => Promise<object>> = {
  keys: async () => ({ publicKey: (await makeKey()).pem }),
  logs: async () => {
    const { url, signer } = await makeLog();
    return { url, publicKey: signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  },
  policies: async () => policyOf({ name: 'r', match: ['ghcr.io/acme/**'], require: { keys: ['a'] } }),
  tokens: async () => ({ scopes: ['verify'] }),
};

const start = (t: TestContext) => {
  const service = startService(t.worker);
  const put = (path: string, json: object) => service.call('PUT', path, { as: 'admin', json });
  const call = (method: string, path: string, options = {}) =>
    service.call(method, path, { as: 'admin', ...options });
  return { service, put, call };
};

test('a record of each kind has its ETag, and its address when it is new; a list has neither', async (t) => {
  const { service, put } = start(t);
  for (const [kind, make] of Object.entries(KINDS)) {
    const path = `/v1/${kind}/one`;
    const json = await make();
    const made = await put(path, json);
    const changed = await put(path, json);
    const shown = await service.get(path, ADMIN);
    equal([made.status, changed.status, shown.status], [201, 200, 200], kind);
    equal(
      [made, changed, shown].map(({ headers }) => headers.get('location')),
      [path, null, null],
      kind,
    );
    for (const { headers } of [made, changed, shown]) {
      match(headers.get('etag') ?? '', /^"[^"]+"$/);
      match(headers.get('cache-control') ?? '', /^no-(?:cache|store), no-transform$/);
      match(headers.get('content-type') ?? '', /^application\/json/);
    }
    equal(shown.headers.get('etag'), changed.headers.get('etag'), kind);
    const list = await service.get(`/v1/${kind}`, ADMIN);
    equal(
      ['etag', 'location', 'cache-control'].map((name) => list.headers.get(name)),
      [null, null, 'no-store'],
      kind,
    );
    const [line] = t
      .logged()
      .filter(({ action, id }) => action?.endsWith('.put') && id === 'one')
      .slice(-2);
    match(line.action, /^(?:key|log|policy|token)\.put$/);
    equal(made.headers.get('etag'), `"${line.revision}"`, `${kind}: the revision in the log`);
  }
});

test('lists of each kind go on where the page before ended, and what is built in is on the first page', async (t) => {
  const { service, put } = start(t);
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const id of ['a', 'b', 'c']) equal((await put(`/v1/${kind}/${id}`, await make())).status, 201);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { json } = await service.get(`/v1/${kind}?limit=2${more}`, ADMIN);
      pages.push(json[kind].filter(isStored).map(({ id }: { id: string }) => id));
      equal(
        json[kind].some((one: object) => !isStored(one)),
        kind === 'logs' && cursor === undefined,
        kind,
      );
      cursor = json.cursor;
    } while (cursor !== undefined);
    equal(pages, [['a', 'b'], ['c']], kind);
  }
});

const isStored = (record: { builtIn?: boolean }) => record.builtIn !== true;

test('what is built in is listed as it would be stored', async (t) => {
  const { service } = start(t);
  const { logs } = (await service.get('/v1/logs', ADMIN)).json;
  for (const one of logs) {
    const { id, url, validFrom, publicKey, logId, certificates, builtIn } = one;
    equal([builtIn, id], [true, new URL(url).host]);
    match(validFrom, /^\d{4}-\d\d-\d\dT/);
    if (publicKey === undefined)
      for (const certificate of certificates) match(certificate, /^-----BEGIN CERTIFICATE-----\n/);
    else {
      match(publicKey, /^-----BEGIN PUBLIC KEY-----\n/);
      match(logId, /^[0-9a-f]{64}$/);
    }
    equal((await service.get(`/v1/logs/${id}`, ADMIN)).json, one);
  }
});

test('A106 an invalid id is 400, and reaches no other name in the store', async (t) => {
  const { call, service } = start(t);
  const { pem } = await makeKey();
  await trustKey(service, 'release', await makeKey());
  const stored = [...service.kv.stored.keys()].sort();
  for (const id of [
    'UPPER',
    '-a',
    '.a',
    '_a',
    '__proto__',
    'a:b',
    'a b',
    'a'.repeat(64),
    'a'.repeat(513),
    'ä',
    'a,b',
    'a;b',
  ]) {
    const path = `/v1/keys/${encodeURIComponent(id)}`;
    for (const answer of [
      await call('PUT', path, { body: pem }),
      await call('GET', path),
      await call('DELETE', path),
      await call('POST', `${path}/revoke`, { json: { reason: 'x' } }),
    ]) {
      expectProblem(answer, 400, 'BAD_REQUEST', id);
    }
  }
  for (const path of ['/v1/keys/a/b', '/v1/keys/a/b/revoke'])
    equal((await call('GET', path)).status, 404, path);
  for (const path of ['/v1/keys/..%2flogs%2fx', '/v1/keys/a%00b', '/v1/keys/..%5cx', '/v1/keys/%2e%2e'])
    ok([400, 404].includes((await call('GET', path)).status), path);
  equal([...service.kv.stored.keys()].sort(), stored);
  for (const id of [
    'constructor',
    'prototype',
    'tostring',
    'hasownproperty',
    'a',
    '0',
    'a.b_c-d',
    'a'.repeat(63),
  ]) {
    expectProblem(await call('GET', `/v1/keys/${id}`), 404, 'KEY_NOT_FOUND', id);
  }
});

test('A108 GET keys pages with limit and cursor and lists each key once; an invalid limit is 400', async (t) => {
  const { call, service } = start(t);
  const ids = Array.from({ length: 7 }, (_, i) => `key-${i}`);
  for (const id of ids) await trustKey(service, id, await makeKey());
  equal(
    (await call('GET', '/v1/keys')).json.keys.map(({ id }: { id: string }) => id),
    ids,
  );
  const seen: string[] = [];
  let query = 'limit=3';
  for (let page = 0; page < 3; page++) {
    const { json } = await call('GET', `/v1/keys?${query}`);
    seen.push(...json.keys.map(({ id }: { id: string }) => id));
    if (page < 2) ok(json.cursor, 'there is more');
    else equal(json.cursor, undefined, 'the end');
    query = `limit=3&cursor=${encodeURIComponent(json.cursor)}`;
  }
  equal(seen, ids);
  for (const limit of ['0', '-1', '1000000000', 'x', '1.5', '1e3', '', '0x10', '101']) {
    expectProblem(await call('GET', `/v1/keys?limit=${limit}`), 400, 'BAD_REQUEST', limit);
  }
  expectProblem(await call('GET', '/v1/keys?page=1'), 400, 'BAD_REQUEST');
});

test('a cursor of another list, or of none, is 400; that of the list goes on where its page ended', async (t) => {
  const { call, service } = start(t);
  for (const id of ['a', 'b', 'c']) {
    await trustKey(service, id, await makeKey());
    const policy = { rules: [{ name: id, match: ['**'], unsafeAllowUnsigned: 'test' }] };
    equal((await call('PUT', `/v1/policies/${id}`, { json: policy })).status, 201);
  }
  const keys = (await call('GET', '/v1/keys?limit=2')).json;
  const policies = (await call('GET', '/v1/policies?limit=2')).json;
  const next = (cursor: string) => call('GET', `/v1/keys?limit=2&cursor=${encodeURIComponent(cursor)}`);
  equal(
    (await next(keys.cursor)).json.keys.map(({ id }: { id: string }) => id),
    ['c'],
  );
  for (const cursor of [policies.cursor, keys.cursor.slice(1), 'key/', 'x', ''])
    expectProblem(await next(cursor), 400, 'BAD_REQUEST', cursor);
});

test('keys and logs cannot be read or changed without the administrator’s token', async (t) => {
  const { service } = start(t);
  const { pem } = await makeKey();
  const paths: [string, string][] = [
    ['GET', '/v1/keys'],
    ['GET', '/v1/keys/a'],
    ['PUT', '/v1/keys/a'],
    ['DELETE', '/v1/keys/a'],
    ['POST', '/v1/keys/a/revoke'],
    ['GET', '/v1/logs'],
    ['GET', '/v1/logs/a'],
    ['PUT', '/v1/logs/a'],
    ['DELETE', '/v1/logs/a'],
  ];
  for (const [method, path] of paths) {
    const answer = await service.call(method, path, method === 'PUT' ? { body: pem } : {});
    expectProblem(answer, 401, 'UNAUTHENTICATED', `${method} ${path}`);
    match(answer.headers.get('www-authenticate'), /^Bearer /);
  }
  equal([service.kv.reads, service.kv.writes], [[], []], 'the store was not touched');
});
