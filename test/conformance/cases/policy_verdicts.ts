// Verdicts by policy: what the answer names, no matching rule, warn mode, exemptions, and evidence in the request.
import { base64 } from '../../support/bytes.ts';
import { equal, match } from '../support/assert.ts';
import { expectProblem, expectVerdict, makeWorld } from '../support/world.ts';
import { byPolicy, makePolicyWorld, policyOf, putPolicy } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('a verdict by policy names the policy, its version and the rule; the policy default applies if none is named', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a', 'b'] });
  const { service } = world;
  expectProblem(await world.verify(undefined, ''), 400, 'NO_TRUST_NAMED');
  const { json } = await putPolicy(
    service,
    'default',
    policyOf({ name: 'two', require: { threshold: 2, keys: ['a', 'b', 'c'] } }),
  );
  const answer = await byPolicy(world);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.trust, {
    policy: { id: 'default', version: json.version, rule: 'two', enforcement: 'enforce' },
  });
  match(answer.json.summary, /^Signed by [ab], logged as #\d+, and by [ab], logged as #\d+\.$/);
  await putPolicy(service, 'strict', policyOf({ require: { threshold: 3, keys: ['a', 'b', 'c'] } }));
  const strict = await world.verify(world.byDigest, 'policy=strict');
  expectVerdict(strict, 403, 'POLICY_THRESHOLD');
  match(strict.json.summary, /3 different keys are required, of a, b, c; only 2 count \(a, b\)/);
  const posted = await service.call('POST', '/v1/verify', {
    json: { image: world.byDigest, policy: 'strict' },
  });
  expectVerdict(posted, 403, 'POLICY_THRESHOLD');
  expectProblem(await world.verify(undefined, 'policy=absent'), 404, 'POLICY_NOT_FOUND');
  expectProblem(await world.verify(undefined, 'policy=strict&key=a'), 400, 'BAD_REQUEST');
  const text = await world.verify(world.byDigest, '', { headers: { accept: 'text/plain' } });
  match(text.text, /^verified sha256:[0-9a-f]{64} by [ab] \(sha256:/);
});

test('A63 the verdict is refused if no rule matches, or if the rule’s keys are not stored', async (t) => {
  const world = await makePolicyWorld(t, { rules: [] });
  const none = await byPolicy(world);
  expectVerdict(none, 403, 'POLICY_NO_RULE');
  equal(none.json.trust.policy.rule, undefined);
  const byDigest = await world.verify(world.byDigest, '', { headers: { accept: 'text/plain' } });
  match(byDigest.text, /^refused sha256:[0-9a-f]{64} POLICY_NO_RULE /);
  await putPolicy(world.service, 'default', policyOf({ require: { keys: ['nobody'] } }));
  const nobody = await byPolicy(world);
  expectVerdict(nobody, 403, 'NO_TRUSTED_SIGNATURE');
  match(nobody.json.summary, /keys that are not stored: nobody/);
});

test('warn mode returns the true verdict', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ mode: 'warn', require: { keys: ['a'] } }] });
  const answer = await byPolicy(world);
  expectVerdict(answer, 403, 'NO_SIGNATURES');
  equal(answer.json.trust.policy.enforcement, 'warn');
});

test('an exempt image passes without a request to the registry, and asking for more than that is refused', async (t) => {
  const world = await makePolicyWorld(t, {
    by: [],
    rules: [{ name: 'base', unsafeAllowUnsigned: 'signed next year' }],
  });
  const answer = await byPolicy(world, '', `${world.name}:1`);
  equal(
    [answer.status, answer.json.verdict, answer.json.code, answer.headers.get('countersign-verdict')],
    [200, 'exempt', 'EXEMPT', 'exempt'],
  );
  equal(answer.json.summary, 'Exempt from signing by rule base: signed next year');
  equal(answer.json.trust.policy.rule, 'base');
  equal(world.upstream.sent.length, 0);
  const text = await world.verify(world.byDigest, '', { headers: { accept: 'text/plain' } });
  equal(
    text.text,
    `exempt ${world.image.digest} EXEMPT Exempt from signing by rule base: signed next year\n`,
  );
  for (const more of ['annotation=a=b', 'attestation=spdx', 'transparency=required'])
    expectProblem(await byPolicy(world, more), 400, 'BAD_REQUEST', more);
});

test('offline by policy: reference= says where the image is meant to go, and is shown as the caller’s claim', async (t) => {
  const world = await makeWorld(t);
  const { service, layer, image } = world;
  const path = `/v1/verify/${image.digest}`;
  const json = { payload: base64(layer.payload), signature: layer.signature, bundle: layer.bundle };
  const post = (query: string) => service.call('POST', `${path}?${query}`, { json });
  expectProblem(await post('reference=ghcr.io/acme/app'), 400, 'NO_TRUST_NAMED', 'no policy default');
  await putPolicy(
    service,
    'default',
    policyOf({ match: ['ghcr.io/acme/*'], require: { keys: ['release'] } }),
  );
  expectProblem(await post('policy=default'), 400, 'BAD_REQUEST');
  expectProblem(await post(''), 400, 'BAD_REQUEST');
  const answer = await post('reference=ghcr.io/acme/app:1');
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.subject, {
    reference: 'ghcr.io/acme/app:1',
    digest: image.digest,
    unverified: ['reference'],
  });
  expectVerdict(await post('reference=ghcr.io/other/app'), 403, 'POLICY_NO_RULE');
  const other = `ghcr.io/acme/app@sha256:${'0'.repeat(64)}`;
  expectProblem(await post(`reference=${other}`), 400, 'BAD_REQUEST', 'two digests');
  expectVerdict(await post(`reference=ghcr.io/acme/app@${image.digest}`), 200, 'VERIFIED');
});
