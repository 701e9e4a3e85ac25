// POST /v1/policies/test: a draft policy is tried out, with an explanation and what would change.
import { base64 } from '../../support/bytes.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { equal, match } from '../support/assert.ts';
import { expectProblem, logged } from '../support/world.ts';
import { anotherImage, makePolicyWorld, policyOf, putPolicy, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('policy test: a draft is tried on images, compared with the policy in force, and not stored', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a'], rules: [{ name: 'now', require: { keys: ['a'] } }] });
  const { service, name, byDigest } = world;
  const draft = policyOf(
    { name: 'base', match: ['docker.io/library/*'], unsafeAllowUnsigned: 'x' },
    { name: 'two', mode: 'warn', require: { threshold: 2, keys: ['a', 'b'] } },
  );
  const before = JSON.stringify([...service.kv.stored]);
  const images = [`${name}:1`, byDigest, 'busybox', 'NOT A NAME', `${name}:absent`];
  const answer = await service.call('POST', '/v1/policies/test', {
    as: 'admin',
    json: { policy: draft, images },
  });
  equal(answer.status, 200, answer.text);
  const [tag, digest, busybox, mistake, absent] = answer.json.results;
  equal([tag.image, tag.verdict, tag.code], [`${name}:1`, 'refused', 'POLICY_THRESHOLD']);
  equal(tag.trust.policy, { id: 'draft', version: 'draft', rule: 'two', enforcement: 'warn' });
  equal(tag.explanation.rules, [
    { rule: 'base', result: 'no pattern matches' },
    { rule: 'two', result: 'matched by **' },
  ]);
  const { version, ...current } = tag.current;
  equal(current, {
    verdict: 'verified',
    code: 'VERIFIED',
    policy: 'default',
    rule: 'now',
    enforcement: 'enforce',
    changes: true,
  });
  equal(version, (await service.get('/v1/policies/default', { as: 'admin' })).json.version);
  equal(digest.code, 'POLICY_THRESHOLD');
  equal(
    [busybox.code, busybox.current.code, busybox.current.changes],
    ['EXEMPT', 'REGISTRY_NOT_ALLOWED', undefined],
  );
  equal([mistake.code, mistake.verdict, mistake.image], ['BAD_REFERENCE', 'undecided', 'NOT A NAME']);
  equal([mistake.explanation, mistake.current], [undefined, undefined], 'it names no image');
  equal(absent.code, 'IMAGE_NOT_FOUND');
  equal(absent.explanation.rules[1], { rule: 'two', result: 'matched by **' });
  equal([absent.current.code, absent.current.changes], ['IMAGE_NOT_FOUND', undefined]);
  equal(JSON.stringify([...service.kv.stored]), before, 'nothing is stored');
  const same = await service.call('POST', '/v1/policies/test', {
    as: 'admin',
    json: { policy: 'default', images: [byDigest] },
  });
  equal([same.json.results[0].code, same.json.results[0].current.changes], ['VERIFIED', false]);
});

test('policy test: a draft is compared with another policy, or with none', async (t) => {
  const world = await makePolicyWorld(t);
  const { service, byDigest } = world;
  const call = (more: object) =>
    service.call('POST', '/v1/policies/test', {
      as: 'admin',
      json: { policy: policyOf({ require: { keys: ['a'] } }), images: [byDigest], ...more },
    });
  equal((await call({})).json.results[0].current, undefined, 'there is no default policy yet');
  expectProblem(await call({ against: 'prod' }), 404, 'POLICY_NOT_FOUND');
  await putPolicy(service, 'prod', policyOf());
  const { current } = (await call({ against: 'prod' })).json.results[0];
  equal([current.policy, current.code, current.changes], ['prod', 'POLICY_NO_RULE', true]);
});

test('policy test: a stored policy that is compared with itself is read once, so a change at that moment makes no difference', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a'], rules: [{ name: 'now', require: { keys: ['a'] } }] });
  const { service, byDigest } = world;
  const { length } = service.kv.reads;
  const json = { policy: 'default', images: [byDigest] };
  const answer = await service.call('POST', '/v1/policies/test', { as: 'admin', json });
  equal(answer.json.results[0].current.changes, false, answer.text);
  const reads = service.kv.reads.slice(length).filter((name) => name === 'policy/default');
  equal(reads.length, 1, 'reads');
});

test('policy test: supplied evidence in place of images is judged without the network', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  const { service, image, signers, log } = world;
  const held = async (id: string) => {
    const { payload, signature, bundle } = await logged(log, signerOf(signers, id), payloadFor(image.digest));
    return { payload: base64(payload), signature, bundle };
  };
  const [a, b] = [await held('a'), await held('b')];
  const policy = policyOf({ match: ['ghcr.io/acme/**'], require: { threshold: 2, keys: ['a', 'b'] } });
  const item = (evidence: unknown, reference = 'ghcr.io/acme/app:1', digest = image.digest) => ({
    reference,
    digest,
    evidence,
  });
  const images = [
    item([a, b]),
    item(a),
    item([]),
    item([a, b], 'ghcr.io/other/app'),
    item([a, b], 'ghcr.io/acme/app', `sha256:${'0'.repeat(64)}`),
    item([a, b], 'NOT A NAME'),
    item([{ payload: 'x' }]),
    item(a, 'ghcr.io/acme/app', 'sha256:0'),
  ];
  const answer = await service.call('POST', '/v1/policies/test', { as: 'admin', json: { policy, images } });
  equal(
    answer.json.results.map(({ code }: { code: string }) => code),
    [
      'VERIFIED',
      'POLICY_THRESHOLD',
      'NO_SIGNATURES',
      'POLICY_NO_RULE',
      'NO_TRUSTED_SIGNATURE',
      'BAD_REFERENCE',
      'BAD_REQUEST',
      'BAD_DIGEST',
    ],
  );
  equal(answer.json.results[0].subject, {
    reference: 'ghcr.io/acme/app:1',
    digest: image.digest,
    unverified: ['reference'],
  });
  equal(world.upstream.sent.length, 0);
});

test('policy test: each image is fetched once for both policies, and a token’s names apply', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const images = [];
  for (let i = 0; i < 7; i++)
    images.push(`${world.name}:${(await anotherImage(world, [signerOf(world.signers, 'a')])).tag}`);
  const json = { policy: policyOf({ require: { keys: ['b'] } }), images };
  const { json: answer } = await world.service.call('POST', '/v1/policies/test', { as: 'admin', json });
  for (const { code, current } of answer.results)
    equal([code, current.code, current.changes], ['NO_TRUSTED_SIGNATURE', 'VERIFIED', true]);
  const terms = { scopes: ['admin'], names: ['ghcr.io/**'] };
  const { json: made } = await world.service.call('PUT', '/v1/tokens/team', { as: 'admin', json: terms });
  const limited = await world.service.call('POST', '/v1/policies/test', {
    as: `Bearer ${made.secret}`,
    json,
  });
  for (const { code } of limited.json.results) equal(code, 'FORBIDDEN');
  equal(limited.json.results[0].code, 'FORBIDDEN');
});

test('policy test: an invalid draft is 400, and the message names the place in the body', async (t) => {
  const { service } = await makePolicyWorld(t);
  const call = (json: unknown) => service.call('POST', '/v1/policies/test', { as: 'admin', json });
  const broken = await call({ policy: policyOf({ require: { keys: [] } }), images: ['busybox'] });
  expectProblem(broken, 400, 'BAD_POLICY');
  match(broken.json.detail, /^policy\.rules\.0\.require\.keys: /);
  expectProblem(await call({ policy: 'absent', images: ['busybox'] }), 404, 'POLICY_NOT_FOUND');
  for (const json of [
    {},
    { policy: policyOf() },
    { policy: policyOf(), images: [] },
    { policy: policyOf(), images: [1] },
  ])
    expectProblem(await call(json), 400, 'BAD_REQUEST', JSON.stringify(json));
  const many = Array.from({ length: 101 }, () => 'busybox');
  expectProblem(await call({ policy: policyOf(), images: many }), 400, 'BAD_REQUEST');
});
