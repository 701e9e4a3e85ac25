// Canary secrets go through every error path, and none of them appears in an answer or on the console.
import { base64 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN, type Answer } from '../../support/service.ts';
import { equal, excludes, ok } from '../support/assert.ts';
import { makeWorld } from '../support/world.ts';
import { type TestContext, test } from '../table.ts';

const PASSWORD = 'password-canary-1';
const URL_SECRET = 'presigned-canary-2';
const TOKEN = 'token-canary-3';
const CALLER_TOKEN = 'caller-canary-4';

/** Everything that the service writes to the console while the case runs. */
function captureConsole(t: TestContext): string[] {
  const lines: string[] = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const original = console[level];
    console[level] = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '));
    t.after(() => {
      console[level] = original;
    });
  }
  return lines;
}

test('A107 a private key in the wrong field is neither stored nor shown', async (t) => {
  const { service, byDigest, verify } = await makeWorld(t);
  const pem = await (await makeKey()).privatePem();
  const line = pem.split('\n')[1] ?? '';
  const calls: [string, string, object][] = [
    ['POST', '/v1/keys/release/revoke', { json: { reason: pem } }],
    ['PUT', '/v1/tokens/ci', { json: { scopes: ['verify'], description: pem } }],
    ['PUT', '/v1/keys/release', { json: { publicKey: '', description: pem } }],
    ['PUT', '/v1/keys/release', { json: { publicKey: pem } }],
    ['POST', '/v1/verify', { json: { image: byDigest, keys: ['release'], [pem]: '' } }],
    ['GET', `/v1/keys?${encodeURIComponent(pem)}=`, {}],
  ];
  for (const [method, path, options] of calls) {
    const answer = await service.call(method, path, { as: 'admin', ...options });
    equal(answer.status, 400, `${method} ${path.slice(0, 30)}`);
    excludes(answer.text, line, `${method} ${path.slice(0, 30)}`);
  }
  excludes(JSON.stringify([...service.kv.stored]), line, 'the store');
  equal((await verify()).status, 200, 'nothing has changed');
});

test('A107 no answer and no log line contains a secret, whatever fails', async (t) => {
  const lines = captureConsole(t);
  const world = await makeWorld(t, {
    auth: { kind: 'token', user: 'robot', password: PASSWORD },
    vars: ({ registry }) => ({
      REGISTRY_AUTH: JSON.stringify({ auths: { [registry]: { username: 'robot', password: PASSWORD } } }),
      CACHE_SECONDS: '0',
    }),
  });
  const { registry, service, upstream, verify, name } = world;
  const answers: Answer[] = [];
  const privatePem = await (await makeKey()).privatePem();
  const secretLine = privatePem.split('\n')[1] ?? '';
  // Enough time for the one retry, so that the answer has the cause of the failure, not the deadline.
  const ask = async (timeout = '8s') => {
    const calls = ['key=release', 'key=release&transparency=online'].flatMap((query) => [
      verify(undefined, `${query}&timeout=${timeout}`, { as: 'admin' }),
      verify(undefined, `${query}&timeout=${timeout}`, { as: 'admin', headers: { accept: 'text/plain' } }),
    ]);
    calls.push(service.get(`/v1/inspect/${name}:1?timeout=${timeout}`, { as: 'admin' }));
    answers.push(...(await Promise.all(calls)));
  };
  const hang = () => new Promise<Response>(() => undefined);
  const faults: (() => Response | Promise<Response>)[] = [
    () => new Response(`${TOKEN} ${PASSWORD}`, { status: 500 }),
    () => new Response('', { status: 302, headers: { location: `https://127.0.0.1/?sig=${URL_SECRET}` } }),
    () =>
      new Response('', { status: 302, headers: { location: `https://absent.example/?sig=${URL_SECRET}` } }),
    () =>
      new Response('', {
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="https://absent.example/?sig=${URL_SECRET}"` },
      }),
    () => new Response(`<html>${TOKEN}`, { status: 200 }),
    () => new Response('', { status: 403 }),
    () => {
      throw new TypeError(`connect failed: https://robot:${PASSWORD}@x/?sig=${URL_SECRET}`);
    },
    hang,
  ];
  for (const what of ['manifest', 'blob', 'token'] as const) {
    for (const fault of faults) {
      registry.lie = (asked) => {
        return asked.what === what ? fault() : undefined;
      };
      await ask(fault === hang ? '150ms' : undefined);
    }
  }
  delete registry.lie;
  upstream.hosts[world.log.name] = () => {
    throw new TypeError(URL_SECRET);
  };
  await ask();
  answers.push(await service.get('/v1/keys', { as: `Bearer ${CALLER_TOKEN}` }));
  answers.push(await service.get('/v1/keys', { as: `Basic ${base64(CALLER_TOKEN)}` }));
  answers.push(await service.call('PUT', '/v1/keys/x', { as: 'admin', body: privatePem }));
  answers.push(await service.call('PUT', '/v1/keys/x', { as: 'admin', json: { publicKey: privatePem } }));
  answers.push(
    await service.call('POST', '/v1/verify', { json: { image: `${name}:1`, publicKeys: [privatePem] } }),
  );
  service.kv.before = () => {
    throw new Error(PASSWORD);
  };
  await ask();
  ok(answers.length > 100 && answers.some(({ status }) => status >= 500), 'enough calls failed');
  for (const sentence of [
    'the connection failed',
    'points to a private',
    'could not be reached',
    'Not finished within',
  ])
    ok(
      answers.some(({ text }) => text.includes(sentence)),
      sentence,
    );
  const secrets = [
    ADMIN_TOKEN,
    PASSWORD,
    base64(`robot:${PASSWORD}`),
    URL_SECRET,
    TOKEN,
    CALLER_TOKEN,
    base64(CALLER_TOKEN),
    secretLine,
  ];
  for (const secret of secrets) {
    for (const { text, headers } of answers)
      excludes(`${JSON.stringify([...headers])} ${text}`, secret, 'an answer');
    excludes(lines.join('\n'), secret, 'the console');
  }
});
