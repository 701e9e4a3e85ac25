// OCI 1.1: bundles found by the referrers API and by the tag that stands in for it, beside cosign's own tags; one verdict over all.
// VERIFICATION.md rules 21 to 23; ABUSE A4, A21, A30, A34, A40, A42, A43, A45; USERS 31.
import { attach, attachSignature, tagReferrers } from '../../support/artifacts.ts';
import { BUNDLE_TYPE } from '../../support/bundles.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { INDEX_TYPE, MANIFEST_TYPE, makeImage, makeIndex, signatureTag } from '../../support/sign_image.ts';
import { equal, ok } from '../assert.ts';
import { type TestContext, test } from '../table.ts';
import {
  expectSignature,
  expectVerdict,
  makeWorld,
  REPOSITORY,
  type World,
  type WorldOptions,
} from '../world.ts';
import { PROVENANCE, signBundle, signEnvelope } from '../world_bundles.ts';

/** A world whose registry has the referrers API, and whose image has no `.sig`. */
async function modern(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const world = await makeWorld(t, { unsigned: true, ...options });
  world.registry.referrers = {};
  return world;
}

test('a bundle listed by the referrers API verifies, with its source', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const manifest = await attach(
    registry,
    REPOSITORY,
    image,
    await signBundle(world, { annotations: { ref: 'main' } }),
  );
  const answer = await verify(byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  const [signature] = answer.json.signatures;
  equal(
    [signature.format, signature.source.via, signature.source.manifest, signature.source.index],
    ['sigstore-bundle', 'referrers', manifest.digest, 0],
  );
  equal(signature.predicateType, 'https://sigstore.dev/cosign/sign/v1');
  equal(signature.claims, { annotations: { ref: 'main' } });
  equal(signature.transparency.proof, 'both');
  equal(signature.predicate, undefined);
  expectVerdict(await verify(byDigest, 'key=release&annotation=ref=main'), 200, 'VERIFIED');
  expectSignature(await verify(byDigest, 'key=release&annotation=ref=dev'), 'ANNOTATION_MISMATCH');
});

test('a bundle listed by the fallback tag verifies, whatever type the tag says it has', async (t) => {
  for (const more of [
    {},
    { artifactType: 'application/vnd.oci.empty.v1+json' },
    { artifactType: BUNDLE_TYPE },
  ]) {
    const world = await makeWorld(t, { unsigned: true });
    const { registry, image, verify, byDigest } = world;
    const artifact = await attach(registry, REPOSITORY, image, await signBundle(world));
    await tagReferrers(registry, REPOSITORY, image, [artifact], more);
    const answer = await verify(byDigest);
    expectVerdict(answer, 200, 'VERIFIED');
    equal(answer.json.signatures[0].source.via, 'fallback-tag');
  }
});

test('listed twice, a bundle is looked at once', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const artifact = await attach(registry, REPOSITORY, image, await signBundle(world));
  await tagReferrers(registry, REPOSITORY, image, [artifact]);
  const answer = await verify(byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.signatures.length, 1);
  equal(answer.json.signatures[0].source.via, 'referrers');
  equal(registry.asked.length, 5, 'three places, a manifest and a bundle');
});

test('both spellings of the bundle’s media type are read', async (t) => {
  for (const layerType of [BUNDLE_TYPE, 'application/vnd.dev.sigstore.bundle+json;version=0.3']) {
    const world = await modern(t);
    await attach(world.registry, REPOSITORY, world.image, await signBundle(world), { layerType });
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', layerType);
  }
});

test('the older experimental form, a simple-signing layer in an artifact, verifies', async (t) => {
  const world = await modern(t);
  await attachSignature(world.registry, REPOSITORY, world.image, world.layer);
  const answer = await world.verify(world.byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    [answer.json.signatures[0].format, answer.json.signatures[0].source.via],
    ['simple-signing', 'referrers'],
  );
});

test('USERS 31 a stray bundle hides no .sig, and a stray .sig no bundle: one good signature is enough', async (t) => {
  const stranger = await makeKey();
  const old = await makeWorld(t);
  old.registry.referrers = {};
  await attach(old.registry, REPOSITORY, old.image, await signBundle(old, { signer: stranger }));
  const first = await old.verify(old.byDigest);
  expectVerdict(first, 200, 'VERIFIED');
  equal(
    first.json.signatures.map(({ code }: { code: string }) => code),
    ['VERIFIED', 'UNTRUSTED_KEY'],
  );
  const modernWorld = await modern(t);
  await modernWorld.registry.sign(REPOSITORY, modernWorld.image.digest, [
    { ...modernWorld.layer, signature: 'junk' },
  ]);
  await attach(modernWorld.registry, REPOSITORY, modernWorld.image, await signBundle(modernWorld));
  expectVerdict(await modernWorld.verify(modernWorld.byDigest), 200, 'VERIFIED');
});

test('A4 provenance by a trusted key is no signature', async (t) => {
  const world = await modern(t);
  await attach(
    world.registry,
    REPOSITORY,
    world.image,
    await signBundle(world, { predicateType: PROVENANCE }),
  );
  expectSignature(await world.verify(world.byDigest), 'PREDICATE_TYPE_MISMATCH');
});

test('A7 a bundle about another image, attached to this one, is none of this one', async (t) => {
  const world = await modern(t);
  const other = await makeImage('other');
  const about = await signBundle(world, { about: other.digest });
  await attach(world.registry, REPOSITORY, world.image, about);
  expectSignature(await world.verify(world.byDigest), 'SUBJECT_MISMATCH');
});

test('A43 what the list says of an artifact is hearsay: another type, another subject, another content is passed over', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const other = await makeImage('other');
  const good = await signBundle(world);
  delete registry.referrers;
  const elsewhere = await attach(registry, REPOSITORY, image, good, { subject: other.digest });
  const noBundle = await attach(registry, REPOSITORY, image, utf8('text'), {
    layerType: 'text/plain',
    artifactType: BUNDLE_TYPE,
  });
  const index = await makeIndex([]);
  registry.push(REPOSITORY, index);
  const claimed = { ...index, mediaType: MANIFEST_TYPE };
  const gone = { ...(await makeImage('gone')) };
  await tagReferrers(registry, REPOSITORY, image, [elsewhere, noBundle, claimed, gone], {
    artifactType: BUNDLE_TYPE,
  });
  const answer = await verify(byDigest);
  expectVerdict(answer, 403, 'NO_SIGNATURES');
  const fresh = await modern(t, { vars: { CACHE_SECONDS: '0' } });
  await attach(fresh.registry, REPOSITORY, fresh.image, utf8('text'), {
    layerType: 'text/plain',
    artifactType: BUNDLE_TYPE,
  });
  await attach(fresh.registry, REPOSITORY, fresh.image, await signBundle(fresh));
  expectVerdict(await fresh.verify(fresh.byDigest), 200, 'VERIFIED', 'beside a good one');
});

test('an artifact that says plainly that it is something else is not fetched', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  for (let i = 0; i < 60; i++)
    await attach(registry, REPOSITORY, image, utf8(`sbom ${i}`), { layerType: 'application/spdx+json' });
  await attach(registry, REPOSITORY, image, await signBundle(world));
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(registry.asked.length, 5);
});

test('A43 a bundle that the list calls something else is found where nothing else is', async (t) => {
  for (const artifactType of ['application/json', 'application/spdx+json']) {
    const world = await modern(t);
    await attach(world.registry, REPOSITORY, world.image, await signBundle(world), { artifactType });
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', artifactType);
  }
  for (const wrong of [
    { mediaType: INDEX_TYPE },
    { mediaType: 7 },
    { platform: null, size: '1' },
    { annotations: [] },
    { annotations: { 'dev.sigstore.bundle.predicateType': 7 } },
  ]) {
    const world = await makeWorld(t, { unsigned: true });
    const { registry, image, verify, byDigest } = world;
    await tagReferrers(registry, REPOSITORY, image, [
      await attach(registry, REPOSITORY, image, await signBundle(world)),
    ]);
    registry.lie = async ({ what, reference }, truth) => {
      if (what !== 'manifest' || reference !== `sha256-${image.digest.slice(7)}`) return truth();
      const index = await (await truth()).json();
      Object.assign(index.manifests[0], wrong);
      return new Response(JSON.stringify(index), { headers: { 'content-type': INDEX_TYPE } });
    };
    expectVerdict(await verify(byDigest), 200, 'VERIFIED', JSON.stringify(wrong));
  }
});

test('A43 an artifact whose bytes are the listed ones is read, whatever Content-Type it is answered with', async (t) => {
  for (const type of [INDEX_TYPE, 'application/json', 'text/html']) {
    const world = await modern(t);
    const artifact = await attach(world.registry, REPOSITORY, world.image, await signBundle(world));
    world.registry.lie = async ({ reference }, truth) =>
      reference === artifact.digest
        ? new Response((await truth()).body, { headers: { 'content-type': type } })
        : truth();
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', type);
  }
});

test('A42 a list that breaks off after its first page is undecided, with whatever status it does', async (t) => {
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

test('A21 attestations before a signature do not hide it: what says that it is a signature is looked at first', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const annotation = 'dev.sigstore.bundle.predicateType';
  for (let i = 0; i < 30; i++) {
    const attestation = await signBundle(world, { predicateType: PROVENANCE, predicate: { i } });
    await attach(registry, REPOSITORY, image, attestation, { annotations: { [annotation]: PROVENANCE } });
  }
  await attach(registry, REPOSITORY, image, await signBundle(world), {
    annotations: { [annotation]: 'https://sigstore.dev/cosign/sign/v1' },
  });
  const answer = await verify(byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  ok(registry.asked.length <= 40, `${registry.asked.length} calls`);
});

test('A21 more than can be looked at is LIMIT_EXCEEDED, never "not signed"', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  for (let i = 0; i < 30; i++)
    await attach(
      registry,
      REPOSITORY,
      image,
      await signBundle(world, { predicateType: PROVENANCE, predicate: { i } }),
    );
  expectVerdict(await verify(byDigest), 502, 'LIMIT_EXCEEDED');
});

test('A42 the API’s failure is undecided, its absence is not, and an empty list asks the other places', async (t) => {
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
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', 'not remembered');
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

test('A42 a place that fails does not spoil a good signature elsewhere', async (t) => {
  const world = await makeWorld(t);
  world.registry.lie = ({ what }) => (what === 'referrers' ? new Response('', { status: 500 }) : undefined);
  expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED');
  const other = await modern(t);
  await attach(other.registry, REPOSITORY, other.image, await signBundle(other));
  const tag = signatureTag(other.image.digest);
  other.registry.lie = ({ reference }) => (reference === tag ? new Response('', { status: 500 }) : undefined);
  expectVerdict(await other.verify(other.byDigest), 200, 'VERIFIED');
});

test('A45 a page that is no list is undecided', async (t) => {
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

test('a list of several pages is read to its end, and not beyond eight', async (t) => {
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

test('A40 a next page elsewhere is never fetched', async (t) => {
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

test('A30 an artifact or bundle of other content than its digest does not count', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const artifact = await attach(registry, REPOSITORY, image, await signBundle(world));
  const evil = await attach(registry, REPOSITORY, image, await signBundle(world), { subject: null });
  registry.lie = ({ reference }) =>
    reference === artifact.digest
      ? new Response(evil.bytes, { headers: { 'content-type': MANIFEST_TYPE } })
      : undefined;
  expectVerdict(await verify(byDigest), 502, 'REGISTRY_MALFORMED');
  const bytes = await signBundle(world);
  registry.lie = ({ what }) => (what === 'blob' ? new Response(bytes) : undefined);
  expectSignature(await verify(byDigest), 'PAYLOAD_DIGEST_MISMATCH');
});

test('A41 a bundle beyond its limit is LIMIT_EXCEEDED', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const padding = ' '.repeat(8 * 1024 * 1024);
  await attach(registry, REPOSITORY, image, utf8(padding));
  expectSignature(await verify(byDigest), 'BUNDLE_MALFORMED', 'at the limit');
  const over = await modern(t);
  await attach(over.registry, REPOSITORY, over.image, utf8(`${padding} `));
  expectVerdict(await over.verify(over.byDigest), 502, 'LIMIT_EXCEEDED');
});

test('A34 a bundle on the index, or on the leaf, covers the leaf that was asked for', async (t) => {
  for (const signed of ['index', 'leaf'] as const) {
    const world = await modern(t);
    const { registry, image, name, verify } = world;
    const index = await makeIndex([{ image, platform: { os: 'linux', architecture: 'amd64' } }]);
    registry.push(REPOSITORY, index, 'multi');
    const about = signed === 'index' ? index : image;
    await attach(registry, REPOSITORY, about, await signBundle(world, { about: about.digest }));
    expectVerdict(await verify(`${name}:multi`, 'key=release&platform=linux/amd64'), 200, 'VERIFIED', signed);
    const whole = await verify(`${name}:multi`);
    expectVerdict(
      whole,
      signed === 'index' ? 200 : 403,
      signed === 'index' ? 'VERIFIED' : 'NO_SIGNATURES',
      signed,
    );
  }
});

test('signatures= looks for all forms in the other repository', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  await attach(registry, 'signatures', image, await signBundle(world));
  const elsewhere = encodeURIComponent(`${registry.host}/signatures`);
  expectVerdict(await verify(byDigest, `key=release&signatures=${elsewhere}`), 200, 'VERIFIED');
  expectVerdict(await verify(byDigest), 403, 'NO_SIGNATURES');
});

test('a bundle that cannot be read is refused by name, and does not hide a good one', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  await attach(
    registry,
    REPOSITORY,
    image,
    utf8('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.4+json"}'),
  );
  await attach(registry, REPOSITORY, image, utf8('{"mediaType"'));
  const { envelope } = await signEnvelope(world);
  await attach(registry, REPOSITORY, image, utf8(JSON.stringify(envelope)));
  const refused = await verify(byDigest);
  expectVerdict(refused, 403, 'NO_TRUSTED_SIGNATURE');
  equal(
    refused.json.signatures.map(({ code }: { code: string }) => code),
    ['BUNDLE_UNSUPPORTED', 'BUNDLE_MALFORMED', 'BUNDLE_MALFORMED'],
  );
  const other = await modern(t);
  await attach(other.registry, REPOSITORY, other.image, utf8('{}'));
  await attach(other.registry, REPOSITORY, other.image, await signBundle(other));
  expectVerdict(await other.verify(other.byDigest), 200, 'VERIFIED');
});
