// Who may do what: tokens, access modes, CORS, and limits of request bodies.
import { base64 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN, startService } from '../../support/service.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { test } from '../table.ts';

const b64url = (value: unknown) =>
  base64(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replace(/=/g, '');

test('A110 CORS allows only reads that need no token, and never credentials', async (t) => {
  const world = await makeWorld(t);
  const headers = { origin: 'https://evil.example' };
  const reads = ['/', '/healthz', '/readyz', '/openapi.json', `/v1/verify/${world.name}:1?key=release`];
  for (const path of reads) {
    const answer = await world.service.get(path, { headers });
    equal(answer.headers.get('access-control-allow-origin'), '*', path);
    equal(answer.headers.get('access-control-allow-credentials'), null, path);
  }
  const preflight = {
    ...headers,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization',
  };
  for (const path of ['/v1/keys', '/v1/keys/release', '/v1/logs', `/v1/inspect/${world.name}:1`]) {
    for (const [method, sent] of [
      ['GET', headers],
      ['OPTIONS', preflight],
    ] as const) {
      const answer = await world.service.call(method, path, { as: 'admin', headers: sent });
      equal(answer.headers.get('access-control-allow-origin'), null, `${method} ${path}`);
      equal(answer.headers.get('access-control-allow-credentials'), null, `${method} ${path}`);
    }
  }
  const allowed = await world.service.call('OPTIONS', reads[4] ?? '', { headers: preflight });
  equal(allowed.headers.get('access-control-allow-credentials'), null);
  ok(
    !(allowed.headers.get('access-control-allow-headers') ?? '').toLowerCase().includes('authorization'),
    'a page may not send Authorization',
  );
  const closed = startService(t.worker);
  equal(
    (await closed.get('/v1/verify/busybox?key=a', { headers })).headers.get('access-control-allow-origin'),
    null,
    'ACCESS=token',
  );
});

test('A100 A101 malformed and foreign tokens are 401 on every guarded path, even if verifying is open', async (t) => {
  const { service, name, signer } = await makeWorld(t);
  const claims = { sub: 'admin', scope: 'admin', iss: 'countersign', exp: 9_999_999_999 };
  const jwt = (header: object, payload: object, signature = '') =>
    `${b64url(header)}.${b64url(payload)}.${signature}`;
  const bearer = [
    jwt({ alg: 'none', typ: 'JWT' }, claims),
    jwt({ alg: 'HS256', typ: 'JWT' }, claims, b64url(signer.pem)),
    jwt({ typ: 'JWT' }, claims, 'x'),
    jwt({ alg: 'ES256', jwk: { kty: 'EC' } }, claims, 'x'),
    jwt({ alg: 'RS256', jku: 'https://evil.example/jwks.json' }, claims, 'x'),
    jwt({ alg: 'RS256', x5c: ['AAAA'] }, claims, 'x'),
    jwt({ alg: 'HS256' }, { ...claims, exp: '9' }, 'x'),
    jwt({ alg: 'HS256' }, { ...claims, exp: undefined }, 'x'),
    `cs_admin_${'0'.repeat(40)}`,
    ADMIN_TOKEN.slice(0, -1),
    `${ADMIN_TOKEN}x`,
    ADMIN_TOKEN.toUpperCase(),
    'null',
    'undefined',
    'true',
    '*',
  ].map((token) => `Bearer ${token}`);
  const other = [
    ADMIN_TOKEN,
    `Basic ${ADMIN_TOKEN}`,
    `Basic ${base64(`admin:${ADMIN_TOKEN}`)}`,
    `Token ${ADMIN_TOKEN}`,
    `Bearer: ${ADMIN_TOKEN}`,
    `Bearer "${ADMIN_TOKEN}"`,
    `Bearer ${ADMIN_TOKEN}, Bearer ${ADMIN_TOKEN}`,
    `Bearer ${ADMIN_TOKEN} x`,
    `Bearer x, Bearer ${ADMIN_TOKEN}`,
    'Bearer',
    'Bearer ',
    '',
  ];
  const made = await service.call('PUT', '/v1/tokens/ci', {
    as: 'admin',
    json: { scopes: ['verify', 'admin'] },
  });
  equal(made.status, 201);
  bearer.push(`Bearer cs_ci_${'0'.repeat(64)}`);
  for (const authorization of [...bearer, ...other]) {
    for (const path of ['/v1/keys', `/v1/inspect/${name}:1`, `/v1/verify/${name}:1?key=release`]) {
      const answer = await service.get(path, { as: authorization });
      if (authorization.trim() === '' && path.startsWith('/v1/verify')) continue;
      expectProblem(answer, 401, 'UNAUTHENTICATED', `${authorization} at ${path}`);
      ok(!answer.text.includes(ADMIN_TOKEN), 'the token is not echoed');
    }
  }
  equal(
    (await service.get('/v1/keys', { as: `bearer ${ADMIN_TOKEN}` })).status,
    200,
    'the scheme in any letter case',
  );
});

test('A104 if the administrator token is unset or empty, no request is the administrator’s', async (t) => {
  for (const ADMIN_TOKEN of [undefined, '', ' ']) {
    const service = startService(t.worker, { ADMIN_TOKEN });
    for (const authorization of ['Bearer ', 'Bearer', 'Bearer undefined', 'Bearer null', 'Bearer ""', '']) {
      expectProblem(
        await service.get('/v1/keys', { as: authorization }),
        401,
        'UNAUTHENTICATED',
        `${ADMIN_TOKEN} ${authorization}`,
      );
    }
    expectProblem(await service.get('/v1/keys'), 401, 'UNAUTHENTICATED');
  }
});

test('ACCESS=token requires a token to verify and inspect; ACCESS=open opens only verify', async (t) => {
  const { service, name, verify } = await makeWorld(t, { vars: { ACCESS: 'token' } });
  expectProblem(await verify(), 401, 'UNAUTHENTICATED');
  expectVerdict(await verify(undefined, undefined, { as: 'admin' }), 200, 'VERIFIED');
  expectProblem(await service.call('POST', '/v1/verify', { json: {} }), 401, 'UNAUTHENTICATED');
  expectProblem(
    await service.call('POST', `/v1/verify/sha256:${'0'.repeat(64)}`, { json: {} }),
    401,
    'UNAUTHENTICATED',
  );
  const open = await makeWorld(t);
  expectVerdict(await open.verify(), 200, 'VERIFIED');
  expectProblem(await open.service.get(`/v1/inspect/${name}:1`), 401, 'UNAUTHENTICATED');
});

test('A102 a body over its limit is 413, whatever Content-Length states, and is not read to its end', async (t) => {
  const { service, image } = await makeWorld(t);
  const { pem } = await makeKey();
  const routes: [string, string, string][] = [
    ['PUT', '/v1/keys/big', 'application/json'],
    ['PUT', '/v1/keys/big', 'text/plain'],
    ['POST', '/v1/keys/release/revoke', 'application/json'],
    ['PUT', '/v1/logs/big', 'application/json'],
    ['POST', '/v1/verify', 'application/json'],
    ['POST', `/v1/verify/${image.digest}?key=release`, 'application/json'],
  ];
  for (const [method, path, type] of routes) {
    const headers = { 'content-type': type };
    // The limit of a bundle is 8 MiB.
    const beyond = (path.startsWith('/v1/verify/') ? 12 : 4) * 1024 * 1024;
    expectProblem(
      await service.call(method, path, { as: 'admin', headers, body: ' '.repeat(beyond) }),
      413,
      'TOO_LARGE',
      path,
    );
    let taken = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    expectProblem(
      await service.call(method, path, { as: 'admin', headers, body: stream }),
      413,
      'TOO_LARGE',
      `${path} in chunks`,
    );
    ok(taken < beyond, `${path}: ${taken} bytes were taken`);
  }
  const limit = 16 * 1024;
  const padded = pem + '\n'.repeat(limit - pem.length);
  equal(
    (await service.call('PUT', '/v1/keys/full', { as: 'admin', body: padded })).status,
    201,
    'at the limit',
  );
  expectProblem(
    await service.call('PUT', '/v1/keys/full', { as: 'admin', body: `${padded}\n` }),
    413,
    'TOO_LARGE',
    'one byte more',
  );
});
