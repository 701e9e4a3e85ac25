// The audit log and the metrics: each decision and each change of trust is recorded once, without secrets.
import { base64 } from '../../support/bytes.ts';
import { makeKv } from '../../support/fake_kv.ts';
import { ADMIN_TOKEN } from '../../support/service.ts';
import { equal, excludes, match, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { byPolicy, makePolicyWorld, policyOf, putPolicy } from '../support/world_policies.ts';
import { type TestContext, test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;
const audit = (t: TestContext) => t.logged().filter(({ level }) => level === 'audit');

test('audit log: a decision is one line with caller, image, policy and outcome', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ name: 'apps', require: { keys: ['a'] } }] });
  const before = audit(t).length;
  const answer = await byPolicy(world, '', `${world.name}:1`);
  expectVerdict(answer, 200, 'VERIFIED');
  const [line, ...more] = audit(t).slice(before);
  equal(more, []);
  const { requestId, time, version, ...rest } = line;
  match(requestId, /^[0-9a-f-]{36}$/);
  match(time, /^\d{4}-\d\d-\d\dT/);
  equal(version, answer.json.trust.policy.version);
  equal(rest, {
    level: 'audit',
    event: 'decision',
    who: 'anonymous',
    door: 'GET /v1/verify',
    reference: `${world.name}:1`,
    digest: world.image.digest,
    verdict: 'verified',
    code: 'VERIFIED',
    policy: 'default',
    rule: 'apps',
    keys: ['a'],
  });
});

test('audit log: every route writes one line per decision: refused, undecided, offline, batch', async (t) => {
  const world = await makeWorld(t);
  const { service, layer, image } = world;
  const lines = async (work: () => Promise<unknown>) => {
    const before = audit(t).length;
    await work();
    return audit(t)
      .slice(before)
      .map(({ event, verdict, code }) => `${event} ${verdict} ${code}`);
  };
  equal(await lines(() => world.verify(undefined, 'key=release&annotation=a=b')), [
    'decision refused NO_TRUSTED_SIGNATURE',
  ]);
  const json = { payload: base64(layer.payload), signature: layer.signature, bundle: layer.bundle };
  equal(await lines(() => service.call('POST', `/v1/verify/${image.digest}?key=release`, { json })), [
    'decision verified VERIFIED',
  ]);
  const items = [
    { image: `${world.name}:1`, keys: ['release'] },
    { image: 'NOT A NAME', keys: ['release'] },
    { image: world.byDigest, keys: ['release'] },
  ];
  equal(await lines(() => service.call('POST', '/v1/verify/batch', { json: { items } })), [
    'decision verified VERIFIED',
    'decision verified VERIFIED',
  ]);
  world.registry.lie = () => new Response('', { status: 500 });
  equal(await lines(() => world.verify(`${world.registry.host}/other:1`)), [
    'decision undecided REGISTRY_UNAVAILABLE',
  ]);
  equal(await lines(() => world.verify('NOT A NAME')), [], 'a bad request is not a decision');
});

test('audit log: a change that the store makes too late, or perhaps, is logged with the code of its answer', async (t) => {
  const { service } = await makeWorld(t);
  await putPolicy(service, 'default', policyOf({ unsafeAllowUnsigned: 'x' }));
  const last = () => {
    const { event, action, id, code, revision, who } = audit(t).at(-1);
    return { event, action, id, code, revision, who };
  };
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  service.kv.before = (operation) => (operation === 'get' ? undefined : held);
  const late = await service.call('DELETE', '/v1/policies/default?timeout=1s', ADMIN);
  expectProblem(late, 504, 'DEADLINE_EXCEEDED');
  const change = { event: 'change', revision: undefined, who: 'ADMIN_TOKEN' };
  equal(last(), { ...change, action: 'policy.delete', id: 'default', code: 'DEADLINE_EXCEEDED' });
  const finished = service.settled().then(() => 'finished');
  const soon = new Promise((resolve) => setTimeout(resolve, 20, 'under way'));
  equal(await Promise.race([finished, soon]), 'under way', 'Workers waits for it');
  release();
  await finished;
  equal([...service.kv.stored.keys()].includes('policy/default'), false, 'it was made');
  service.kv.before = (operation) => {
    if (operation !== 'get') throw new Error('KV is down');
  };
  const json = { reason: 'x' };
  const failed = await service.call('POST', '/v1/keys/release/revoke', { ...ADMIN, json });
  expectProblem(failed, 503, 'STORE_UNAVAILABLE');
  equal(last(), { ...change, action: 'key.revoke', id: 'release', code: 'STORE_UNAVAILABLE' });
});

test('audit log: a change, and the decisions of a batch, are logged although the client has left', async (t) => {
  const env = { TRUST: makeKv(), ADMIN_TOKEN };
  const kept: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void kept.push(work),
    passThroughOnException: () => {},
  };
  const send = (method: string, path: string, body: object) =>
    t.worker.fetch(
      new Request(`https://countersign.example${path}`, {
        method,
        headers: {
          authorization: `Bearer ${ADMIN_TOKEN}`,
          'content-type': 'application/json',
          accept: 'application/x-ndjson, */*;q=0.1',
        },
        body: JSON.stringify(body),
      }),
      env,
      context,
    );
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const writing = new Promise<void>((resolve) => {
    env.TRUST.before = (operation) => {
      if (operation === 'put') resolve();
      return operation === 'put' ? held : undefined;
    };
  });
  const abandoned = send('PUT', '/v1/policies/default', {
    rules: [{ name: 'a', match: ['**'], unsafeAllowUnsigned: 'x' }],
  });
  await writing;
  const finished = Promise.all(kept.splice(0));
  goOn();
  await finished;
  equal(audit(t).at(-1)?.action, 'policy.put', 'Workers waits until the change is logged');
  await abandoned;
  const before = audit(t).length;
  const answer = await send('POST', '/v1/verify/batch', { items: [{ image: 'a' }, { image: 'b' }] });
  await answer.body?.cancel();
  equal(kept.length, 1, 'and the judging');
  await Promise.all(kept);
  equal(audit(t).length - before, 2);
});

test('audit log: a reference that only the caller states, and a log that the caller waived, are marked', async (t) => {
  const { service, signer, layer, image, name } = await makeWorld(t);
  const last = () => audit(t).at(-1);
  const evidence = { payload: base64(layer.payload), signature: layer.signature, bundle: layer.bundle };
  const offline = (query: string) =>
    service.call('POST', `/v1/verify/${image.digest}?${query}`, { json: evidence });
  expectVerdict(await offline('key=release&reference=ghcr.io/acme/other:1'), 200, 'VERIFIED');
  equal([last().reference, last().unverified], ['ghcr.io/acme/other:1', ['reference']]);
  expectVerdict(await offline('key=release'), 200, 'VERIFIED');
  equal([last().reference, last().unverified], [undefined, undefined]);
  const item = { image: `${name}:1`, publicKeys: [signer.pem], transparency: 'unsafe-none' };
  expectVerdict(await service.call('POST', '/v1/verify', { json: item }), 200, 'VERIFIED');
  equal([last().transparency, last().unverified], ['unsafe-none', undefined]);
  equal((await service.call('POST', '/v1/verify/batch', { json: { items: [item] } })).status, 200);
  equal(last().transparency, 'unsafe-none');
  expectVerdict(
    await service.call('POST', '/v1/verify', { json: { ...item, transparency: 'required' } }),
    200,
    'VERIFIED',
  );
  equal(last().transparency, undefined);
});

test('audit log: a change of trust is one line, and a refused change is none', async (t) => {
  const world = await makeWorld(t);
  const { service, signer } = world;
  const before = audit(t).length;
  const headers = { 'x-request-id': 'change-42' };
  const call = (method: string, path: string, json?: object) =>
    service.call(method, path, { as: 'admin', headers, ...(json !== undefined && { json }) });
  await call('PUT', '/v1/keys/release', { publicKey: signer.pem, description: 'x' });
  await call('PUT', '/v1/keys/broken', { publicKey: 'x' });
  await call('POST', '/v1/keys/release/revoke', { reason: 'lost' });
  await call('PUT', '/v1/policies/prod', policyOf({ require: { keys: ['a'] } }));
  await call('PUT', '/v1/policies/prod', { rules: 1 });
  await call('DELETE', '/v1/policies/prod');
  await call('PUT', '/v1/tokens/ci', { scopes: ['verify'] });
  await call('DELETE', '/v1/tokens/ci');
  await call('DELETE', '/v1/keys/release');
  await call('DELETE', '/v1/logs/fake');
  await call('DELETE', '/v1/logs/fake');
  const lines = audit(t).slice(before);
  equal(
    lines.map(({ event, action, id, who, callerRequestId }) =>
      [event, action, id, who, callerRequestId].join(' '),
    ),
    [
      'key.put release',
      'key.revoke release',
      'policy.put prod',
      'policy.delete prod',
      'token.put ci',
      'token.delete ci',
      'key.delete release',
      'log.delete fake',
    ].map((what) => `change ${what} ADMIN_TOKEN change-42`),
  );
  for (const { action, revision } of lines)
    equal(typeof revision, action.endsWith('delete') ? 'undefined' : 'string');
});

test('A107 audit log: tokens are named by id, and neither secrets nor evidence are written', async (t) => {
  const world = await makeWorld(t, { vars: { ACCESS: 'token' } });
  const { service } = world;
  const made = await service.call('PUT', '/v1/tokens/ci', { as: 'admin', json: { scopes: ['verify'] } });
  const as = `Bearer ${made.json.secret}`;
  expectVerdict(await world.verify(undefined, undefined, { as }), 200, 'VERIFIED');
  await service.get('/v1/keys', { as: 'Bearer wrong-canary' });
  const text = JSON.stringify(t.logged());
  equal(audit(t).at(-1).who, 'token/ci');
  for (const secret of [made.json.secret, ADMIN_TOKEN, 'wrong-canary', world.layer.signature])
    excludes(text, secret, 'the log');
});

test('A108 /metrics: counters have bounded labels, and only administrators may read them', async (t) => {
  const world = await makeWorld(t);
  const { service } = world;
  for (let i = 0; i < 50; i++) await service.get(`/v1/verify/busybox-${i}:x${i}?key=k${i}`);
  await world.verify();
  await world.verify(undefined, 'key=release&annotation=a=b');
  for (const path of ['/nowhere/a', '/nowhere/b', '/v1/keys/a', '/v1/keys/b', '/v1/admission/x'])
    await service.get(path, ADMIN);
  equal((await service.get('/metrics')).status, 401);
  const { text, headers, status } = await service.get('/metrics', ADMIN);
  equal([status, headers.get('content-type')], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  match(text, /^countersign_decisions_total\{verdict="verified",code="VERIFIED"\} 1$/m);
  match(text, /^countersign_decisions_total\{verdict="refused",code="NO_TRUSTED_SIGNATURE"\} 1$/m);
  match(text, /^countersign_requests_total\{route="other",status="404"\} 2$/m);
  match(text, /^countersign_requests_total\{route="\/v1\/keys",status="404"\} 2$/m);
  match(text, /^countersign_verifications_total [1-9]\d*$/m);
  match(text, /^countersign_request_seconds_count \d+$/m);
  excludes(text, 'busybox', 'the metrics');
  const lines = text.split('\n').filter((line) => line !== '');
  ok(lines.length < 60, `${lines.length} lines`);
  for (const line of lines)
    match(line, /^(?:# (?:HELP|TYPE) countersign_\w+ .+|countersign_\w+(?:\{[^}]*\})? [0-9.e+-]+)$/);
});

test('Analytics Engine, if bound, gets one data point per request and one per decision', async (t) => {
  const points: { indexes: string[]; blobs: string[]; doubles: number[] }[] = [];
  const METRICS = { writeDataPoint: (point: (typeof points)[number]) => void points.push(point) };
  const world = await makeWorld(t, { vars: { METRICS } });
  await putPolicy(world.service, 'default', policyOf({ unsafeAllowUnsigned: 'x' }));
  points.length = 0;
  await world.verify(undefined, '');
  equal(
    points.map(({ blobs }) => blobs),
    [
      ['decision', 'exempt', 'EXEMPT'],
      ['request', '/v1/verify', '200'],
    ],
  );
  for (const { indexes, doubles } of points) equal([indexes.length, doubles.length], [1, 1]);
});

test('Analytics Engine refuses points beyond its limit: every image is still judged and logged', async (t) => {
  let points = 0;
  const METRICS = {
    writeDataPoint: () => {
      if (++points > 250) throw new Error('Analytics Engine write limit exceeded.');
    },
  };
  const { service } = await makeWorld(t, { vars: { METRICS } });
  await putPolicy(service, 'default', policyOf({ unsafeAllowUnsigned: 'x' }));
  const images = Array.from({ length: 300 }, (_, index) => `registry.example/a:${index}`);
  const items = images.map((image) => ({ image }));
  const before = audit(t).length;
  const answer = await service.call('POST', '/v1/verify/batch', { json: { items } });
  equal([answer.status, answer.json.results?.length], [200, images.length]);
  equal(
    audit(t)
      .slice(before)
      .map(({ reference }) => reference),
    images,
  );
  equal((await service.get('/healthz')).status, 200);
});
