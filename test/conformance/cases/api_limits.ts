// Rate limits per token and per address, and how the caller's address is determined.
import { movableClock } from '../../support/clock.ts';
import { startService } from '../../support/service.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { test } from '../table.ts';

test('RATE_LIMIT: an address gets so many requests a minute, then 429 with Retry-After, then requests again', async (t) => {
  const clock = movableClock(t.after);
  const world = await makeWorld(t, { vars: { RATE_LIMIT: '5' } });
  const from = (address: string) =>
    world.verify(undefined, undefined, { headers: { 'cf-connecting-ip': address } });
  for (let i = 0; i < 5; i++) expectVerdict(await from('192.0.2.1'), 200, 'VERIFIED');
  const limited = await from('192.0.2.1');
  expectProblem(limited, 429, 'RATE_LIMITED');
  equal(limited.headers.get('countersign-verdict'), 'undecided');
  const wait = Number(limited.headers.get('retry-after'));
  ok(wait > 0 && wait <= 60, `${wait} s`);
  expectVerdict(await from('192.0.2.2'), 200, 'VERIFIED', 'another address');
  clock.advance(wait * 1000);
  expectVerdict(await from('192.0.2.1'), 200, 'VERIFIED');
});

test('RATE_LIMIT: requests with a token are counted per token, whatever the address', async (t) => {
  const world = await makeWorld(t, { vars: { RATE_LIMIT: '4' } });
  const make = async (id: string) => {
    const json = { scopes: ['verify'] };
    return `Bearer ${(await world.service.call('PUT', `/v1/tokens/${id}`, { as: 'admin', json })).json.secret}`;
  };
  const [one, two] = [await make('one'), await make('two')];
  const call = (as: string, address: string) =>
    world.verify(undefined, undefined, { as, headers: { 'cf-connecting-ip': address } });
  for (let i = 0; i < 4; i++) equal((await call(one, `192.0.2.${i}`)).status, 200);
  expectProblem(await call(one, '192.0.2.9'), 429, 'RATE_LIMITED');
  equal((await call(two, '192.0.2.9')).status, 200);
});

test('A103 RATE_LIMIT: all spellings of an address count as one caller, and headers that a caller sends are ignored', async (t) => {
  const world = await makeWorld(t, { vars: { RATE_LIMIT: '3' } });
  const call = (headers: Record<string, string>) => world.verify(undefined, undefined, { headers });
  const same = ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1'];
  for (const address of same) equal((await call({ 'cf-connecting-ip': address })).status, 200, address);
  expectProblem(await call({ 'cf-connecting-ip': '0:0:0:0:0:ffff:a00:1' }), 429, 'RATE_LIMITED');
  const network = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:DB8::3'];
  for (const address of network) equal((await call({ 'cf-connecting-ip': address })).status, 200, address);
  expectProblem(await call({ 'cf-connecting-ip': '2001:db8::4' }), 429, 'RATE_LIMITED');
  equal((await call({ 'cf-connecting-ip': '2001:db8:0:1::1' })).status, 200, 'another network');
  for (let i = 0; i < 3; i++) {
    const spoofed = {
      'x-forwarded-for': `192.0.2.${i}`,
      forwarded: `for=192.0.2.${i}`,
      'x-real-ip': `192.0.2.${i}`,
    };
    equal((await call(spoofed)).status, 200);
  }
  expectProblem(
    await call({ 'x-forwarded-for': '192.0.2.77' }),
    429,
    'RATE_LIMITED',
    'all callers without an address count as one',
  );
  expectProblem(await call({ 'cf-connecting-ip': '256.1.1.1' }), 429, 'RATE_LIMITED', 'no address');
});

test('RATE_LIMIT: wrong tokens count against the address, so that guessing is slow', async (t) => {
  const world = await makeWorld(t, { vars: { RATE_LIMIT: '5' } });
  const guess = () =>
    world.service.get('/v1/keys', { as: 'Bearer guess', headers: { 'cf-connecting-ip': '192.0.2.5' } });
  for (let i = 0; i < 5; i++) expectProblem(await guess(), 401, 'UNAUTHENTICATED');
  expectProblem(await guess(), 429, 'RATE_LIMITED');
  const from = (as: string, address: string) =>
    world.service.get('/v1/keys', { as, headers: { 'cf-connecting-ip': address } });
  expectProblem(
    await from('admin', '192.0.2.5'),
    429,
    'RATE_LIMITED',
    'while limited, a right token is refused like a wrong one',
  );
  equal((await from('admin', '192.0.2.6')).status, 200, 'from another address it works');
  const made = await world.service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: { scopes: ['admin'] } });
  equal(
    (await from(`Bearer ${made.json.secret}`, '192.0.2.5')).status,
    200,
    'a token of this service is not limited by guesses of the administrator’s',
  );
  equal((await world.service.get('/healthz')).status, 200, 'health is not limited');
});

test('RATE_LIMIT: a wrong token counts even if timeout= is invalid: authentication comes first', async (t) => {
  const as = `Bearer cs_x_${'0'.repeat(64)}`;
  for (const path of [
    '/v1/verify/busybox?key=k&',
    '/v1/inspect/busybox?',
    '/v1/keys?',
    '/v2/?',
    '/v2/a.example/b/manifests/c?',
    '/metrics?',
  ]) {
    const world = await makeWorld(t, { vars: { RATE_LIMIT: '2' } });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await world.service.get(`${path}timeout=abc`, { as })).status);
    equal(statuses, [401, 401, 429], path);
  }
  const { service } = await makeWorld(t);
  const { json } = await service.call('PUT', '/v1/tokens/t', { as: 'admin', json: { scopes: ['pull'] } });
  const pull = (path: string) => service.get(`${path}?timeout=abc`, { as: `Bearer ${json.secret}` });
  equal((await pull('/v2/')).status, 200, 'this path accepts any timeout=');
  const { status, json: refused } = await pull('/v2/a.example/b/manifests/c');
  equal([status, refused.errors[0].code], [400, 'NAME_INVALID']);
});

test('RATE_LIMIT: requests without a token do not count as guesses, and lock nobody out', async (t) => {
  const world = await makeWorld(t, { vars: { RATE_LIMIT: '3' } });
  const headers = { 'cf-connecting-ip': '192.0.2.5' };
  for (let i = 0; i < 3; i++) await world.verify(undefined, undefined, { headers });
  expectProblem(await world.verify(undefined, undefined, { headers }), 429, 'RATE_LIMITED');
  equal((await world.service.get('/v1/keys', { as: 'admin', headers })).status, 200);
});

test('RATE_LIMIT: the platform’s own limiter applies too, and if it fails nobody is limited', async (t) => {
  const keys: string[] = [];
  let answer = async () => ({ success: true });
  const RATE_LIMITER = {
    limit: ({ key }: { key: string }) => {
      keys.push(key);
      return answer();
    },
  };
  const world = await makeWorld(t, { vars: { RATE_LIMITER } });
  const call = () => world.verify(undefined, undefined, { headers: { 'cf-connecting-ip': '192.0.2.1' } });
  equal((await call()).status, 200);
  equal(keys.at(-1), 'address/192.0.2.1');
  answer = async () => ({ success: false });
  const limited = await call();
  expectProblem(limited, 429, 'RATE_LIMITED');
  equal(limited.headers.get('retry-after'), '60');
  answer = () => Promise.reject(new Error('down'));
  equal((await call()).status, 200);
});

test('RATE_LIMIT: a value that is not a number is an invalid setting, and off disables the limit', async (t) => {
  for (const RATE_LIMIT of ['many', '-1', '1.5', '1e3']) {
    const answer = await startService(t.worker, { RATE_LIMIT }).get('/readyz');
    expectProblem(answer, 500, 'BAD_CONFIGURATION', RATE_LIMIT);
    ok(answer.json.detail.includes('RATE_LIMIT'));
  }
  for (const RATE_LIMIT of ['off', '0', '', undefined]) {
    const service = startService(t.worker, { RATE_LIMIT });
    for (let i = 0; i < 20; i++) equal((await service.get('/v1/keys', { as: 'admin' })).status, 200);
  }
});
