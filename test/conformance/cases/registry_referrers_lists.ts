// The list of referrers: its pages, its failures, and where a next page may be.
import { attach, tagReferrers } from '../../support/artifacts.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { INDEX_TYPE, MANIFEST_TYPE, makeImage, makeIndex, signatureTag } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { json } from '../support/lies.ts';
import { expectVerdict, makeWorld, REPOSITORY } from '../support/world.ts';
import { modern, signBundle } from '../support/world_bundles.ts';
import { test } from '../table.ts';

test('A42 a referrers list that fails after its first page is undecided, whatever the status', async (t) => {
  for (const status of [200, 400, 404, 405, 406, 501]) {
    const { registry, image, verify, byDigest } = await modern(t);
    registry.referrers = { pageSize: 1 };
    for (const name of ['a', 'b'])
      await attach(registry, REPOSITORY, image, utf8(name), { layerType: 'text/plain' });
    registry.lie = ({ what, request }) =>
      what === 'referrers' && request.url.includes('from=') && status !== 200
        ? new Response('', { status })
        : undefined;
    const answer = await verify(byDigest);
    if (status === 200) expectVerdict(answer, 403, 'NO_SIGNATURES', 'the control');
    else if (status === 501) expectVerdict(answer, 503, 'REGISTRY_UNAVAILABLE');
    else expectVerdict(answer, 502, 'REGISTRY_MALFORMED', String(status));
  }
});

test('A42 a failing referrers API is undecided; if it is absent or its list is empty, the other places are searched', async (t) => {
  for (const [status, code, http] of [
    [429, 'REGISTRY_RATE_LIMITED', 503],
    [500, 'REGISTRY_UNAVAILABLE', 503],
    [401, 'REGISTRY_UNAUTHORIZED', 502],
    [403, 'REGISTRY_UNAUTHORIZED', 502],
    [418, 'REGISTRY_MALFORMED', 502],
  ] as const) {
    const world = await modern(t);
    world.registry.lie = ({ what }) => (what === 'referrers' ? new Response('', { status }) : undefined);
    const answer = await world.verify(world.byDigest);
    expectVerdict(answer, http, code, String(status));
    equal(answer.json.upstream, { host: world.registry.host, step: 'list of referrers' });
    delete world.registry.lie;
    await attach(world.registry, REPOSITORY, world.image, await signBundle(world));
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', 'the failure is not cached');
  }
  for (const status of [400, 404, 405, 406, 501]) {
    const world = await modern(t);
    world.registry.lie = ({ what }) => (what === 'referrers' ? new Response('', { status }) : undefined);
    expectVerdict(await world.verify(world.byDigest), 403, 'NO_SIGNATURES', String(status));
  }
  const both = await modern(t);
  await both.registry.sign(REPOSITORY, both.image.digest, [both.layer]);
  expectVerdict(await both.verify(both.byDigest), 200, 'VERIFIED', 'an empty list and a .sig');
});

test('A42 a place that fails does not spoil a good signature found elsewhere', async (t) => {
  const world = await makeWorld(t);
  world.registry.lie = ({ what }) => (what === 'referrers' ? new Response('', { status: 500 }) : undefined);
  expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED');
  const other = await modern(t);
  await attach(other.registry, REPOSITORY, other.image, await signBundle(other));
  const tag = signatureTag(other.image.digest);
  other.registry.lie = ({ reference }) => (reference === tag ? new Response('', { status: 500 }) : undefined);
  expectVerdict(await other.verify(other.byDigest), 200, 'VERIFIED');
});

test('A45 a referrers page that is not a list is undecided', async (t) => {
  for (const [what, body, type] of [
    ['referrers', '<html>sign in</html>', 'text/html'],
    ['referrers', '{}', 'application/json'],
    [
      'referrers',
      JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: {}, layers: [] }),
      INDEX_TYPE,
    ],
    ['fallback', '<html>sign in</html>', 'text/html'],
  ] as const) {
    const world = await modern(t);
    const tag = world.image.digest.replace(':', '-');
    world.registry.lie = (asked) => {
      const isHit = what === 'referrers' ? asked.what === 'referrers' : asked.reference === tag;
      return isHit ? new Response(body, { headers: { 'content-type': type } }) : undefined;
    };
    expectVerdict(await world.verify(world.byDigest), 502, 'REGISTRY_MALFORMED', `${what} ${body}`);
  }
});

test('an artifact that one list gives another type than the other list is opened once', async (t) => {
  const world = await modern(t);
  const { registry, image, service, verify, byDigest } = world;
  const other = { ...world, signer: await makeKey() };
  const artifacts = [];
  for (let i = 0; i < 3; i++) {
    const bundle = await signBundle(other, { predicate: { i } });
    artifacts.push(await attach(registry, REPOSITORY, image, bundle));
  }
  await tagReferrers(registry, REPOSITORY, image, artifacts, { artifactType: 'application/json' });
  const answer = await verify(byDigest);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal([answer.json.signatures.length, registry.asked.length], [3, 3 + 2 * 3]);
  const inspected = await service.get(`/v1/inspect/${byDigest}`, { as: 'admin' });
  equal(inspected.json.signatures.length, 3);
});

test('a registry that takes the fallback tag for the image’s digest, as GitLab does, lists no referrers by it', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  const children = await Promise.all(
    ['amd64', 'arm64', 's390x'].map(async (architecture) => ({
      image: await makeImage(architecture),
      platform: { os: 'linux', architecture },
    })),
  );
  const index = await makeIndex(children);
  for (const { image } of children) world.registry.push(REPOSITORY, image);
  world.registry.push(REPOSITORY, index);
  world.registry.push(REPOSITORY, index, index.digest.replace(':', '-'));
  const name = `${world.name}@${index.digest}`;
  expectVerdict(await world.verify(name), 403, 'NO_SIGNATURES');
  equal(world.registry.asked.length, 3, 'three places, and none of its images');
});

test('A40 a referrers list is read over all its pages, but no more than eight', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  registry.referrers = { pageSize: 2 };
  for (let i = 0; i < 9; i++)
    await attach(registry, REPOSITORY, image, utf8(`sbom ${i}`), { layerType: 'application/spdx+json' });
  await attach(registry, REPOSITORY, image, await signBundle(world));
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(registry.asked.filter(({ what }) => what === 'referrers').length, 5);
  const endless = await modern(t);
  let page = 0;
  endless.registry.lie = ({ what, request }) => {
    if (what !== 'referrers') return undefined;
    const { pathname } = new URL(request.url);
    const headers = { 'content-type': INDEX_TYPE, link: `<${pathname}?p=${++page}>; rel=next` };
    return new Response(JSON.stringify({ schemaVersion: 2, manifests: [] }), { headers });
  };
  expectVerdict(await endless.verify(endless.byDigest), 502, 'LIMIT_EXCEEDED');
  equal(page, 8);
});

test('A21 an endless referrers list is LIMIT_EXCEEDED, and a good signature beside it counts', async (t) => {
  const world = await modern(t, { vars: { CACHE_SECONDS: '0' } });
  const list = (length: number) =>
    json({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: Array(length).fill(0) }, INDEX_TYPE);
  const tag = signatureTag(world.image.digest).replace('.sig', '');
  for (const place of ['the API', 'the tag']) {
    for (const [length, code, status] of [
      [10_000, 'NO_SIGNATURES', 403],
      [10_001, 'LIMIT_EXCEEDED', 502],
      [500_000, 'LIMIT_EXCEEDED', 502],
    ] as const) {
      world.registry.lie = ({ what, reference }) => {
        if (place === 'the API') return what === 'referrers' ? list(length)() : undefined;
        if (what === 'referrers') return new Response('', { status: 404 });
        return reference === tag ? list(length)() : undefined;
      };
      expectVerdict(await world.verify(world.byDigest), status, code, `${length} in ${place}`);
    }
  }
  await world.registry.sign(REPOSITORY, world.image.digest, [world.layer]);
  expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED');
});

test('A31 an invalid digest in a referrers list is never put into a URL', async (t) => {
  for (const digest of [
    'sha256:../../../v2/_catalog',
    '../../../_catalog',
    'latest',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${'A'.repeat(64)}`,
    `sha512:${'a'.repeat(64)}`,
    `sha256:${'a'.repeat(64)}%2f`,
    '',
    null,
    7,
  ]) {
    const world = await modern(t);
    world.registry.lie = ({ what }) => {
      if (what !== 'referrers') return undefined;
      const manifests = [{ mediaType: MANIFEST_TYPE, digest, size: 2 }];
      const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
      return new Response(body, { headers: { 'content-type': INDEX_TYPE } });
    };
    expectVerdict(await world.verify(world.byDigest), 403, 'NO_SIGNATURES', String(digest));
    equal(world.upstream.sent.length, 3, `${digest}: three places, and nothing more`);
  }
});

test('A40 a next page on another origin or path is never fetched', async (t) => {
  for (const link of [
    '<https://evil.example/v2/app/referrers/x>; rel="next"',
    '<http://169.254.169.254/latest>; rel="next"',
    '<//evil.example/x>; rel=next',
    '</v2/other/referrers/sha256:0>; rel="next"',
    '</v2/app/manifests/1>; rel="next"',
  ]) {
    const world = await modern(t);
    world.registry.lie = ({ what }) => {
      if (what !== 'referrers') return undefined;
      const body = JSON.stringify({ schemaVersion: 2, manifests: [] });
      return new Response(body, { headers: { 'content-type': INDEX_TYPE, link } });
    };
    expectVerdict(await world.verify(world.byDigest), 502, 'REGISTRY_MALFORMED', link);
    const { registry, upstream } = world;
    ok(
      upstream.sent.every(({ url }) => new URL(url).host === registry.host && !url.includes('other')),
      link,
    );
  }
});
