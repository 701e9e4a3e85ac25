// The service's own pages, and what every answer carries: ids, timing, problem documents, methods, HEAD.
import { base64, utf8 } from '../../support/bytes.ts';
import { makeRoot, START } from '../../support/fake_root.ts';
import { misfit } from '../../support/json_schema.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN, startService } from '../../support/service.ts';
import { equal, includes, match, notEqual, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld, REPOSITORY, trustKey } from '../support/world.ts';
import { test } from '../table.ts';

test('/healthz depends on nothing, /readyz on the store and the configuration', async (t) => {
  const service = startService(t.worker);
  const health = await service.get('/healthz');
  equal([health.status, health.json.name, typeof health.json.version], [200, 'countersign', 'string']);
  equal((await service.get('/readyz')).status, 200);
  service.kv.before = () => {
    throw new Error('KV is down');
  };
  equal((await service.get('/healthz')).status, 200);
  expectProblem(await service.get('/readyz'), 503, 'STORE_UNAVAILABLE');
  const broken = startService(t.worker, { ACCESS: 'closed' });
  equal((await broken.get('/healthz')).status, 200);
  expectProblem(await broken.get('/readyz'), 500, 'BAD_CONFIGURATION');
});

test('an invalid setting is 500, and the answer names the setting but not its value', async (t) => {
  const bad = {
    ACCESS: 'canary-value',
    REGISTRIES: 'https://canary-value',
    INSECURE_REGISTRIES: 'canary value',
    REGISTRY_AUTH: '{"auths":{"x":{"auth":"canary-value"}}}',
    REKOR_URL: 'canary-value',
    PUBLIC_LOG: 'canary-value',
    DEADLINE_MS: 'canary-value',
    CACHE_SECONDS: '-1',
    SUBREQUESTS: '0',
    RATE_LIMIT: '60 canary',
    ADMIN_TOKEN: `cs_canary_${'0'.repeat(64)}`,
  };
  for (const [name, value] of Object.entries(bad)) {
    const answer = await startService(t.worker, { [name]: value }).get('/v1/verify/busybox?key=a', {
      headers: { 'x-request-id': 'mine' },
    });
    equal(answer.headers.get('x-request-id'), 'mine');
    expectProblem(answer, 500, 'BAD_CONFIGURATION', name);
    match(answer.json.detail, new RegExp(name));
    ok(!answer.text.includes('canary'), answer.text);
    equal(answer.headers.get('countersign-verdict'), 'undecided');
    const pulled = await startService(t.worker, { [name]: value }).get('/v2/');
    equal(
      [pulled.status, pulled.json.errors[0].detail.code],
      [500, 'BAD_CONFIGURATION'],
      'in the form of registries',
    );
  }
});

test('A26 without a store nothing is trusted: the answer is 503, not verified', async (t) => {
  const service = startService(t.worker, { TRUST: undefined });
  const answer = await service.get('/v1/verify/busybox?key=a', { as: 'admin' });
  equal(
    [answer.status, answer.json.code, answer.headers.get('countersign-verdict')],
    [503, 'STORE_UNAVAILABLE', 'undecided'],
  );
  equal(answer.json.retryable, false, 'not retryable: a store must be bound first');
});

test('/ shows how to use the service, with commands that work', async (t) => {
  const answer = await startService(t.worker).get('/');
  equal(answer.status, 200);
  match(answer.headers.get('content-type'), /^text\/plain/);
  match(answer.text, /curl .*https:\/\/countersign\.example\/v1\/verify\//);
});

test('X-Request-Id is taken from the request or generated, and always returned', async (t) => {
  const service = startService(t.worker);
  for (const id of ['a', 'Req-1.2_3', 'x'.repeat(64)]) {
    const answer = await service.get('/v1/nothing', { headers: { 'x-request-id': id } });
    equal([answer.headers.get('x-request-id'), answer.json.instance], [id, id]);
  }
  const made = new Set<string>();
  for (const id of ['', 'x'.repeat(65), 'a b', 'a/b', '<script>', 'a,b', undefined]) {
    const answer = await service.get('/healthz', id === undefined ? {} : { headers: { 'x-request-id': id } });
    const given = answer.headers.get('x-request-id') ?? '';
    match(given, /^[A-Za-z0-9._-]{1,64}$/);
    notEqual(given, id);
    made.add(given);
  }
  equal(made.size, 7, 'each request has its own id');
});

test('problem documents have every field, also on unknown paths', async (t) => {
  const service = startService(t.worker);
  const answer = await service.get('/v1/nothing');
  expectProblem(answer, 404, 'NOT_FOUND');
  match(answer.json.type, /NOT_FOUND/);
  equal(answer.headers.get('x-content-type-options'), 'nosniff');
  expectProblem(await service.get('/nothing/at/all'), 404, 'NOT_FOUND');
});

test('every answer to a verify call has the header Countersign-Verdict', async (t) => {
  const world = await makeWorld(t);
  const { service, name, image } = world;
  const calls: [string, string, object][] = [
    ['GET', `/v1/verify/${name}:1?key=release`, {}],
    ['GET', `/v1/verify/${name}:absent?key=release`, {}],
    ['GET', `/v1/verify/${name}:1`, {}],
    ['GET', `/v1/verify/${name}:1?x=1`, {}],
    ['GET', `/v1/verify/${name}:1?key=release`, { as: 'Bearer wrong' }],
    ['GET', '/v1/verify/!', {}],
    ['PUT', `/v1/verify/${name}:1`, {}],
    ['POST', '/v1/verify', {}],
    ['POST', '/v1/verify', { json: {} }],
    ['GET', '/v1/verify', {}],
    ['POST', `/v1/verify/${image.digest}`, { json: {} }],
    ['POST', '/v1/verify/nothing', { json: {} }],
  ];
  for (const [method, path, options] of calls) {
    const answer = await service.call(method, path, options);
    const verdict = answer.headers.get('countersign-verdict');
    equal(verdict, answer.status === 200 ? 'verified' : 'undecided', `${method} ${path} ${answer.status}`);
  }
});

test('HEAD works where GET does', async (t) => {
  const { service, name, image } = await makeWorld(t);
  const get = await service.get(`/v1/verify/${name}:1?key=release`);
  const head = await service.call('HEAD', `/v1/verify/${name}:1?key=release`);
  equal([head.status, head.text, head.headers.get('countersign-verdict')], [200, '', 'verified']);
  equal(head.headers.get('content-type'), get.headers.get('content-type'));
  for (const path of [
    `/v1/verify/${name}:1?key=release`,
    '/',
    '/healthz',
    '/openapi.json',
    '/v1/keys/absent',
  ]) {
    const body = await service.get(path, { as: 'admin', headers: { 'x-request-id': 'mine' } });
    const only = await service.call('HEAD', path, { as: 'admin', headers: { 'x-request-id': 'mine' } });
    equal([only.status, only.text], [body.status, ''], path);
    equal(only.headers.get('content-length'), String(utf8(body.text).length), path);
  }
  equal((await service.call('HEAD', `/v1/verify/${name}@${image.digest}?key=absent`)).status, 404);
  for (const path of ['/', '/healthz', '/readyz', '/openapi.json'])
    equal((await service.call('HEAD', path)).status, 200, path);
  equal((await service.call('HEAD', '/v1/keys/release', { as: 'admin' })).status, 200);
  equal((await service.call('HEAD', '/v1/keys/release')).status, 401);
});

test('other methods are 405, with Allow naming those that work', async (t) => {
  const { service } = await makeWorld(t);
  const { json: document } = await service.get('/openapi.json');
  const all = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
  const table = Object.entries<object>(document.paths).map(([path, described]) => ({
    path: path.replaceAll(/\{\w+\}/g, 'x'),
    described: all.filter((method) => method.toLowerCase() in described),
  }));
  // These are also an image and a policy of that name.
  const shared = new Map([
    ['/v1/verify/batch', ['GET', 'POST']],
    ['/v1/policies/test', ['GET', 'PUT', 'DELETE', 'POST']],
  ]);
  for (const { path, described } of table) {
    const allowed = shared.get(path) ?? described;
    const shown = [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])].sort();
    for (const method of all.filter((one) => !allowed.includes(one))) {
      const answer = await service.call(method, path, { as: 'admin' });
      expectProblem(answer, 405, 'METHOD_NOT_ALLOWED', `${method} ${path}`);
      equal((answer.headers.get('allow') ?? '').split(', ').sort(), shown, path);
    }
  }
  const overridden = await service.call('POST', '/v1/keys/release', {
    as: 'admin',
    headers: { 'x-http-method-override': 'DELETE' },
  });
  equal(overridden.status, 405, 'A89');
  equal((await service.get('/v1/keys/release', { as: 'admin' })).status, 200);
});

test('A109 every outgoing request uses manual redirects and a plain user agent', async (t) => {
  const { verify, upstream, registry } = await makeWorld(t, { auth: { kind: 'token' } });
  registry.lie = ({ what, request }, truth) =>
    what === 'blob' && !request.url.endsWith('?moved')
      ? new Response('', { status: 307, headers: { location: '?moved' } })
      : truth();
  expectVerdict(await verify(), 200, 'VERIFIED', 'the fake network fails unless redirects are manual');
  for (const { headers, url } of upstream.sent) {
    includes(['countersign'], headers['user-agent']?.split('/')[0], url);
    equal(headers['accept-encoding'], 'identity', 'A41 no compression is requested');
    equal(
      [headers.cookie, headers['x-request-id'], headers['cf-connecting-ip']],
      [undefined, undefined, undefined],
    );
  }
});

test('every manifest request accepts all four manifest types', async (t) => {
  const { verify, upstream } = await makeWorld(t);
  expectVerdict(await verify(), 200, 'VERIFIED');
  const types = [
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ];
  const requests = upstream.sent.filter(({ url }) => url.includes('/manifests/'));
  equal(requests.length, 3);
  for (const { headers } of requests) for (const type of types) includes(headers.accept ?? '', type);
});

test('headers and cookies of a caller are not sent on', async (t) => {
  const { verify, upstream } = await makeWorld(t);
  const headers = {
    cookie: 'session=canary',
    'x-canary': 'canary',
    'cf-connecting-ip': '10.0.0.1',
    'accept-language': 'xx',
    range: 'bytes=0-1',
  };
  expectVerdict(await verify(undefined, undefined, { as: 'admin', headers }), 200, 'VERIFIED');
  for (const sent of upstream.sent) {
    const all = JSON.stringify(sent);
    ok(!all.includes('canary') && !all.includes(ADMIN_TOKEN) && !all.includes('range'), all);
  }
});

test('answers match their schemas in /openapi.json', async (t) => {
  const { service, name, image, layer, verify, registry } = await makeWorld(t);
  const { json: document } = await service.get('/openapi.json');
  match(document.openapi, /^3\.1\./);
  const fits = async (
    method: string,
    path: string,
    call: Promise<{ status: number; json: unknown; headers: Headers; text: string }>,
  ) => {
    const answer = await call;
    const responses = document.paths[path]?.[method.toLowerCase()]?.responses;
    ok(responses, `${method} ${path} is described`);
    const described = responses[String(answer.status)];
    ok(described, `${method} ${path} describes ${answer.status}`);
    if (answer.text === '') return;
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const schema = described.content?.[type]?.schema;
    ok(schema, `${method} ${path} ${answer.status} describes ${type}`);
    if (type.endsWith('json'))
      equal(
        misfit(answer.json, schema, document),
        undefined,
        `${method} ${path} ${answer.status}: ${answer.text}`,
      );
  };
  const evidence = { payload: base64(layer.payload), signature: layer.signature, bundle: layer.bundle };
  const as = 'admin';
  const { pem } = await makeKey();
  await fits('GET', '/v1/verify/{reference}', verify());
  await fits('GET', '/v1/verify/{reference}', verify(`${name}:1`, 'key=release&annotation=a=b'));
  await fits('GET', '/v1/verify/{reference}', verify(`${name}:absent`));
  await fits('GET', '/v1/verify/{reference}', verify(`${name}:1`, ''));
  await fits(
    'GET',
    '/v1/verify/{reference}',
    verify(undefined, undefined, { headers: { accept: 'text/plain' } }),
  );
  await fits(
    'POST',
    '/v1/verify',
    service.call('POST', '/v1/verify', { json: { image: `${name}:1`, keys: ['release'] } }),
  );
  await fits(
    'POST',
    '/v1/verify/{reference}',
    service.call('POST', `/v1/verify/${image.digest}?key=release`, { json: evidence }),
  );
  await fits(
    'POST',
    '/v1/verify/{reference}',
    service.call('POST', `/v1/verify/${image.digest}?key=release`, { json: { ...evidence, bundle: '{}' } }),
  );
  await fits('GET', '/v1/inspect/{reference}', service.get(`/v1/inspect/${name}:1`, { as }));
  await fits('PUT', '/v1/keys/{id}', service.call('PUT', '/v1/keys/new', { as, body: pem }));
  await fits('PUT', '/v1/keys/{id}', service.call('PUT', '/v1/keys/second', { as, body: pem }));
  await fits('GET', '/v1/keys/{id}', service.get('/v1/keys/new', { as }));
  await fits('GET', '/v1/keys', service.get('/v1/keys', { as }));
  await fits(
    'POST',
    '/v1/keys/{id}/revoke',
    service.call('POST', '/v1/keys/new/revoke', { as, json: { reason: 'x' } }),
  );
  await fits('DELETE', '/v1/keys/{id}', service.call('DELETE', '/v1/keys/new', { as }));
  await fits('GET', '/v1/logs', service.get('/v1/logs', { as }));
  await fits('GET', '/v1/logs/{id}', service.get('/v1/logs/fake', { as }));
  const { document: root, tsa } = await makeRoot('openapi');
  const authority = { certificates: tsa.pem, validFrom: START };
  for (const [id, json] of [
    ['tsa', authority],
    ['root', root],
  ] as const) {
    await fits('PUT', '/v1/logs/{id}', service.call('PUT', `/v1/logs/${id}`, { as, json }));
    await fits('GET', '/v1/logs/{id}', service.get(`/v1/logs/${id}`, { as }));
  }
  await fits('GET', '/v1/logs', service.get('/v1/logs', { as }));
  await fits('GET', '/healthz', service.get('/healthz'));
  await fits('GET', '/readyz', service.get('/readyz'));
  registry.lie = () => new Response('', { status: 500 });
  await fits('GET', '/v1/verify/{reference}', verify());
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods as object).filter((key) => key !== 'parameters')) {
      const concrete = path
        .replace('{reference}', `${registry.host}/${REPOSITORY}:1`)
        .replace('{digest}', image.digest)
        .replace('{id}', 'fake');
      const { status } = await service.call(method.toUpperCase(), concrete, { as });
      notEqual(status, 405, `${method} ${path} exists`);
    }
  }
});

test('the query parameters in /openapi.json are those that routes accept', async (t) => {
  const { service, name } = await makeWorld(t);
  const { json: document } = await service.get('/openapi.json');
  const parameters = document.paths['/v1/verify/{reference}'].get.parameters.filter(
    (parameter: { in: string }) => parameter.in === 'query',
  );
  const names = parameters.map((parameter: { name: string }) => parameter.name);
  for (const expected of [
    'key',
    'policy',
    'annotation',
    'transparency',
    'platform',
    'signatures',
    'format',
    'timeout',
  ])
    includes(names, expected);
  expectProblem(await service.get(`/v1/verify/${name}:1?key=release&unheard=1`), 400, 'BAD_REQUEST');
  await trustKey(service, 'spare', await makeKey());
});
