// What a policy's rule may require: keys, thresholds, annotations, the log, attestations; and how that combines with the request.
import { tagAttestations } from '../../support/artifacts.ts';
import { makeKey, type Signer } from '../../support/keys.ts';
import { imageConfig, makeIndex, payloadFor } from '../../support/sign_image.ts';
import { equal, includes, match, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict, logged, REPOSITORY, trustKey } from '../support/world.ts';
import { signEnvelope } from '../support/world_bundles.ts';
import {
  attest,
  byPolicy,
  makePolicyWorld,
  policyOf,
  putPolicy,
  type Rule,
  signerOf,
  signWith,
} from '../support/world_policies.ts';
import { test } from '../table.ts';

const SPDX = 'https://spdx.dev/Document';
const SIGN_V1 = 'https://sigstore.dev/cosign/sign/v1';
const VULN = 'https://cosign.sigstore.dev/attestation/vuln/v1';

test('A73 if any of several keys is enough, an undecided signature neither spoils a good one nor counts', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a', 'b'] } }] });
  const { registry, log, image, signers } = world;
  const layer = (id: string) =>
    logged(log, signerOf(signers, id), payloadFor(image.digest, { optional: { by: id } }));
  await registry.sign('app', image.digest, [await layer('a'), await layer('b')]);
  let spoiled = 0;
  registry.lie = ({ what }, truth) => {
    if (what !== 'blob' || spoiled++ > 0) return truth();
    return new Response('', { status: 500, headers: { 'retry-after': '1' } });
  };
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  await putPolicy(world.service, 'default', policyOf({ require: { threshold: 2, keys: ['a', 'b'] } }));
  spoiled = 0;
  const undecided = await byPolicy(world);
  expectVerdict(undecided, 503, 'REGISTRY_UNAVAILABLE');
  equal(undecided.json.trust.policy.rule, 'rule 0', 'an undecided verdict names the rule that applies');
  registry.lie = (_, truth) => truth();
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
});

test('A74 an image with signatures by a good and a revoked key passes; with only the revoked one it is refused', async (t) => {
  const world = await makePolicyWorld(t, { by: ['a', 'b'], rules: [{ require: { keys: ['a', 'b'] } }] });
  const revoke = (id: string) =>
    world.service.call('POST', `/v1/keys/${id}/revoke`, { as: 'admin', json: { reason: 'x' } });
  equal((await revoke('a')).status, 200);
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  equal((await revoke('b')).status, 200);
  expectVerdict(await byPolicy(world), 403, 'NO_TRUSTED_SIGNATURE');
});

test('the annotations of the rule and of the caller must all match', async (t) => {
  const optional = { env: 'prod', team: 'x' };
  const world = await makePolicyWorld(t, {
    payload: { optional },
    rules: [{ require: { keys: ['a'], annotations: { env: 'prod' } } }],
  });
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  expectVerdict(await byPolicy(world, 'annotation=team=x'), 200, 'VERIFIED');
  expectVerdict(await byPolicy(world, 'annotation=team=y'), 403, 'NO_TRUSTED_SIGNATURE');
  await putPolicy(
    world.service,
    'default',
    policyOf({ require: { keys: ['a'], annotations: { env: 'dev' } } }),
  );
  const answer = await byPolicy(world, 'annotation=env=prod');
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(answer.json.signatures[0].code, 'ANNOTATION_MISMATCH');
});

test('of the transparency terms of key, rule and request, the strictest applies', async (t) => {
  const world = await makePolicyWorld(t, { by: [], vars: { CACHE_SECONDS: '0' } });
  const { service, image, registry, signers, log } = world;
  const waived = await makeKey();
  await trustKey(service, 'waived', waived, { transparency: 'unsafe-none' });
  const { bundle: _, ...unlogged } = await logged(log, waived, payloadFor(image.digest));
  await registry.sign('app', image.digest, [unlogged]);
  await putPolicy(service, 'default', policyOf({ require: { keys: ['waived'] } }));
  expectVerdict(await byPolicy(world), 200, 'VERIFIED', 'the key waives it');
  expectVerdict(await byPolicy(world, 'transparency=required'), 403, 'NO_TRUSTED_SIGNATURE');
  await putPolicy(service, 'default', policyOf({ require: { keys: ['waived'], transparency: 'required' } }));
  const answer = await byPolicy(world);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(answer.json.signatures[0].code, 'LOG_ENTRY_MISSING');
  const json = { image: world.byDigest, policy: 'default', transparency: 'unsafe-none' };
  expectProblem(await service.call('POST', '/v1/verify', { json }), 400, 'BAD_REQUEST');
  await signWith(world, image, [signerOf(signers, 'a')]);
  await putPolicy(service, 'online', policyOf({ require: { keys: ['a'], transparency: 'online' } }));
  const online = await byPolicy(world, 'policy=online', `${world.name}:1`);
  expectVerdict(online, 200, 'VERIFIED');
  equal(online.json.signatures[0].transparency.proof, 'online');
});

test('A4 a required attestation must have the type, be by the rule’s keys, and have the required predicate values', async (t) => {
  const rule = (attestation: object): Rule[] => [{ require: { keys: ['a'], attestations: [attestation] } }];
  const world = await makePolicyWorld(t, {
    rules: rule({ type: 'spdx', keys: ['b'] }),
    vars: { CACHE_SECONDS: '0' },
  });
  const b = signerOf(world.signers, 'b');
  const missing = await byPolicy(world);
  expectVerdict(missing, 403, 'POLICY_THRESHOLD', 'signed, not attested');
  match(missing.json.summary, /An attestation of type https:\/\/spdx\.dev\/Document .* none was found/);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  await attest(world, b, VULN, {
    scanner: { result: 'ok', findings: 3, critical: false },
    metadata: { scanFinishedOn: hourAgo },
  });
  expectVerdict(await byPolicy(world), 403, 'POLICY_THRESHOLD', 'another type');
  await attest(world, signerOf(world.signers, 'a'), SPDX);
  const other = await byPolicy(world);
  expectVerdict(other, 403, 'POLICY_THRESHOLD', 'by another key');
  includes(
    other.json.signatures.map(({ code }: { code: string }) => code),
    'UNTRUSTED_KEY',
  );
  await attest(world, b, SPDX);
  const good = await byPolicy(world);
  expectVerdict(good, 200, 'VERIFIED');
  match(good.json.summary, /^Signed by a, .*\. Attested \(https:\/\/spdx\.dev\/Document\) by b, /);
  const wheres: [object, boolean][] = [
    [{ '/scanner/result': 'ok' }, true],
    [{ '/scanner/result': ['bad', 'ok'] }, true],
    [{ '/scanner/result': 'ok', '/scanner/findings': 3 }, true],
    [{ '/scanner/critical': false }, true],
    [{ '/metadata/scanFinishedOn': { maxAge: '2h' } }, true],
    [{ '/metadata/scanFinishedOn': { maxAge: '90m' }, '/scanner/findings': 3 }, true],
    [{ '/metadata/scanFinishedOn': { maxAge: '59m' } }, false],
    [{ '/scanner/result': { maxAge: '2h' } }, false],
    [{ '/scanner/result': 'bad' }, false],
    [{ '/scanner/findings': '3' }, false],
    [{ '/scanner/findings': [1, 2] }, false],
    [{ '/scanner/missing': null }, false],
    [{ '/scanner': 'ok' }, false],
    [{ '/scanner/result': 'ok', '/scanner/critical': true }, false],
  ];
  for (const [where, isGood] of wheres) {
    await putPolicy(world.service, 'default', policyOf(...rule({ type: 'vuln', keys: ['b'], where })));
    const answer = await byPolicy(world);
    expectVerdict(
      answer,
      isGood ? 200 : 403,
      isGood ? 'VERIFIED' : 'POLICY_THRESHOLD',
      JSON.stringify(where),
    );
    const vuln = answer.json.signatures.find(
      ({ predicateType }: { predicateType: string }) => predicateType === VULN,
    );
    const check = vuln.checks.find(({ name }: { name: string }) => name === 'predicate');
    equal([vuln.code, check.result], isGood ? ['VERIFIED', 'pass'] : ['PREDICATE_MISMATCH', 'fail']);
  }
});

test('attestation= with a policy is required in addition to the policy', async (t) => {
  const world = await makePolicyWorld(t, {
    by: [],
    rules: [{ require: { keys: ['a'] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  const a = signerOf(world.signers, 'a');
  await attest(world, a, SPDX);
  expectVerdict(await byPolicy(world, 'attestation=spdx'), 403, 'POLICY_THRESHOLD', 'attested, not signed');
  await signWith(world, world.image, [a]);
  expectVerdict(await byPolicy(world, 'attestation=spdx'), 200, 'VERIFIED');
  expectVerdict(await byPolicy(world, 'attestation=vuln'), 403, 'POLICY_THRESHOLD');
  const printed = await byPolicy(world, 'format=cosign');
  equal(printed.json.length, 1, 'cosign prints the signature');
});

test('attestation= of a type that the rule requires must be by the keys that the rule names', async (t) => {
  const world = await makePolicyWorld(t, {
    rules: [{ require: { keys: ['a'], attestations: [{ type: 'spdx', keys: ['b'] }] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  await attest(world, signerOf(world.signers, 'b'), SPDX);
  for (const query of ['', 'attestation=spdx', `attestation=${SPDX}`])
    expectVerdict(await byPolicy(world, query), 200, 'VERIFIED', query);
  expectVerdict(await byPolicy(world, 'attestation=vuln'), 403, 'POLICY_THRESHOLD');
});

test('a statement of the signature type counts as a signature, even if that type is also required as an attestation', async (t) => {
  const world = await makePolicyWorld(t, {
    by: [],
    rules: [{ require: { keys: ['a'] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  await attest(world, signerOf(world.signers, 'a'), SIGN_V1);
  expectVerdict(await byPolicy(world, `attestation=${SIGN_V1}`), 200, 'VERIFIED');
  const both = { require: { keys: ['a'], attestations: [{ type: SIGN_V1 }] } };
  await putPolicy(world.service, 'default', policyOf(both));
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  await putPolicy(
    world.service,
    'default',
    policyOf({ require: { keys: ['b'], attestations: [{ type: SIGN_V1, keys: ['a'] }] } }),
  );
  expectVerdict(await byPolicy(world), 403, 'POLICY_THRESHOLD', 'by the key that signs');
});

test('A42 a refusal names what is definitely missing, not what is undecided', async (t) => {
  const world = await makePolicyWorld(t, {
    rules: [{ require: { keys: ['a'], transparency: 'online', attestations: [{ type: 'spdx' }] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  world.log.lie = () => new Response('', { status: 500 });
  const answer = await byPolicy(world);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  match(answer.json.summary, /^An attestation of type \S+ by a trusted key is required; none was found\.$/);
  await attest(world, signerOf(world.signers, 'a'), SPDX);
  expectVerdict(await byPolicy(world), 503, 'REKOR_UNAVAILABLE', 'attested');
  const missing = await world.verify(undefined, 'key=a&attestation=slsaprovenance1');
  expectVerdict(missing, 403, 'NO_TRUSTED_SIGNATURE', 'of another type');
  const none = await makePolicyWorld(t, {});
  const unattested = await none.verify(undefined, 'key=a&attestation=spdx');
  expectVerdict(unattested, 403, 'NO_SIGNATURES');
  match(unattested.json.summary, /^No attestation of type \S+ was found/);
});

test('key scopes are matched against the name after mirrors, while the given name is fetched', async (t) => {
  const world = await makePolicyWorld(t, { by: [] });
  const scoped = await makeKey();
  await trustKey(world.service, 'scoped', scoped, { scopes: ['docker.io/library/*'] });
  await signWith(world, world.image, [scoped]);
  const rules = [{ name: 'hub', match: ['docker.io/library/*'], require: { keys: ['scoped'] } }];
  await putPolicy(world.service, 'default', { mirrors: { [world.registry.host]: 'docker.io' }, rules });
  const answer = await byPolicy(world, '', `${world.name}:1`);
  expectVerdict(answer, 200, 'VERIFIED');
  ok(
    world.upstream.sent.every(({ url }) => new URL(url).host === world.registry.host),
    'fetched from the mirror',
  );
  const scope = answer.json.signatures[0].checks.find(({ name }: { name: string }) => name === 'key-scope');
  equal(scope.actual, 'docker.io/library/app');
  expectVerdict(
    await world.verify(undefined, 'key=scoped'),
    403,
    'NO_TRUSTED_SIGNATURE',
    'without a policy mirrors do not apply',
  );
});

test('a threshold must be met by signatures of one digest: the index or its image, not one of each', async (t) => {
  const world = await makePolicyWorld(t, {
    by: [],
    rules: [{ require: { threshold: 2, keys: ['a', 'b', 'c'] } }],
  });
  const { registry, signers, image } = world;
  const index = await makeIndex([{ image, platform: { os: 'linux', architecture: 'amd64' } }]);
  registry.push('app', await imageConfig('x'));
  registry.push('app', index, 'multi');
  const [a, b, c] = ['a', 'b', 'c'].map((id) => signerOf(signers, id)) as [Signer, Signer, Signer];
  const ask = () => world.verify(`${world.name}:multi`, 'platform=linux/amd64');
  await signWith(world, image, [a]);
  await signWith(world, index, [b]);
  expectVerdict(await ask(), 403, 'POLICY_THRESHOLD');
  const second = await makePolicyWorld(t, {
    by: [],
    rules: [{ require: { threshold: 2, keys: ['a', 'b', 'c'] } }],
  });
  const own = await makeIndex([{ image: second.image, platform: { os: 'linux', architecture: 'amd64' } }]);
  second.registry.push('app', own, 'multi');
  const two = ['a', 'b'].map((id) => signerOf(second.signers, id));
  await signWith(second, second.image, two);
  await signWith(second, own, [signerOf(second.signers, 'c')]);
  const text = await second.verify(`${second.name}:multi`, 'platform=linux/amd64', {
    headers: { accept: 'text/plain' },
  });
  ok(text.text.startsWith(`verified ${second.image.digest} by `), text.text);
  ok(c !== undefined);
});

test('A4 an attached envelope is no signature, also where a rule requires attestations and so looks for it', async (t) => {
  const require = { keys: ['a'] };
  const world = await makePolicyWorld(t, { by: [], rules: [{ require }], vars: { CACHE_SECONDS: '0' } });
  const signer = signerOf(world.signers, 'a');
  const envelopes = await Promise.all(
    [SIGN_V1, SPDX].map((predicateType) => signEnvelope(world, { signer, predicateType })),
  );
  const layers = envelopes.map(({ bytes, logBundle }) => ({ envelope: bytes, bundle: logBundle }));
  await tagAttestations(world.registry, REPOSITORY, world.image, layers);
  expectVerdict(await byPolicy(world), 403, 'NO_SIGNATURES', 'not looked for');
  await putPolicy(
    world.service,
    'default',
    policyOf({ require: { ...require, attestations: [{ type: SPDX }] } }),
  );
  const answer = await byPolicy(world);
  expectVerdict(answer, 403, 'POLICY_THRESHOLD');
  equal(
    answer.json.signatures.map(({ code }: { code: string }) => code),
    ['PREDICATE_TYPE_MISMATCH', 'VERIFIED'],
  );
  await signWith(world, world.image, [signer]);
  expectVerdict(await byPolicy(world), 200, 'VERIFIED', 'with a signature');
});
