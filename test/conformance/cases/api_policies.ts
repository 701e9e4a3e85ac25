// /v1/policies: policies are stored, shown and deleted, and what is refused when stored.
import { startService } from '../../support/service.ts';
import { equal, notEqual, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict } from '../support/world.ts';
import { byPolicy, makePolicyWorld, policyOf } from '../support/world_policies.ts';
import { type TestContext, test } from '../table.ts';

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
            {
              type: 'spdx',
              keys: ['c'],
              threshold: 1,
              where: { '/a/b': ['x', 1, true, null], '/c': 'y', '/d': { maxAge: '168h' } },
            },
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

test('PUT policy looks up at most 256 keys for its warnings, and says how many it did not', async (t) => {
  const { service, put } = start(t);
  const rules = Array.from({ length: 20 }, (_, rule) => ({
    name: `r${rule}`,
    match: [`ghcr.io/acme/a${rule}`],
    require: { keys: Array.from({ length: 15 }, (_, key) => `k${rule}-${key}`) },
  }));
  const created = await put({ rules });
  const { warnings } = created.json;
  equal([created.status, warnings.length], [201, 257], created.text);
  equal(warnings.slice(255), [
    'rules.17.require.keys.0: there is no key k17-0.',
    'Keys that were not looked up: 44.',
  ]);
  equal((await service.get('/v1/policies/prod', ADMIN)).json.warnings, warnings);
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
  [
    'rules.0.require.attestations.0.where./a.maxAge',
    require({ attestations: [{ type: 'spdx', where: { '/a': { maxAge: '7d' } } }] }),
  ],
  [
    'rules.0.require.attestations.0.where./a.maxAge',
    require({ attestations: [{ type: 'spdx', where: { '/a': { maxAge: '0s' } } }] }),
  ],
  [
    'rules.0.require.attestations.0.where./a',
    require({ attestations: [{ type: 'spdx', where: { '/a': { maxAge: 3600 } } }] }),
  ],
  [
    'rules.0.require.attestations.0.where./a',
    require({ attestations: [{ type: 'spdx', where: { '/a': { maxAge: '1h', minAge: '1m' } } }] }),
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
