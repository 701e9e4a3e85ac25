// The external data provider of OPA Gatekeeper.
import { equal, match } from '../support/assert.ts';
import { expectProblem } from '../support/world.ts';
import { makeCluster } from '../support/world_admission.ts';
import { policyOf, putPolicy } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('Gatekeeper: each key gets an item, with the pinned image if verified or an error if denied', async (t) => {
  const world = await makeCluster(t);
  const call = (json: unknown, path = '/v1/gatekeeper/default') => world.service.call('POST', path, { json });
  const request = (keys: unknown, apiVersion = 'externaldata.gatekeeper.sh/v1beta1') => ({
    apiVersion,
    kind: 'ProviderRequest',
    request: { keys },
  });
  const pinned = `${world.name}@${world.image.digest}`;
  const { status, json } = await call(request([world.good, world.bad, pinned, 'NOT A NAME']));
  equal(
    [status, json.kind, json.apiVersion],
    [200, 'ProviderResponse', 'externaldata.gatekeeper.sh/v1beta1'],
  );
  const { idempotent, systemError, items } = json.response;
  equal([idempotent, systemError, items.length], [true, '', 4]);
  equal(items[0], { key: world.good, value: `${world.good}@${world.image.digest}`, error: '' });
  equal([items[1].key, items[1].value], [world.bad, '']);
  match(items[1].error, /^NO_SIGNATURES: /);
  equal(items[2], { key: pinned, value: pinned, error: '' });
  match(items[3].error, /^BAD_REFERENCE: /);
  const absentTag = await call(request([`${world.name}:absent`, 'evil.example/x']));
  equal(absentTag.json.response.items, [], 'a missing tag has no item, which would be cached');
  match(absentTag.json.response.systemError, /IMAGE_NOT_FOUND.*REGISTRY_NOT_ALLOWED/);
  equal((await call(request([]))).json.response.items, []);
  const absent = await call(request([world.good]), '/v1/gatekeeper/absent');
  equal(absent.json.response.items, []);
  match(absent.json.response.systemError, /POLICY_NOT_FOUND: /);
  for (const broken of [{}, request('x'), request([1]), request([], 'v1'), { ...request([]), kind: 'x' }])
    expectProblem(await call(broken), 400, 'BAD_REQUEST', JSON.stringify(broken));
  await putPolicy(world.service, 'soft', policyOf({ mode: 'warn', require: { keys: ['a'] } }));
  const soft = await call(request([world.bad]), '/v1/gatekeeper/soft');
  equal(soft.json.response.items[0], { key: world.bad, value: world.bad, error: '' });
  const line = t.logged().findLast(({ event }) => event === 'decision');
  equal([line.code, line.passed, line.dryRun], ['NO_SIGNATURES', true, undefined]);
});

test('Gatekeeper: an undecided image gets no item, which Gatekeeper would cache, and is named in systemError', async (t) => {
  const world = await makeCluster(t);
  world.registry.lie = ({ reference }, truth) =>
    reference === 'down' ? new Response('', { status: 500 }) : truth();
  const keys = [world.good, `${world.name}:down`];
  const request = {
    apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
    kind: 'ProviderRequest',
    request: { keys },
  };
  const { json } = await world.service.call('POST', '/v1/gatekeeper/default', { json: request });
  const { items, systemError } = json.response;
  equal(
    items.map(({ key }: { key: string }) => key),
    [world.good],
  );
  match(systemError, /:down: REGISTRY_UNAVAILABLE: /);
});
