// /v1/policies, and verdicts by policy: what is refused when stored, what a rule requires beyond keys, warn mode and exemptions.
import { base64 } from '../../support/bytes.ts';
import { startService } from '../../support/service.ts';
import { equal, match, notEqual, ok } from '../assert.ts';
import { type TestContext, test } from '../table.ts';
import { expectProblem, expectVerdict, makeWorld } from '../world.ts';
import { byPolicy, makePolicyWorld, policyOf, putPolicy } from '../world_policies.ts';

const ADMIN = { as: 'admin' } as const;

const start = (t: TestContext) => {
  const service = startService(t.worker);
  const put = (json: unknown, headers: Record<string, string> = {}) =>
    service.call('PUT', '/v1/policies/prod', { as: 'admin', json, headers });
  return { service, put };
};

const RULE = { name: 'r', match: ['ghcr.io/acme/**'], require: { keys: ['a'] } };

test('policies are stored, shown, replaced, listed and deleted, and a policy’s version is its ETag', async (t) => {
  const { service, put } = start(t);
  const document = {
    description: 'production',
    mirrors: { 'mirror.example/hub': 'docker.io' },
    rules: [
      {
        name: 'apps',
        match: ['ghcr.io/acme/**'],
        except: ['ghcr.io/acme/tmp'],
        mode: 'warn',
        require: {
          threshold: 2,
          keys: ['a', 'b'],
          annotations: { env: 'prod' },
          transparency: 'online',
          attestations: [
            { type: 'spdx', keys: ['c'], threshold: 1, where: { '/a/b': ['x', 1, true, null], '/c': 'y' } },
          ],
        },
      },
      {
        name: 'base',
        match: ['docker.io/library/*'],
        unsafeAllowUnsigned: 'no upstream signatures',
        until: '2030-01-01T00:00:00Z',
      },
    ],
  };
  const created = await put(document);
  equal([created.status, created.headers.get('location')], [201, '/v1/policies/prod'], created.text);
  equal(created.headers.get('etag'), `"${created.json.version}"`);
  const { createdAt, createdBy, updatedAt, updatedBy, version, warnings, ...rest } = created.json;
  equal(rest, { id: 'prod', ...document });
  equal([createdBy, updatedBy, createdAt], ['ADMIN_TOKEN', 'ADMIN_TOKEN', updatedAt]);
  equal(warnings.length, 3, 'keys that are not stored');
  equal(warnings[2], 'rules.0.require.attestations.0.keys.0: there is no key c.');
  const changed = await put(policyOf(RULE));
  equal(changed.status, 200);
  notEqual(changed.json.version, version);
  equal((await service.get('/v1/policies/prod', ADMIN)).json.rules, policyOf(RULE).rules);
  const list = await service.get('/v1/policies', ADMIN);
  equal(
    list.json.policies.map(({ id }: { id: string }) => id),
    ['prod'],
  );
  equal((await service.call('DELETE', '/v1/policies/prod', ADMIN)).status, 204);
  expectProblem(await service.get('/v1/policies/prod', ADMIN), 404, 'POLICY_NOT_FOUND');
  expectProblem(await service.call('DELETE', '/v1/policies/prod', ADMIN), 404, 'POLICY_NOT_FOUND');
});

test('PUT policy works as curl -T sends it, without a Content-Type', async (t) => {
  const { service } = start(t);
  const body = new Blob([JSON.stringify(policyOf(RULE))]);
  equal((await service.call('PUT', '/v1/policies/prod', { as: 'admin', body })).status, 201);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expectProblem(
    await service.call('PUT', '/v1/policies/prod', { as: 'admin', body: 'x', headers: form }),
    415,
    'UNSUPPORTED_MEDIA_TYPE',
  );
});

test('A71 conditional requests on policies: If-None-Match and If-Match are obeyed', async (t) => {
  const { put } = start(t);
  expectProblem(await put(policyOf(RULE), { 'if-match': '*' }), 412, 'PRECONDITION_FAILED');
  const first = await put(policyOf(RULE), { 'if-none-match': '*' });
  equal(first.status, 201);
  expectProblem(await put(policyOf(RULE), { 'if-none-match': '*' }), 412, 'PRECONDITION_FAILED');
  const etag = first.headers.get('etag') ?? '';
  equal((await put(policyOf(RULE), { 'if-match': etag })).status, 200);
  expectProblem(await put(policyOf(RULE), { 'if-match': etag }), 412, 'PRECONDITION_FAILED', 'a replay');
});

const require = (more: object) => policyOf({ require: { keys: ['a', 'b'], ...more } });
const BROKEN: [place: string, document: unknown][] = [
  ['rules', {}],
  ['rules', { rules: 'all' }],
  ['', { rules: [], extra: 1 }],
  ['mirrors', { rules: [], mirrors: {} }],
  ['mirrors', { rules: [], mirrors: { hub: 'docker.io' } }],
  ['mirrors', { rules: [], mirrors: { 'a.example/x:1': 'docker.io' } }],
  ['mirrors', { rules: [], mirrors: { 'A.example': 'docker.io' } }],
  ['mirrors', { rules: [], mirrors: { 'a.example/': 'docker.io' } }],
  ['mirrors', { rules: [], mirrors: { 'a.example': 'index.docker.io' } }],
  ['rules.0.name', { rules: [{ ...RULE, name: undefined }] }],
  ['rules.0.name', { rules: [{ ...RULE, name: '' }] }],
  ['rules.0.name', { rules: [{ ...RULE, name: 'two\nlines' }] }],
  ['rules.1.name', { rules: [RULE, RULE] }],
  ['rules.0.match', { rules: [{ ...RULE, match: [] }] }],
  ['rules.0.match', { rules: [{ ...RULE, match: undefined }] }],
  ['rules.0.match', { rules: [{ ...RULE, match: '**' }] }],
  ['rules.0.match.1', { rules: [{ ...RULE, match: ['**', 'nginx'] }] }],
  ['rules.0.match.0', { rules: [{ ...RULE, match: ['(a+)+$'] }] }],
  ['rules.0.match.0', { rules: [{ ...RULE, match: ['ghcr.io/(a+)+$'] }] }],
  ['rules.0.match.0', { rules: [{ ...RULE, match: ['ghcr.io/acme/app:1'] }] }],
  ['rules.0.except.0', { rules: [{ ...RULE, except: ['x'] }] }],
  ['rules.0.mode', policyOf({ ...RULE, mode: 'eforce' })],
  ['rules.0.mode', policyOf({ ...RULE, mode: 'off' })],
  ['rules.0.mode', policyOf({ unsafeAllowUnsigned: 'x', mode: 'warn' })],
  ['rules.0', policyOf({ name: 'neither' })],
  ['rules.0', { rules: [{ ...RULE, onlyOn: 'Mondays' }] }],
  ['rules.0', policyOf({ ...RULE, unsafeAllowUnsigned: 'both' })],
  ['rules.0.until', policyOf({ ...RULE, until: '2030-01-01T00:00:00Z' })],
  ['rules.0.until', policyOf({ unsafeAllowUnsigned: 'x', until: 'tomorrow' })],
  ['rules.0.unsafeAllowUnsigned', policyOf({ unsafeAllowUnsigned: '' })],
  ['rules.0.require.keys', policyOf({ require: {} })],
  ['rules.0.require.keys', require({ keys: [] })],
  ['rules.0.require.keys', require({ keys: ['a', 'a'] })],
  ['rules.0.require.keys', require({ keys: Array.from({ length: 17 }, (_, i) => `k${i}`) })],
  ['rules.0.require.keys.0', require({ keys: ['A'] })],
  ['rules.0.require.threshold', require({ threshold: 0 })],
  ['rules.0.require.threshold', require({ threshold: -1 })],
  ['rules.0.require.threshold', require({ threshold: 1.5 })],
  ['rules.0.require.threshold', require({ threshold: '2' })],
  ['rules.0.require.threshold', require({ threshold: 3 })],
  ['rules.0.require', require({ subjectRegExp: '.*' })],
  ['rules.0.require.annotations', require({ annotations: {} })],
  ['rules.0.require.annotations.a', require({ annotations: { a: 1 } })],
  ['rules.0.require.transparency', require({ transparency: 'unsafe-none' })],
  ['rules.0.require.attestations', require({ attestations: [] })],
  ['rules.0.require.attestations.0.type', require({ attestations: [{}] })],
  ['rules.0.require.attestations.0.type', require({ attestations: [{ type: 'sbom' }] })],
  ['rules.0.require.attestations.0.keys', require({ attestations: [{ type: 'spdx', keys: [] }] })],
  ['rules.0.require.attestations.0.threshold', require({ attestations: [{ type: 'spdx', threshold: 3 }] })],
  ['rules.0.require.attestations.0.where', require({ attestations: [{ type: 'spdx', where: {} }] })],
  ['rules.0.require.attestations.0.where', require({ attestations: [{ type: 'spdx', where: { a: 'x' } }] })],
  [
    'rules.0.require.attestations.0.where',
    require({ attestations: [{ type: 'spdx', where: { '/~2': 'x' } }] }),
  ],
  [
    'rules.0.require.attestations.0.where./a',
    require({ attestations: [{ type: 'spdx', where: { '/a': [] } }] }),
  ],
  [
    'rules.0.require.attestations.0.where./a',
    require({ attestations: [{ type: 'spdx', where: { '/a': {} } }] }),
  ],
  ['rules.0.require.attestations.0', require({ attestations: [{ type: 'spdx', maxAge: '1d' }] })],
];

test('A9 A13 A63 A67 A75 an invalid policy is 400, the message names the place, and nothing is changed', async (t) => {
  const { service, put } = start(t);
  const good = await put(policyOf(RULE));
  for (const [place, document] of BROKEN) {
    const answer = await put(document);
    const what = JSON.stringify(document);
    expectProblem(answer, 400, 'BAD_POLICY', what);
    const { detail } = answer.json;
    ok(
      place === '' || detail.startsWith(`${place}: `) || detail.startsWith(`${place}.`),
      `${what}: ${detail}`,
    );
  }
  const raw = ['{', '', '[]', 'null', '{"rules":[],"rules":[]}', '{"rules":[],"__proto__":{}}'];
  for (const body of raw) {
    const answer = await service.call('PUT', '/v1/policies/prod', { as: 'admin', body });
    expectProblem(answer, 400, 'BAD_POLICY', body);
  }
  const long = policyOf({
    ...RULE,
    name: 'x'.repeat(1000),
    except: Array(100).fill(`ghcr.io/${'a'.repeat(490)}`),
  });
  expectProblem(await put(long), 413, 'TOO_LARGE');
  expectProblem(
    await service.call('PUT', '/v1/policies/A', { as: 'admin', json: policyOf(RULE) }),
    400,
    'BAD_REQUEST',
  );
  equal((await service.get('/v1/policies/prod', ADMIN)).json.version, good.json.version);
});

test('A67 a stored policy that cannot be parsed, or has unknown fields, is undecided, never looser', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a'] } }] });
  expectVerdict(await byPolicy(world), 200, 'VERIFIED');
  const stored = world.service.kv.stored.get('policy/default');
  const record = JSON.parse(stored?.value ?? '');
  const [rule] = record.rules;
  const spoiled = [
    '{',
    'null',
    JSON.stringify({ ...record, rules: [{ ...rule, mode: 'eforce' }] }),
    JSON.stringify({ ...record, rules: [{ ...rule, later: true }] }),
    JSON.stringify({ ...record, rules: [{ ...rule, require: { keys: [] } }] }),
    JSON.stringify({ ...record, id: 'other' }),
  ];
  for (const value of spoiled) {
    world.service.kv.stored.set('policy/default', { value, metadata: null });
    expectVerdict(await byPolicy(world), 503, 'STORE_UNAVAILABLE', value);
  }
});

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
  match(strict.json.summary, /3 different keys are required; only 2 count \(a, b\)/);
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

test('a long policy with text outside of Latin-1 is stored like any other', async (t) => {
  const { put } = start(t);
  const long = policyOf(
    ...Array.from({ length: 60 }, (_, at) => ({ ...RULE, name: `regel ${at} – ${'x'.repeat(500)}` })),
  );
  ok(JSON.stringify(long).length > 33_000);
  equal((await put(long)).status, 201);
});

test('a policy may have the id test', async (t) => {
  const { service } = start(t);
  equal((await service.call('PUT', '/v1/policies/test', { as: 'admin', json: policyOf(RULE) })).status, 201);
  equal((await service.get('/v1/policies/test', ADMIN)).status, 200);
});
