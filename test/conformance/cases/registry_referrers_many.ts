// Many or large artifacts about one image: likely signatures are fetched first, and more than one request may fetch is reported.
import { attach, tagReferrers } from '../../support/artifacts.ts';
import { BUNDLE_TYPE, SIGN_V1 } from '../../support/bundles.ts';
import { utf8 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import type { Signer } from '../../support/keys.ts';
import { startService } from '../../support/service.ts';
import { type Content, payloadFor, type SignedLayer } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import {
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
  type World,
} from '../support/world.ts';
import { modern, PROVENANCE, signBundle } from '../support/world_bundles.ts';
import { makeSigners, policyOf, putPolicy } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('inspect is LIMIT_EXCEEDED if there are more artifacts than one request may fetch', async (t) => {
  const world = await makeWorld(t);
  world.registry.referrers = {};
  for (let i = 0; i < 45; i++)
    await attach(world.registry, REPOSITORY, world.image, utf8(`sbom ${i}`), {
      layerType: 'application/spdx+json',
    });
  const answer = await world.service.get(`/v1/inspect/${world.byDigest}`, { as: 'admin' });
  equal([answer.status, answer.json.code], [502, 'LIMIT_EXCEEDED']);
});

test('an artifact that the list clearly gives an unrelated type is not fetched if a signature is found', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  for (let i = 0; i < 60; i++)
    await attach(registry, REPOSITORY, image, utf8(`sbom ${i}`), { layerType: 'application/spdx+json' });
  await attach(registry, REPOSITORY, image, await signBundle(world));
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(registry.asked.length, 5);
});

test('A21 many attestations do not hide a signature: artifacts that are listed as signatures are fetched first', async (t) => {
  const world = await modern(t);
  const { registry, verify, byDigest } = world;
  await attachAttestations(world);
  await attachSignedBundle(world);
  const answer = await verify(byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  ok(registry.asked.length <= 40, `${registry.asked.length} calls`);
});

test('A21 many attestations do not hide a signature that is served later than all of them, as an artifact or under its tag', async (t) => {
  for (const form of ['bundle', 'tag']) {
    const world = await modern(t);
    const { registry, image, verify, byDigest } = world;
    await attachAttestations(world);
    let slow = `sha256-${image.digest.slice(7)}.sig`;
    if (form === 'tag') await registry.sign(REPOSITORY, image.digest, [world.layer]);
    else slow = (await attachSignedBundle(world)).digest;
    registry.lie = async ({ reference }, truth) => {
      if (reference === slow) await new Promise((resolve) => setTimeout(resolve, 300));
      return truth();
    };
    expectVerdict(await verify(byDigest), 200, 'VERIFIED', form);
  }
});

test('what one caller did not need opened is opened for another whose key made a later signature', async (t) => {
  const world = await modern(t);
  const { registry, image, service, verify, byDigest } = world;
  const { late } = await makeSigners(service, 'late');
  await attachSignedBundle(world);
  for (let i = 0; i < 15; i++) {
    const attestation = await signBundle(world, { predicateType: PROVENANCE, predicate: { i } });
    await attach(registry, REPOSITORY, image, attestation);
  }
  await attach(registry, REPOSITORY, image, await signBundle(world, { signer: late as Signer }));
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(registry.asked.length, 3 + 2 * 8, 'the places, and eight artifacts');
  expectVerdict(await verify(byDigest, 'key=late'), 200, 'VERIFIED', 'the rest');
  const inspected = await service.get(`/v1/inspect/${byDigest}`, { as: 'admin' });
  equal(inspected.json.signatures.length, 17, 'inspect lists all');
});

test('what one caller did not need opened comes before what the list gives another type', async (t) => {
  const world = await modern(t);
  const { registry, image, service, verify, byDigest } = world;
  const { late } = await makeSigners(service, 'late');
  for (let i = 0; i < 60; i++)
    await attach(registry, REPOSITORY, image, utf8(`sbom ${i}`), { layerType: 'application/spdx+json' });
  for (let i = 0; i < 9; i++)
    await attach(registry, REPOSITORY, image, await signBundle(world, { predicate: { i } }));
  await attach(registry, REPOSITORY, image, await signBundle(world, { signer: late as Signer }), {
    annotations: { [PREDICATE_TYPE]: PROVENANCE },
  });
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  registry.asked.length = 0;
  expectVerdict(await verify(byDigest, 'key=late'), 200, 'VERIFIED');
  equal(registry.asked.length, 2 * 2, 'the two that were left');
});

test('of what one caller did not need opened, another opens no more than is enough', async (t) => {
  const world = await modern(t);
  const { registry, image, service, verify, byDigest } = world;
  const { late } = await makeSigners(service, 'late');
  for (let i = 0; i < 8; i++)
    await attach(registry, REPOSITORY, image, await signBundle(world, { predicate: { i } }));
  await attach(registry, REPOSITORY, image, await signBundle(world, { signer: late as Signer }));
  for (let i = 0; i < 70; i++) {
    const attestation = await signBundle(world, { predicateType: PROVENANCE, predicate: { i } });
    await attach(registry, REPOSITORY, image, attestation);
  }
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  registry.asked.length = 0;
  expectVerdict(await verify(byDigest, 'key=late'), 200, 'VERIFIED');
  const { length } = registry.asked;
  // Several are opened at once, so the ninth may be due before the one that is enough has been read.
  ok(length === 2 * 8 || length === 2 * 16, `${length} calls: eight more, or sixteen`);
  expectVerdict(await verify(byDigest, 'key=late'), 200, 'VERIFIED');
  equal(registry.asked.length, length, 'they are remembered');
  // In one request the images share what is opened, and each goes on until it has what it needs.
  const items = ['late', 'release'].map((key) => ({ image: byDigest, keys: [key] }));
  for (const order of [items, items.toReversed()]) {
    const elsewhere = startService(t.worker, { REGISTRIES: registry.host }, service.kv);
    const { json } = await elsewhere.call('POST', '/v1/verify/batch', {
      as: 'admin',
      json: { items: order },
    });
    equal(
      json.results.map(({ code }: { code: string }) => code),
      ['VERIFIED', 'VERIFIED'],
    );
  }
});

test('many signatures by other keys do not hide one that was not opened for an earlier caller', async (t) => {
  const world = await modern(t);
  const { registry, image, log, signer, service, verify, byDigest } = world;
  const ids = Array.from({ length: 16 }, (_, at) => `k${at}`);
  const { k9 } = await makeSigners(service, ...ids);
  await putPolicy(service, 'default', policyOf({ require: { keys: ids } }));
  const layers: SignedLayer[] = [];
  for (let i = 0; i < 16; i++)
    layers.push(await logged(log, signer, payloadFor(image.digest, { optional: { i } })));
  await registry.sign(REPOSITORY, image.digest, layers);
  for (let i = 0; i < 8; i++)
    await attach(registry, REPOSITORY, image, await signBundle(world, { predicate: { i } }));
  await attach(registry, REPOSITORY, image, await signBundle(world, { signer: k9 as Signer }));
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  expectVerdict(await verify(byDigest, ''), 200, 'VERIFIED', 'by the policy');
});

test('callers who need different artifacts do not make each other open theirs again and again', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const clock = movableClock((undo) => t.after(undo));
  for (const predicateType of [PROVENANCE, 'https://spdx.dev/Document'])
    for (let i = 0; i < 10; i++) {
      const attestation = await signBundle(world, { predicateType, predicate: { i } });
      const annotations = { [PREDICATE_TYPE]: predicateType };
      await attach(registry, REPOSITORY, image, attestation, { annotations });
    }
  const calls: number[] = [];
  for (let round = 0; round < 3; round++)
    for (const type of [PROVENANCE, 'spdx']) {
      registry.asked.length = 0;
      const query = `key=release&attestation=${encodeURIComponent(type)}`;
      expectVerdict(await verify(byDigest, query), 200, 'VERIFIED', type);
      calls.push(registry.asked.length);
      clock.advance(4000);
    }
  equal(calls, [3 + 2 * 8, 3 + 2 * 8, 0, 0, 0, 0]);
});

test('inspect looks again before it opens what an old list has: it may have been deleted since', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  const { registry, image, service, byDigest } = world;
  const clock = movableClock((undo) => t.after(undo));
  const attestations = [{ type: PROVENANCE, keys: ['release'] }];
  await putPolicy(service, 'default', policyOf({ require: { keys: ['release'], attestations } }));
  const artifacts: Content[] = [];
  for (let i = 0; i < 12; i++) {
    const type = i % 2 === 0 ? {} : { predicateType: PROVENANCE };
    const bundle = await signBundle(world, { ...type, predicate: { i } });
    artifacts.push(await attach(registry, REPOSITORY, image, bundle));
  }
  const list = (some: Content[]) =>
    tagReferrers(registry, REPOSITORY, image, some, { artifactType: BUNDLE_TYPE });
  await list(artifacts);
  expectVerdict(await world.verify(byDigest, '', { as: 'admin' }), 200, 'VERIFIED');
  await list(artifacts.slice(0, 11));
  registry.lie = ({ reference }, truth) =>
    reference === artifacts[11]?.digest ? new Response('', { status: 404 }) : truth();
  clock.advance(4000);
  const { status, json } = await service.get(`/v1/inspect/${byDigest}`, { as: 'admin' });
  equal([status, json.signatures?.length], [200, 11]);
});

test('A21 more artifacts than can be fetched are LIMIT_EXCEEDED, never "not signed"', async (t) => {
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

test('A41 a bundle over its size limit is LIMIT_EXCEEDED', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  const padding = ' '.repeat(8 * 1024 * 1024);
  await attach(registry, REPOSITORY, image, utf8(padding));
  expectSignature(await verify(byDigest), 'BUNDLE_MALFORMED', 'at the limit');
  const over = await modern(t);
  await attach(over.registry, REPOSITORY, over.image, utf8(`${padding} `));
  expectVerdict(await over.verify(over.byDigest), 502, 'LIMIT_EXCEEDED');
});

const PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType';

/** Attaches so many attestations that fetching their manifests takes more calls than one request may make; the list states their type. */
async function attachAttestations(world: World): Promise<void> {
  for (let i = 0; i < 30; i++) {
    const attestation = await signBundle(world, { predicateType: PROVENANCE, predicate: { i } });
    await attach(world.registry, REPOSITORY, world.image, attestation, {
      annotations: { [PREDICATE_TYPE]: PROVENANCE },
    });
  }
}

async function attachSignedBundle(world: World): Promise<Content> {
  return attach(world.registry, REPOSITORY, world.image, await signBundle(world), {
    annotations: { [PREDICATE_TYPE]: SIGN_V1 },
  });
}
