// /v2/: the headers of what the gate passes, by which clients and caches go, and what the log says about each.
import { digest as digestOf, utf8 } from '../../support/bytes.ts';
import type { Answer } from '../../support/service.ts';
import { content, MANIFEST_TYPE } from '../../support/sign_image.ts';
import { equal, includes } from '../support/assert.ts';
import {
  BASIC,
  expectUnavailable,
  type GateWorld,
  makeGateWorld,
  pushLayered,
} from '../support/world_gate.ts';
import { signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const VERSION = 'docker-distribution-api-version';

const shown = ({ status, headers }: Answer, ...names: string[]) => [
  status,
  ...names.map((name) => headers.get(name)),
];

const signedByA = (world: GateWorld) => pushLayered(world, [signerOf(world.signers, 'a')]);

test('what the gate passes says what it is, and how long a cache may keep it', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag, layers } = await signedByA(world);
  const names = ['content-type', 'cache-control', 'countersign-verdict', 'countersign-code', VERSION];
  const byTag = await world.pull(`app/manifests/${tag}`);
  const verified = ['verified', null, 'registry/2.0'];
  equal(shown(byTag, ...names), [200, MANIFEST_TYPE, 'private, no-cache', ...verified]);
  includes(byTag.headers.get('server-timing') ?? '', 'crypto;desc="', 'the signature was verified');
  const forever = 'private, no-cache, immutable';
  const byDigest = await world.pull(`app/manifests/${image.digest}`);
  equal(shown(byDigest, ...names), [200, MANIFEST_TYPE, forever, ...verified]);
  const path = `app/blobs/${layers[0]?.digest}`;
  const blob = await world.pull(path);
  equal(shown(blob, ...names, 'accept-ranges'), [
    200,
    'application/octet-stream',
    forever,
    ...verified,
    'bytes',
  ]);
  const headers = { range: 'bytes=0-1' };
  const head = await world.pull(path, { method: 'HEAD', headers });
  equal(shown(head, 'content-length'), [200, '1000'], 'HEAD tells of the whole');
  const outside = await world.pull(path, { headers: { range: 'bytes=1000-' } });
  equal([outside.status, outside.json.errors[0].code], [416, 'RANGE_INVALID']);
  for (const root of ['/v2/', '/v2']) {
    const ping = await world.service.call('GET', root, { as: BASIC });
    const said = [...shown(ping, 'content-type', VERSION), ping.text];
    equal(said, [200, 'application/json', 'registry/2.0', '{}'], root);
    const posted = await world.service.call('POST', root, { as: BASIC });
    equal(shown(posted, 'allow'), [405, 'GET, HEAD'], root);
  }
});

test('in warn mode the gate passes what it refuses, and says why', async (t) => {
  const world = await makeGateWorld(t, {
    rules: [{ name: 'ours', mode: 'warn', require: { keys: ['a'] } }],
  });
  const { tag, layers } = await pushLayered(world, []);
  for (const path of [`app/manifests/${tag}`, `app/blobs/${layers[0]?.digest}`]) {
    const answer = await world.pull(path);
    equal(shown(answer, 'countersign-verdict', 'countersign-code'), [200, 'refused', 'NO_SIGNATURES'], path);
  }
});

test('lists have the types that clients expect, are kept by no cache, and name what could not be read', async (t) => {
  const world = await makeGateWorld(t);
  const lists = [
    ['tags/list', 'application/json', 'list of tags'],
    [`referrers/${await digestOf(utf8('x'))}`, INDEX_TYPE, 'list of referrers'],
  ] as const;
  for (const [path, type, step] of lists) {
    world.registry.lie = () => Response.json({ name: 'app', tags: [], manifests: [] });
    const list = await world.pull(`app/${path}`);
    equal(
      shown(list, 'content-type', 'cache-control', VERSION),
      [200, type, 'no-store', 'registry/2.0'],
      path,
    );
    world.registry.lie = () => new Response('{');
    const unread = await world.pull(`app/${path}`);
    expectUnavailable(unread, 'REGISTRY_MALFORMED');
    includes(unread.text, step);
  }
  world.registry.lie = () => new Response('', { status: 404 });
  const absent = await world.pull('app/tags/list');
  equal([absent.status, absent.json.errors[0].code], [404, 'NAME_UNKNOWN']);
  includes(absent.json.errors[0].message, `${world.registry.host}/app`);
});

test('of the query of a list, the gate’s own parameters stay here, and a query may have 2048 characters', async (t) => {
  const world = await makeGateWorld(t);
  const asked: string[] = [];
  world.registry.lie = ({ request }) => {
    asked.push(new URL(request.url).search);
    return Response.json({ name: 'app', tags: [] });
  };
  const tags = (query: string) => world.pull(`app/tags/list?${query}`);
  equal((await tags('timeout=5s')).status, 200);
  const { host } = world.registry;
  const mirrored = await world.service.call('GET', `/v2/app/tags/list?ns=${host}&last=a`, { as: BASIC });
  equal(mirrored.status, 200);
  const last = `last=${'a'.repeat(2043)}`;
  equal((await tags(last)).status, 200);
  equal(asked, ['', '?last=a', `?${last}`]);
  for (const [query, code] of [
    [`${last}a`, 'NAME_INVALID'],
    ['n=x', 'PAGINATION_NUMBER_INVALID'],
  ] as const) {
    const answer = await tags(query);
    equal([answer.status, answer.json.errors[0].code], [400, code], query.slice(0, 20));
  }
  equal(asked.length, 3, 'what is refused is not asked');
  const link = async (next: string) => {
    world.registry.lie = () => Response.json({ tags: [] }, { headers: { link: `<${next}>; rel="next"` } });
    return (await tags('last=a')).headers.get('link')?.replace(/^.*list/, '');
  };
  equal(await link('/v2/app/tags/list?last=b&ns=other.example'), '?last=b>; rel="next"', 'no ns of its own');
  equal(await link('/v2/app/tags/list'), '?>; rel="next"');
});

test('audit log: a line of the gate has the reference as it was pulled, and the digest', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag, layers } = await signedByA(world);
  const name = `${world.registry.host}/app`;
  const last = async (path: string) => {
    await world.pull(path);
    const line = t.logged().findLast(({ level }) => level === 'audit');
    return [line.reference, line.code, line.passed];
  };
  equal(await last(`app/manifests/${tag}`), [`${name}@${image.digest}`, 'VERIFIED', true]);
  equal(await last(`app/manifests/${image.digest}`), [`${name}@${image.digest}`, 'VERIFIED', true]);
  const layer = layers[0]?.digest;
  equal(await last(`app/blobs/${layer}`), [`${name}@${layer}`, 'VERIFIED', true]);
  const nobody = await digestOf(utf8('nobody'));
  equal(await last(`app/blobs/${nobody}`), [`${name}@${nobody}`, 'NOT_ADMITTED', false]);
  const other = await content({}, MANIFEST_TYPE);
  world.registry.lie = ({ what }, truth) =>
    what === 'manifest' ? new Response('', { status: 500 }) : truth();
  const down = 'REGISTRY_UNAVAILABLE';
  equal(await last('app/manifests/2.0'), [`${name}:2.0`, down, false]);
  equal(await last(`app/manifests/${other.digest}`), [`${name}@${other.digest}`, down, false]);
  delete world.registry.lie;
  await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
  for (const [path, code] of [
    [`app/manifests/${image.digest}`, 'NO_TRUSTED_SIGNATURE'],
    [`app/blobs/${layer}`, 'NOT_ADMITTED'],
  ]) {
    await world.pull(path ?? '');
    const line = t.logged().findLast(({ level }) => level === 'audit');
    equal([line.code, line.policy, line.rule], [code, 'default', 'ours'], 'who refused it');
  }
});
