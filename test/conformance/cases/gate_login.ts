// /v2/: who may pull.
import { base64 } from '../../support/bytes.ts';
import { ADMIN_TOKEN, startService } from '../../support/service.ts';
import { equal, ok } from '../support/assert.ts';
import { BASIC, expectDenied, makeGateWorld, pushLayered } from '../support/world_gate.ts';
import { signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('A86 login is Basic with a token as the password; without one the answer is the same for every path', async (t) => {
  const world = await makeGateWorld(t);
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const { host } = world.registry;
  const made = await world.service.call('PUT', '/v1/tokens/puller', {
    as: 'admin',
    json: { scopes: ['pull'] },
  });
  const verifier = await world.service.call('PUT', '/v1/tokens/verifier', {
    as: 'admin',
    json: { scopes: ['verify'] },
  });
  const basic = (secret: string, user = 'x') => `Basic ${base64(`${user}:${secret}`)}`;
  const ping = (as: string | undefined) => world.service.call('GET', '/v2/', as === undefined ? {} : { as });
  for (const as of [
    basic(made.json.secret),
    basic(made.json.secret, ''),
    `Bearer ${made.json.secret}`,
    BASIC,
  ]) {
    const answer = await ping(as);
    equal(
      [answer.status, answer.text, answer.headers.get('docker-distribution-api-version')],
      [200, '{}', 'registry/2.0'],
    );
  }
  const { text: whole } = await ping(undefined);
  for (const as of [
    undefined,
    basic('wrong'),
    `Basic ${base64(ADMIN_TOKEN)}`,
    'Basic !',
    'Basic',
    basic(`${ADMIN_TOKEN}x`),
  ]) {
    for (const path of [
      '/v2/',
      `/v2/${host}/app/manifests/${tag}`,
      `/v2/${host}/none/manifests/1`,
      '/v2/nonsense',
      '/v2/evil.example/a/tags/list',
    ]) {
      const answer = await world.service.call('GET', path, as === undefined ? {} : { as });
      equal([answer.status, answer.text], [401, whole], `${as} ${path}`);
      equal(answer.headers.get('www-authenticate'), 'Basic realm="countersign"');
    }
  }
  equal((await ping(basic(verifier.json.secret))).status, 403, 'another scope');
  const open = startService(t.worker, { ACCESS: 'open' });
  equal((await open.call('GET', '/v2/')).status, 401, 'ACCESS=open does not open the gate');
});

test('a token for some names can pull only those', async (t) => {
  const world = await makeGateWorld(t);
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const terms = { scopes: ['pull'], names: [`${world.registry.host}/app`] };
  const { json } = await world.service.call('PUT', '/v1/tokens/team', { as: 'admin', json: terms });
  const as = `Bearer ${json.secret}`;
  equal((await world.pull(`app/manifests/${tag}`, { as })).status, 200);
  for (const path of [
    `other/manifests/${tag}`,
    'other/tags/list',
    `other/referrers/sha256:${'0'.repeat(64)}`,
  ])
    expectDenied(await world.pull(path, { as }), 'FORBIDDEN', path);
});

test('A108 RATE_LIMIT applies at the gate, with a registry-style error and Retry-After', async (t) => {
  const world = await makeGateWorld(t, { vars: { RATE_LIMIT: '20' } });
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const json = { scopes: ['pull'] };
  const { json: made } = await world.service.call('PUT', '/v1/tokens/puller', { as: 'admin', json });
  const as = `Bearer ${made.secret}`;
  for (let i = 0; i < 20; i++) equal((await world.pull(`app/manifests/${tag}`, { as })).status, 200);
  const before = world.registry.asked.length;
  for (const path of [`app/manifests/${tag}`, `app/blobs/sha256:${'0'.repeat(64)}`, 'app/tags/list']) {
    const limited = await world.pull(path, { as });
    const { status, headers } = limited;
    equal([status, limited.json?.errors?.[0]?.code], [429, 'TOOMANYREQUESTS'], `${path}: ${limited.text}`);
    const wait = Number(headers.get('retry-after'));
    ok(wait > 0 && wait <= 60, `${wait} s`);
  }
  equal(world.registry.asked.length, before, 'nothing was requested');
});
