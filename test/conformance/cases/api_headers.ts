// The headers of answers below /v1, by which clients and caches go: what an answer is, how long it keeps, and what it depends on.
import type { Answer } from '../../support/service.ts';
import { equal, match } from '../support/assert.ts';
import { makeCluster, pod, review } from '../support/world_admission.ts';
import { policyOf } from '../support/world_policies.ts';
import { type TestContext, test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;
const TEXT = { headers: { accept: 'text/plain' } };

const shown = ({ status, headers }: Answer, ...names: string[]) => [
  status,
  ...names.map((name) => headers.get(name)?.replace(/;.*/, '') ?? null),
];

const makeCalls = async (t: TestContext) => {
  const world = await makeCluster(t);
  const { service, name, good, bad } = world;
  const post = (path: string, json: object, options = {}) =>
    service.call('POST', path, { as: 'admin', json, ...options });
  const items = { items: [{ image: good }, { image: bad }] };
  const ask = (keys: string[]) =>
    post('/v1/gatekeeper/default', {
      apiVersion: 'externaldata.gatekeeper.sh/v1beta1',
      kind: 'ProviderRequest',
      request: { keys },
    });
  return {
    'verify as text': () => service.get(`/v1/verify/${name}:1?policy=default`, TEXT),
    verify: () => service.get(`/v1/verify/${name}:1?policy=default`),
    'batch as text': () => post('/v1/verify/batch', items, TEXT),
    batch: () => post('/v1/verify/batch', items),
    'batch by lines': () => post('/v1/verify/batch', items, { headers: { accept: 'application/x-ndjson' } }),
    inspect: () => service.get(`/v1/inspect/${name}:1`, ADMIN),
    'policies/test': () =>
      post('/v1/policies/test', { policy: policyOf({ require: { keys: ['a'] } }), images: [good] }),
    admission: () => post('/v1/admission/default', review(pod(good))),
    'admission of what has no images': () =>
      post('/v1/admission/default', review({ apiVersion: 'v1', kind: 'ConfigMap' })),
    gatekeeper: () => ask([good]),
    'gatekeeper without keys': () => ask([]),
  };
};

test('each answer says its type, what it depends on, and its verdict; no cache keeps it', async (t) => {
  const calls = await makeCalls(t);
  const expected: Record<keyof typeof calls, [type: string, vary: string | null, verdict: string | null]> = {
    'verify as text': ['text/plain', 'Accept', 'verified'],
    verify: ['application/json', 'Accept', 'verified'],
    'batch as text': ['text/plain', 'Accept', 'refused'],
    batch: ['application/json', 'Accept', 'refused'],
    'batch by lines': ['application/x-ndjson', null, 'undecided'],
    inspect: ['application/json', null, null],
    'policies/test': ['application/json', null, null],
    admission: ['application/json', null, 'verified'],
    'admission of what has no images': ['application/json', null, 'undecided'],
    gatekeeper: ['application/json', null, 'verified'],
    'gatekeeper without keys': ['application/json', null, null],
  };
  const names = ['content-type', 'vary', 'countersign-verdict', 'cache-control', 'retry-after'];
  for (const [what, call] of Object.entries(calls)) {
    const answer = await call();
    const status = what.startsWith('batch') && what !== 'batch by lines' ? 403 : 200;
    const [type, vary, verdict] = expected[what as keyof typeof calls];
    equal(shown(answer, ...names), [status, type, vary, verdict, 'no-store', null], what);
  }
});

test('Server-Timing counts the signatures verified for all images of an answer, each image once', async (t) => {
  const { world, counted } = await countVerifies(t);
  const { good, bad, name, image } = world;
  const pinned = `${name}@${image.digest}`;
  equal(await counted([good, bad]), 2, 'the signature and its log entry');
  equal(await counted([bad]), undefined, 'nothing to verify');
  equal(await counted([pinned, pinned]), undefined, 'what is remembered is not verified again');
});

async function countVerifies(t: TestContext) {
  const world = await makeCluster(t);
  const counted = async (images: string[]) => {
    const items = images.map((image) => ({ image, policy: 'default' }));
    const answer = await world.service.call('POST', '/v1/verify/batch', { as: 'admin', json: { items } });
    const [, count] = /crypto;desc="(\d+) verifies"/.exec(answer.headers.get('server-timing') ?? '') ?? [];
    return count === undefined ? undefined : Number(count);
  };
  return { world, counted };
}

test('the pages that need no token have their types and may be kept only where they say so', async (t) => {
  const { service } = await makeCluster(t);
  const names = ['content-type', 'cache-control'];
  const usage = await service.get('/');
  equal(shown(usage, ...names), [200, 'text/plain', 'no-store']);
  match(usage.text, /curl/);
  for (const [path, status] of [
    ['/healthz', 'ok'],
    ['/readyz', 'ready'],
  ] as const) {
    const answer = await service.get(path);
    equal(shown(answer, ...names), [200, 'application/json', 'no-store'], path);
    equal([answer.json.status, answer.json.name], [status, 'countersign']);
    match(answer.json.version, /^\d+\.\d+\.\d+/);
  }
  const document = await service.get('/openapi.json');
  equal(shown(document, ...names), [200, 'application/json', 'public, max-age=300']);
});
