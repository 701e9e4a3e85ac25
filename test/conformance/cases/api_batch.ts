// POST /v1/verify/batch: many images in one call, in order, each with its own outcome.
import { attachSignature } from '../../support/artifacts.ts';
import { endless } from '../../support/upstream.ts';
import { equal, match } from '../support/assert.ts';
import { expectProblem, makeWorld, REPOSITORY } from '../support/world.ts';
import { PROVENANCE } from '../support/world_bundles.ts';
import { attest, makePolicyWorld, policyOf, putPolicy, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

// biome-ignore lint/suspicious/noExplicitAny: results are read by the case that knows their form
type Result = any;
const codes = (json: { results: Result[] }) => json.results.map(({ code }) => code);

test('batch: results are in input order, each with its image, and the status is the worst one', async (t) => {
  const world = await makeWorld(t);
  const { service, name, byDigest } = world;
  const item = (image: string, more: object = {}) => ({ image, keys: ['release'], ...more });
  const call = async (items: object[]) => {
    const answer = await service.call('POST', '/v1/verify/batch', { json: { items } });
    return { ...answer, codes: codes(answer.json), verdict: answer.headers.get('countersign-verdict') };
  };
  const good = await call([item(`${name}:1`), item(byDigest)]);
  equal([good.status, good.codes, good.verdict], [200, ['VERIFIED', 'VERIFIED'], 'verified']);
  equal(
    good.json.results.map(({ image }: Result) => image),
    [`${name}:1`, byDigest],
  );
  equal(good.json.results[0].subject.digest, world.image.digest);
  const refused = await call([item(byDigest, { annotations: { a: 'b' } }), item(byDigest)]);
  equal(
    [refused.status, refused.codes, refused.verdict],
    [403, ['NO_TRUSTED_SIGNATURE', 'VERIFIED'], 'refused'],
  );
  const absent = await call([
    item(`${name}:absent`),
    item(byDigest),
    item(byDigest, { annotations: { a: 'b' } }),
  ]);
  equal([absent.status, absent.verdict], [404, 'undecided']);
  equal(absent.codes, ['IMAGE_NOT_FOUND', 'VERIFIED', 'NO_TRUSTED_SIGNATURE']);
  equal([absent.json.results[0].verdict, absent.json.results[0].status], ['undecided', 404]);
  equal(absent.json.results[0].instance, absent.headers.get('x-request-id'));
  const mistakes = await call([
    item('NOT A NAME'),
    item(byDigest, { keys: ['nobody'] }),
    item('127.0.0.1/x'),
    { image: byDigest },
    item(byDigest),
  ]);
  equal(mistakes.status, 404);
  equal(mistakes.codes, [
    'BAD_REFERENCE',
    'KEY_NOT_FOUND',
    'REGISTRY_NOT_ALLOWED',
    'NO_TRUST_NAMED',
    'VERIFIED',
  ]);
  world.registry.lie = ({ repository }, truth) =>
    repository === 'app' ? truth() : new Response('', { status: 500 });
  const undecided = await call([item(byDigest), item(`${world.registry.host}/down:1`)]);
  equal(
    [undecided.status, undecided.codes, undecided.verdict],
    [503, ['VERIFIED', 'REGISTRY_UNAVAILABLE'], 'undecided'],
  );
  equal(undecided.json.results[1].upstream.step, 'image manifest');
});

test('batch: an invalid body is 400 as a whole, and the message names the place', async (t) => {
  const { service, byDigest } = await makeWorld(t);
  const post = (json: unknown, path = '/v1/verify/batch') => service.call('POST', path, { json });
  for (const json of [
    {},
    { items: [] },
    { items: 1 },
    [],
    { items: [{ image: byDigest, keys: ['a'] }], x: 1 },
  ])
    expectProblem(await post(json), 400, 'BAD_REQUEST', JSON.stringify(json));
  const typo = await post({
    items: [
      { image: byDigest, keys: ['a'] },
      { image: byDigest, key: 'a' },
    ],
  });
  expectProblem(typo, 400, 'BAD_REQUEST');
  match(typo.json.detail, /^items\.1: /);
  const many = { items: Array.from({ length: 1001 }, () => ({ image: 'busybox' })) };
  expectProblem(await post(many), 400, 'BAD_REQUEST');
  expectProblem(
    await post({ items: [{ image: byDigest }] }, '/v1/verify/batch?key=release'),
    400,
    'BAD_REQUEST',
    'key= is for manifests',
  );
  expectProblem(await service.call('PUT', '/v1/verify/batch'), 405, 'METHOD_NOT_ALLOWED');
  expectProblem(
    await service.get('/v1/verify/batch?key=nobody'),
    404,
    'KEY_NOT_FOUND',
    'an image called batch',
  );
});

test('A85 batch: equal images are fetched once, and policy and keys are read once', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a', 'b'] } }] });
  const items = Array.from({ length: 50 }, (_, i) => ({
    image: i % 2 === 0 ? `${world.name}:1` : world.byDigest,
  }));
  const { kv } = world.service;
  kv.reads.length = 0;
  const { json, status } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
  equal([status, new Set(codes(json)).size], [200, 1]);
  equal(
    world.registry.log().filter((asked) => asked === 'manifest app:1').length,
    1,
    'the tag is resolved once',
  );
  equal(new Set(world.registry.log()).size, world.registry.log().length, 'nothing is requested twice');
  const counted = (name: string) => kv.reads.filter((read) => read === name).length;
  equal([counted('policy/default'), counted('key/a'), counted('key/b')], [1, 1, 1]);
});

test('A85 batch: signatures and attestations of one image are listed and fetched once', async (t) => {
  const attestations = [{ type: PROVENANCE }];
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a'], attestations } }] });
  const a = signerOf(world.signers, 'a');
  await attest(world, a, PROVENANCE);
  const { byDigest: image, layer } = world;
  await attachSignature(world.registry, REPOSITORY, world.image, layer);
  const items = [
    { image },
    { image, keys: ['a'] },
    { image, keys: ['a'], attestation: { type: PROVENANCE } },
  ];
  const { json, status } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
  equal([status, codes(json)], [200, ['VERIFIED', 'VERIFIED', 'VERIFIED']]);
  const asked = world.registry.log();
  equal(asked.toSorted(), [...new Set(asked)].sort());
});

test('batch as ndjson: a line for each image as it is decided, then a last line with the worst verdict', async (t) => {
  const world = await makeWorld(t);
  const items = [
    { image: `${world.name}:1`, keys: ['release'] },
    { image: 'NOT A NAME', keys: ['release'] },
    { image: world.byDigest, keys: ['release'], annotations: { a: 'b' } },
  ];
  const headers = { accept: 'application/x-ndjson' };
  const answer = await world.service.call('POST', '/v1/verify/batch', { json: { items }, headers });
  equal([answer.status, answer.headers.get('content-type')], [200, 'application/x-ndjson']);
  for (const [accept, status, type] of [
    ['application/x-ndjson;q=0', 403, 'application/json'],
    ['application/x-ndjson;q=0.5, application/json;q=0.6, text/plain;q=0.1', 403, 'application/json'],
    ['application/x-ndjson;q=0.1, text/plain;q=0.9', 403, 'text/plain; charset=UTF-8'],
    ['application/json, application/x-ndjson;q=0.1', 403, 'application/json'],
    ['*/*', 403, 'application/json'],
    ['*/*, application/x-ndjson;q=0.1', 403, 'application/json'],
    ['application/json, application/x-ndjson', 403, 'application/json'],
    ['image/*', 403, 'application/json'],
    ['application/x-ndjson, */*', 200, 'application/x-ndjson'],
    ['application/json;q=0.5, application/*', 200, 'application/x-ndjson'],
    ['Application/X-NDJSON, application/json;q=0.9', 200, 'application/x-ndjson'],
  ] as const) {
    const body = { json: { items }, headers: { accept } };
    const one = await world.service.call('POST', '/v1/verify/batch', body);
    equal([one.status, one.headers.get('content-type')], [status, type], accept);
  }
  const lines = answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  equal(lines.at(-1), { end: true, count: 3, worst: 'refused' });
  const results = lines.slice(0, -1).sort((a, b) => a.index - b.index);
  equal(
    results.map(({ index, image, verdict, code }) => [index, image, verdict, code]),
    [
      [0, `${world.name}:1`, 'verified', 'VERIFIED'],
      [1, 'NOT A NAME', 'undecided', 'BAD_REFERENCE'],
      [2, world.byDigest, 'refused', 'NO_TRUSTED_SIGNATURE'],
    ],
  );
});

test('batch as text: one line per image, as for one image, with the image at its end', async (t) => {
  const world = await makeWorld(t);
  const items = [
    { image: world.byDigest, keys: ['release'] },
    { image: `${world.name}:absent`, keys: ['release'] },
    { image: 'NOT A NAME', keys: ['release'] },
  ];
  const headers = { accept: 'text/plain' };
  const { text, status } = await world.service.call('POST', '/v1/verify/batch', { json: { items }, headers });
  equal(status, 404);
  const [first, ...rest] = text.split('\n');
  const { text: alone } = await world.verify(world.byDigest, undefined, { headers });
  equal(`${first}\n`, alone.replace('\n', ` [${world.byDigest}]\n`));
  const expected = [
    /^error IMAGE_NOT_FOUND .*\. \[.*:absent\]$/,
    /^error BAD_REFERENCE .*\. \[NOT A NAME\]$/,
    /^$/,
  ];
  equal(rest.length, expected.length);
  for (const [at, line] of expected.entries()) match(rest[at], line);
});

const manifests = (first: string, second: string) => `
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers: [{name: init, image: "${first}"}]
      containers:
        - name: web
          image: ${second}
      volumes: [{name: data, image: {reference: "${first}"}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: c, image: ${second}}]}}}}}
`;

test('A19 batch of Kubernetes manifests: every image of every workload is judged by the trust in the query, and ambiguous YAML is refused', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a'] } }] });
  const { service, name, byDigest } = world;
  const post = (body: string, query = '', type = 'application/yaml') =>
    service.call('POST', `/v1/verify/batch${query}`, { body, headers: { 'content-type': type } });
  const answer = await post(manifests(`${name}:1`, byDigest));
  equal(answer.status, 200, answer.text);
  equal(
    answer.json.results.map(({ image, code }: Result) => [image, code]),
    [`${name}:1`, byDigest, `${name}:1`, byDigest].map((image) => [image, 'VERIFIED']),
  );
  const ordered = await post(`apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: v, image: {reference: "${name}:1"}}]
  containers: [{name: a, image: "${name}@${byDigest.split('@')[1]}"}]
  initContainers: [{name: c, image: "${name}:1"}]
`);
  equal(
    ordered.json.results.map(({ image }: Result) => image),
    [`${name}:1`, byDigest, `${name}:1`],
    'in the order of the document',
  );
  equal((await post(manifests(`${name}:1`, byDigest), '?key=b')).status, 403);
  equal((await post(manifests(`${name}:1`, byDigest), '?policy=default&annotation=x=y')).status, 403);
  const wrong = await post(manifests('UPPER/case', byDigest));
  equal([wrong.status, codes(wrong.json)[0]], [400, 'BAD_REFERENCE']);
  expectProblem(await post('kind: Service\napiVersion: v1\n'), 400, 'BAD_REQUEST', 'no image');
  expectProblem(await post(''), 400, 'BAD_REQUEST', 'nothing');
  expectProblem(await post('a: b: c'), 400, 'BAD_REQUEST', 'not YAML');
  expectProblem(await post('a: 1\na: 2\n'), 400, 'BAD_REQUEST', 'a duplicate name');
  expectProblem(await post('just: values\n'), 400, 'BAD_REQUEST', 'no kind');
  const evil = (text: string) => `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n${text}`;
  const merged = evil(`    - name: a\n      image: ${byDigest}\n      <<: {image: evil.example/x}\n`);
  expectProblem(await post(merged), 400, 'BAD_REQUEST', 'a merge key');
  for (const lineBreak of ['\r', '\u0085', '\u2028', '\u2029']) {
    const hidden = evil(
      `    - name: a\n      image: ${byDigest} # note${lineBreak}    - name: b${lineBreak}      image: evil.example/x\n`,
    );
    expectProblem(await post(hidden), 400, 'BAD_REQUEST', 'a line break that only some parsers recognise');
  }
  const shared = evil(`    - &one {name: a, image: "${byDigest}"}\n    - *one\n`);
  equal(codes((await post(shared)).json), ['VERIFIED', 'VERIFIED'], 'an alias counts as its value');
  const bomb = `a: &a [${'x,'.repeat(50)}]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${'*a,'.repeat(50)}]`).join('\n')}`;
  expectProblem(await post(bomb), 400, 'BAD_REQUEST', 'aliases');
  expectProblem(await post('x', '', 'text/csv'), 415, 'UNSUPPORTED_MEDIA_TYPE');
  const huge = { body: endless({ bytes: 0 }), headers: { 'content-type': 'application/yaml' } };
  expectProblem(await service.call('POST', '/v1/verify/batch', huge), 413, 'TOO_LARGE');
});

test('batch: a token’s names are applied per image', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a'] } }] });
  const terms = { scopes: ['verify'], names: [`${world.registry.host}/app`] };
  const made = await world.service.call('PUT', '/v1/tokens/team', { as: 'admin', json: terms });
  const items = [{ image: world.byDigest }, { image: `${world.registry.host}/other:1` }];
  const answer = await world.service.call('POST', '/v1/verify/batch', {
    as: `Bearer ${made.json.secret}`,
    json: { items },
  });
  equal([answer.status, codes(answer.json)], [403, ['VERIFIED', 'FORBIDDEN']]);
  await putPolicy(world.service, 'x', policyOf());
});

test('batch: one image with a named policy and with the default policy gets two separate results', async (t) => {
  const { service, name } = await makeWorld(t);
  const items = [{ image: `${name}:1` }, { image: `${name}:1`, policy: 'default' }];
  const { json } = await service.call('POST', '/v1/verify/batch', { json: { items } });
  equal(codes(json), ['NO_TRUST_NAMED', 'POLICY_NOT_FOUND']);
});

test('batch as ndjson: a client that disconnects ends only its own answer', async (t) => {
  const world = await makePolicyWorld(t, { rules: [{ require: { keys: ['a'] } }] });
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  world.registry.lie = async ({ reference }, truth) => {
    if (reference === '1') await gate;
    return truth();
  };
  const items = [{ image: world.byDigest }, { image: `${world.name}:1` }];
  const request = new Request('https://countersign.example/v1/verify/batch', {
    method: 'POST',
    headers: { accept: 'application/x-ndjson', 'content-type': 'application/json' },
    body: JSON.stringify({ items }),
  });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined };
  const env = { TRUST: world.service.kv, REGISTRIES: world.registry.host, ACCESS: 'open' };
  const response = await t.worker.fetch(request, env, context);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  match(new TextDecoder().decode(first?.value), /^\{"index":0,/);
  await reader?.cancel();
  open();
  for (let i = 0; i < 50 && !t.logged().some(({ event }) => event === 'decision'); i++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const lines = t.logged();
  equal(lines.filter(({ level }) => level === 'error').length, 0);
  equal(lines.filter(({ event }) => event === 'decision').length, 2, 'the log has both decisions');
});
