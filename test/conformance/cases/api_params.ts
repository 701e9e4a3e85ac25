// Query parameters: an unknown one is 400 on every route of /v1, and every route accepts and obeys timeout=.
import { makeKey } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { test } from '../table.ts';

test('A9 an unknown query parameter is 400 on every route, and nothing is changed', async (t) => {
  const { service, name, image } = await makeWorld(t);
  const { pem } = await makeKey();
  const terms = { url: 'https://log.example', publicKey: pem, validFrom: '2021-01-01T00:00:00Z' };
  const routes: [string, string, object][] = [
    ['GET', `/v1/verify/${name}:1`, {}],
    ['POST', '/v1/verify', { json: { image: `${name}:1`, keys: ['release'] } }],
    ['POST', `/v1/verify/${image.digest}`, { json: {} }],
    ['GET', `/v1/inspect/${name}:1`, {}],
    ['GET', '/v1/keys', {}],
    ['GET', '/v1/keys/release', {}],
    ['PUT', '/v1/keys/new', { body: pem }],
    ['DELETE', '/v1/keys/release', {}],
    ['POST', '/v1/keys/release/revoke', { json: { reason: 'x' } }],
    ['GET', '/v1/logs', {}],
    ['GET', '/v1/logs/fake', {}],
    ['PUT', '/v1/logs/new', { json: terms }],
    ['DELETE', '/v1/logs/fake', {}],
  ];
  for (const [method, path, options] of routes) {
    for (const query of [
      'force=true',
      'Timeout=1s',
      '__proto__=x',
      '=x',
      '=',
      'timeout=1s&timeout=2s',
      'timeout=never',
    ]) {
      expectProblem(
        await service.call(
          method,
          `${path}?${method === 'GET' && path.includes('/verify/') ? 'key=release&' : ''}${query}`,
          { as: 'admin', ...options },
        ),
        400,
        'BAD_REQUEST',
        `${method} ${path}?${query}`,
      );
    }
  }
  equal(
    (await service.get('/v1/keys', { as: 'admin' })).json.keys.map(
      ({ id, state }: { id: string; state: string }) => [id, state],
    ),
    [['release', 'active']],
  );
  for (const path of ['/v1/keys', '/v1/keys/release', '/v1/logs', '/v1/logs/fake', `/v1/inspect/${name}:1`]) {
    equal((await service.get(`${path}?timeout=8s`, { as: 'admin' })).status, 200, path);
  }
});

test('timeout= accepts durations as Go and Kubernetes write them', async (t) => {
  const { verify, byDigest } = await makeWorld(t);
  for (const timeout of ['8s', '10s', '1500ms', '1m', '1m30s', '1.5s', '0.5m']) {
    expectVerdict(await verify(byDigest, `key=release&timeout=${timeout}`), 200, 'VERIFIED', timeout);
  }
  for (const timeout of [
    '',
    '8',
    's',
    '8 s',
    '+8s',
    '-8s',
    '8S',
    '1e3s',
    '8sec',
    '0ms',
    '١s',
    '9'.repeat(100),
  ]) {
    expectProblem(
      await verify(byDigest, `key=release&timeout=${encodeURIComponent(timeout)}`),
      400,
      'BAD_REQUEST',
      timeout,
    );
  }
});

/** The answer's status, or `no answer` after two seconds. */
async function within(answer: Promise<{ status: number }>): Promise<number | string> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer'), 2000);
  });
  try {
    return await Promise.race([answer.then(({ status }) => status), late]);
  } finally {
    clearTimeout(timer);
  }
}

test('A66 timeout= holds on administrative routes too: a store that hangs is 504', async (t) => {
  const { service } = await makeWorld(t);
  service.kv.before = () => new Promise<void>(() => undefined);
  for (const path of ['/v1/keys', '/v1/keys/release', '/v1/logs', '/v1/logs/fake']) {
    equal(await within(service.get(`${path}?timeout=200ms`, { as: 'admin' })), 504, path);
  }
});

test('DEADLINE_MS limits every answer that waits for the store', async (t) => {
  const { service } = await makeWorld(t, { vars: { DEADLINE_MS: '200' } });
  service.kv.before = () => new Promise<void>(() => undefined);
  for (const path of ['/readyz', '/v1/keys', '/v1/keys/release']) {
    const status = await within(service.get(path, { as: 'admin' }));
    ok(status === 503 || status === 504, `${path}: ${status}`);
  }
});
