// /v1/tokens: what a token may do, for which names and until when; and what every route does with an invalid token.
import { base64 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import { ADMIN_TOKEN, type Service, startService } from '../../support/service.ts';
import { equal, excludes, match, notEqual, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld, type World } from '../support/world.ts';
import { test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

async function makeToken(service: Service, id: string, terms: object): Promise<string> {
  const answer = await service.call('PUT', `/v1/tokens/${id}`, { as: 'admin', json: terms });
  equal(answer.status, 201, answer.text);
  match(answer.json.secret, new RegExp(`^cs_${id}_[0-9a-f]{64}$`));
  return `Bearer ${answer.json.secret}`;
}

test('PUT token shows the secret once, and its hash never', async (t) => {
  const service = startService(t.worker);
  const terms = {
    scopes: ['verify', 'inspect'],
    names: ['ghcr.io/acme/**'],
    expiresAt: '2999-01-01T00:00:00Z',
    description: 'ci',
  };
  const made = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: terms });
  equal(
    [made.status, made.headers.get('location'), made.headers.get('cache-control')],
    [201, '/v1/tokens/ci', 'no-store, no-transform'],
  );
  const { secret, createdAt: _, updatedAt: __, createdBy, updatedBy, ...rest } = made.json;
  equal(rest, { id: 'ci', ...terms, state: 'active' });
  equal([createdBy, updatedBy], ['ADMIN_TOKEN', 'ADMIN_TOKEN']);
  const shown = await service.get('/v1/tokens/ci', ADMIN);
  const listed = await service.get('/v1/tokens', ADMIN);
  const stored = service.kv.stored.get('token/ci')?.value ?? '';
  for (const text of [shown.text, listed.text, stored])
    excludes(text, secret.slice('cs_ci_'.length), 'the secret');
  const { hash } = JSON.parse(stored);
  for (const { text } of [made, shown, listed]) excludes(text, hash, 'the hash');
  equal(
    listed.json.tokens.map(({ id }: { id: string }) => id),
    ['ci'],
  );
  const changed = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: { scopes: ['verify'] } });
  equal([changed.status, changed.json.secret, changed.json.scopes], [200, undefined, ['verify']]);
  equal(JSON.parse(service.kv.stored.get('token/ci')?.value ?? '').hash, hash, 'the secret is unchanged');
  expectProblem(
    await service.call('PUT', '/v1/tokens/ci', {
      as: 'admin',
      json: terms,
      headers: { 'if-none-match': '*' },
    }),
    412,
    'PRECONDITION_FAILED',
  );
  equal((await service.call('DELETE', '/v1/tokens/ci', ADMIN)).status, 204);
  expectProblem(await service.get('/v1/tokens/ci', ADMIN), 404, 'TOKEN_NOT_FOUND');
  expectProblem(await service.call('DELETE', '/v1/tokens/ci', ADMIN), 404, 'TOKEN_NOT_FOUND');
  const again = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: terms });
  notEqual(again.json.secret, secret);
});

test('A101 PUT token: an invalid body is 400, and the message names the place', async (t) => {
  const service = startService(t.worker);
  const broken: [string, object][] = [
    ['scopes', {}],
    ['scopes', { scopes: [] }],
    ['scopes.0', { scopes: ['root'] }],
    ['scopes', { scopes: ['verify', 'verify'] }],
    ['names', { scopes: ['verify'], names: [] }],
    ['names.0', { scopes: ['verify'], names: ['nginx'] }],
    ['expiresAt', { scopes: ['verify'], expiresAt: '9' }],
    ['expiresAt', { scopes: ['verify'], expiresAt: 9 }],
    ['expiresAt', { scopes: ['verify'], expiresAt: null }],
    ['expiresAt', { scopes: ['verify'], expiresAt: 'never' }],
    ['', { scopes: ['verify'], secret: 'mine' }],
    ['', { scopes: ['verify'], hash: '00' }],
  ];
  for (const [place, json] of broken) {
    const answer = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json });
    expectProblem(answer, 400, 'BAD_REQUEST', JSON.stringify(json));
    ok(place === '' || answer.json.detail.startsWith(`${place}: `), answer.json.detail);
  }
  equal(service.kv.stored.size, 0);
});

test('token scopes: each scope opens its own routes and nothing else', async (t) => {
  const world = await makeWorld(t, { vars: { ACCESS: 'token' } });
  const { service, name } = world;
  const doors: [scope: string, call: (as: string) => ReturnType<Service['call']>][] = [
    ['verify', (as) => world.verify(undefined, undefined, { as })],
    ['inspect', (as) => service.get(`/v1/inspect/${name}:1`, { as })],
    ['admin', (as) => service.get('/v1/keys', { as })],
  ];
  for (const scope of ['verify', 'inspect', 'pull', 'admin']) {
    const as = await makeToken(service, scope, { scopes: [scope] });
    for (const [needed, call] of doors) {
      const answer = await call(as);
      if (needed === scope) equal(answer.status, 200, `${scope}: ${answer.text}`);
      else expectProblem(answer, 403, 'FORBIDDEN', `${scope} at ${needed}`);
    }
    equal((await service.get('/v2/', { as })).status === 200, scope === 'pull', `${scope} at the gate`);
  }
});

test('token names limit what may be verified and inspected, and where signatures may be searched', async (t) => {
  const world = await makeWorld(t);
  const { service, name, registry, image } = world;
  const as = await makeToken(service, 'team', {
    scopes: ['verify', 'inspect'],
    names: [`${registry.host}/app`],
  });
  expectVerdict(await world.verify(undefined, undefined, { as }), 200, 'VERIFIED');
  equal((await service.get(`/v1/inspect/${name}:1`, { as })).status, 200);
  const before = world.upstream.sent.length;
  for (const other of [`${registry.host}/other`, `${registry.host}/app/x`, 'busybox']) {
    expectProblem(await world.verify(other, undefined, { as }), 403, 'FORBIDDEN', other);
    expectProblem(await service.get(`/v1/inspect/${other}`, { as }), 403, 'FORBIDDEN', other);
    const json = { image: other, keys: ['release'] };
    expectProblem(await service.call('POST', '/v1/verify', { as, json }), 403, 'FORBIDDEN', other);
  }
  const elsewhere = await world.verify(undefined, `key=release&signatures=${registry.host}/other`, { as });
  expectProblem(elsewhere, 403, 'FORBIDDEN');
  const inspected = await service.get(`/v1/inspect/${name}:1?signatures=${registry.host}/other`, { as });
  expectProblem(inspected, 403, 'FORBIDDEN');
  const pulling = await makeToken(service, 'puller', { scopes: ['pull'], names: [`${registry.host}/app`] });
  const file = await service.get(
    '/v1/download?url=https%3A%2F%2Ffiles.example%2Fa&bundle=https%3A%2F%2Ffiles.example%2Fb&key=release',
    {
      as: pulling,
    },
  );
  expectProblem(file, 403, 'FORBIDDEN', 'a file has no name that could be allowed');
  const held = {
    payload: base64(world.layer.payload),
    signature: world.layer.signature,
    bundle: world.layer.bundle,
  };
  const offline = (query: string) =>
    service.call('POST', `/v1/verify/${image.digest}?key=release${query}`, { as, json: held });
  expectProblem(await offline(''), 403, 'FORBIDDEN');
  expectProblem(await offline('&reference=ghcr.io/acme/app'), 403, 'FORBIDDEN');
  expectVerdict(await offline(`&reference=${registry.host}/app`), 200, 'VERIFIED');
  equal(world.upstream.sent.length, before, 'nothing was fetched for what is not allowed');
});

test('A101 a token stops working when it expires and when it is deleted', async (t) => {
  const clock = movableClock(t.after);
  const world = await makeWorld(t);
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const as = await makeToken(world.service, 'short', { scopes: ['verify'], expiresAt });
  const forever = await makeToken(world.service, 'long', { scopes: ['verify'] });
  const verify = (token: string) => world.verify(undefined, undefined, { as: token });
  expectVerdict(await verify(as), 200, 'VERIFIED');
  clock.advance(60_000);
  expectProblem(await verify(as), 401, 'UNAUTHENTICATED', 'exactly at its expiry');
  equal((await world.service.get('/v1/tokens/short', ADMIN)).json.state, 'expired');
  expectVerdict(await verify(forever), 200, 'VERIFIED');
  await world.service.call('DELETE', '/v1/tokens/long', ADMIN);
  expectProblem(await verify(forever), 401, 'UNAUTHENTICATED');
});

test('A105 a storage failure during authentication is 503, and authentication reads the store once', async (t) => {
  const world = await makeWorld(t);
  const { kv } = world.service;
  const as = await makeToken(world.service, 'ci', { scopes: ['admin'] });
  kv.reads.length = 0;
  equal((await world.service.get('/v1/keys/absent', { as })).status, 404);
  equal(
    kv.reads.filter((name) => name.startsWith('token/')),
    ['token/ci'],
  );
  kv.before = (_, name) => {
    if (name.startsWith('token/')) throw new Error('KV is down');
  };
  const down = await world.service.get('/v1/keys', { as });
  expectProblem(down, 503, 'STORE_UNAVAILABLE');
  delete kv.before;
  kv.reads.length = 0;
  expectProblem(await world.service.get('/v1/keys', { as: 'Bearer cs_ci_short' }), 401, 'UNAUTHENTICATED');
  equal(kv.reads, [], 'text without the syntax of a token is not looked up');
});

const SCOPE_OF: Record<string, string> = { inspect: 'inspect', download: 'pull' };

/** Each route of the application, taken from /openapi.json, with a concrete path. */
async function routes(world: World): Promise<{ method: string; path: string; scope: string }[]> {
  const { json: document } = await world.service.get('/openapi.json');
  const open = ['/', '/healthz', '/readyz', '/openapi.json'];
  const found = [];
  for (const [path, operations] of Object.entries<Record<string, { security?: object[] }>>(document.paths)) {
    for (const [method, { security }] of Object.entries(operations)) {
      if (method === 'parameters' || open.includes(path)) continue;
      const scope = security?.length === 2 ? 'verify' : (SCOPE_OF[path.split('/')[2] ?? ''] ?? 'admin');
      const real = path
        .replace('{reference}', method === 'post' ? world.image.digest : `${world.name}:1`)
        .replace(/\{(id|policy)\}/, 'release');
      found.push({ method: method.toUpperCase(), path: real, scope });
    }
  }
  return found;
}

test('every guarded route refuses a token that is missing, malformed, expired, deleted or of another scope', async (t) => {
  const clock = movableClock(t.after);
  const world = await makeWorld(t, { vars: { ACCESS: 'token' } });
  const { service } = world;
  const all = await routes(world);
  ok(all.length >= 27, `${all.length} routes`);
  const expired = await makeToken(service, 'expired', {
    scopes: ['verify', 'inspect', 'pull', 'admin'],
    expiresAt: new Date(Date.now() + 1000).toISOString(),
  });
  const forgotten = await makeToken(service, 'forgotten', { scopes: ['verify', 'inspect', 'pull', 'admin'] });
  await service.call('DELETE', '/v1/tokens/forgotten', ADMIN);
  const good = await makeToken(service, 'good', { scopes: ['verify', 'inspect', 'pull', 'admin'] });
  const only: Record<string, string> = {};
  for (const scope of ['verify', 'inspect', 'pull', 'admin'])
    only[scope] = await makeToken(service, `only-${scope}`, { scopes: [scope] });
  clock.advance(2000);
  const secret = good.slice('Bearer cs_good_'.length);
  const bad: (string | undefined)[] = [
    undefined,
    '',
    'Bearer',
    expired,
    forgotten,
    `Bearer cs_good_${'0'.repeat(64)}`,
    `Bearer cs_good_${secret.toUpperCase()}`,
    `Bearer cs_only-verify_${secret}`,
    `Bearer cs_good_${secret}0`,
    `Bearer cs_good_${secret.slice(1)}`,
    `Bearer cs_../good_${secret}`,
    `Bearer cs___proto___${secret}`,
    `Bearer cs_constructor_${secret}`,
    `Bearer ${secret}`,
    `Basic ${base64(`x:${good.slice('Bearer '.length)}`)}`,
    `Bearer ${ADMIN_TOKEN}x`,
    `${good}, Bearer ${ADMIN_TOKEN}`,
  ];
  const state = JSON.stringify([...service.kv.stored]);
  const sent = world.upstream.sent.length;
  for (const { method, path, scope } of all) {
    const call = (as: string | undefined) =>
      service.call(method, path, { ...(as !== undefined && { as }), ...(method !== 'GET' && { json: {} }) });
    for (const as of bad.filter((one) => scope !== 'pull' || !one?.startsWith('Basic')))
      expectProblem(await call(as), 401, 'UNAUTHENTICATED', `${method} ${path} with ${as}`);
    for (const [own, as] of Object.entries(only))
      if (own !== scope) expectProblem(await call(as), 403, 'FORBIDDEN', `${method} ${path} with ${own}`);
  }
  equal(JSON.stringify([...service.kv.stored]), state, 'nothing changed');
  equal(world.upstream.sent.length, sent, 'nothing was fetched');
  for (const { method, path } of all.filter((route) => route.method === 'GET'))
    notEqual((await service.call(method, path, { as: good })).status, 401, path);
});
