// OCI 1.1 referrers: bundles found by the referrers API and by its fallback tag, beside cosign's own tags, with one verdict over all.
import { attach, attachSignature, tagReferrers } from '../../support/artifacts.ts';
import { BUNDLE_TYPE } from '../../support/bundles.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import {
  type Content,
  content,
  INDEX_TYPE,
  MANIFEST_TYPE,
  makeImage,
  makeIndex,
  payloadFor,
} from '../../support/sign_image.ts';
import { equal } from '../support/assert.ts';
import { expectSignature, expectVerdict, logged, makeWorld, REPOSITORY } from '../support/world.ts';
import { modern, PROVENANCE, signBundle, signEnvelope } from '../support/world_bundles.ts';
import { test } from '../table.ts';

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

test('a bundle listed by the fallback tag verifies, whatever type the list gives it', async (t) => {
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

test('a bundle that is listed twice is judged once', async (t) => {
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

test('both forms of the bundle media type are accepted', async (t) => {
  for (const layerType of [BUNDLE_TYPE, 'application/vnd.dev.sigstore.bundle+json;version=0.3']) {
    const world = await modern(t);
    await attach(world.registry, REPOSITORY, world.image, await signBundle(world), { layerType });
    expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED', layerType);
  }
});

test('a simple-signing layer in an artifact, cosign’s older experimental form, verifies', async (t) => {
  const world = await modern(t);
  await attachSignature(world.registry, REPOSITORY, world.image, world.layer);
  const answer = await world.verify(world.byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    [answer.json.signatures[0].format, answer.json.signatures[0].source.via],
    ['simple-signing', 'referrers'],
  );
});

test('a bad bundle does not hide a good .sig signature, nor the reverse: one good signature is enough', async (t) => {
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

test('A4 a provenance attestation by a trusted key does not count as a signature', async (t) => {
  const world = await modern(t);
  await attach(
    world.registry,
    REPOSITORY,
    world.image,
    await signBundle(world, { predicateType: PROVENANCE }),
  );
  expectSignature(await world.verify(world.byDigest), 'PREDICATE_TYPE_MISMATCH');
});

test('A7 a bundle about another image, attached to this one, is refused', async (t) => {
  const world = await modern(t);
  const other = await makeImage('other');
  const about = await signBundle(world, { about: other.digest });
  await attach(world.registry, REPOSITORY, world.image, about);
  expectSignature(await world.verify(world.byDigest), 'SUBJECT_MISMATCH');
});

test('A43 the artifact’s own manifest counts, not the list: one that really has another type, subject or content is ignored', async (t) => {
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
  await tagReferrers(registry, REPOSITORY, image, [elsewhere, noBundle, claimed], {
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
  expectVerdict(await fresh.verify(fresh.byDigest), 200, 'VERIFIED', 'beside a good bundle');
});

test('A42 listed evidence that cannot be fetched is undecided, and does no harm beside a good signature', async (t) => {
  const broken = await content({ schemaVersion: 2, mediaType: MANIFEST_TYPE, layers: 'x' }, MANIFEST_TYPE);
  const cases: [string, Content, Record<string, unknown>, string][] = [
    ['gone', await makeImage('gone'), {}, 'referrer manifest'],
    ['unreadable', broken, {}, 'referrer manifest'],
    ['by sha512', broken, { digest: `sha512:${'0'.repeat(128)}` }, 'list of referrers'],
  ];
  for (const [what, item, more, step] of cases) {
    for (const isSigned of [false, true]) {
      const world = await modern(t);
      const { registry, image, verify, byDigest } = world;
      delete registry.referrers;
      if (item === broken) registry.push(REPOSITORY, broken);
      const good = isSigned ? [await attach(registry, REPOSITORY, image, await signBundle(world))] : [];
      await tagReferrers(registry, REPOSITORY, image, [{ ...item, ...more }, ...good], {
        artifactType: BUNDLE_TYPE,
      });
      const answer = await verify(byDigest);
      if (isSigned) expectVerdict(answer, 200, 'VERIFIED', what);
      else {
        expectVerdict(answer, 502, 'REGISTRY_MALFORMED', what);
        equal(answer.json.upstream.step, step, what);
      }
    }
    const sbom = await modern(t);
    delete sbom.registry.referrers;
    if (item === broken) sbom.registry.push(REPOSITORY, broken);
    await tagReferrers(sbom.registry, REPOSITORY, sbom.image, [{ ...item, ...more }], {
      artifactType: 'application/spdx+json',
    });
    expectVerdict(
      await sbom.verify(sbom.byDigest),
      403,
      'NO_SIGNATURES',
      `${what}, listed as something else`,
    );
  }
});

test('A43 an artifact that the list gives another type is opened if the other evidence does not suffice', async (t) => {
  const stranger = await makeWorld(t, { vars: { CACHE_SECONDS: '0' }, unsigned: true });
  const { registry, image, log, verify, byDigest } = stranger;
  await registry.sign(REPOSITORY, image.digest, [
    await logged(log, await makeKey(), payloadFor(image.digest)),
  ]);
  registry.referrers = {};
  const artifactType = 'application/vnd.unknown.config.v1+json';
  await attach(registry, REPOSITORY, image, await signBundle(stranger), { artifactType });
  expectVerdict(await verify(byDigest), 200, 'VERIFIED', 'beside one by an untrusted key');
  const world = await makeWorld(t);
  world.registry.referrers = {};
  await attach(
    world.registry,
    REPOSITORY,
    world.image,
    await signBundle(world, { predicateType: PROVENANCE }),
    { artifactType: 'application/vnd.in-toto+json' },
  );
  const require = { keys: ['release'], attestations: [{ type: PROVENANCE }] };
  const json = { rules: [{ name: 'both', match: ['**'], require }] };
  await world.service.call('PUT', '/v1/policies/both', { as: 'admin', json });
  for (const attempt of ['first', 'remembered'])
    expectVerdict(await world.verify(world.byDigest, 'policy=both'), 200, 'VERIFIED', attempt);
  const inspected = await world.service.get(`/v1/inspect/${world.byDigest}`, { as: 'admin' });
  equal(
    inspected.json.signatures.map(({ format }: { format: string }) => format),
    ['simple-signing', 'sigstore-bundle'],
  );
});

test('A43 a bundle that the list gives another type is found if there is no other evidence', async (t) => {
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

test('of artifacts that the list gives another type, one that hangs does not delay a good signature beside it', async (t) => {
  const world = await modern(t, { vars: { CACHE_SECONDS: '0' } });
  const { registry, image, verify, byDigest } = world;
  const artifactType = 'application/json';
  const stranger = await signBundle(world, { signer: await makeKey() });
  const slow = await attach(registry, REPOSITORY, image, stranger, { artifactType });
  const good = await attach(registry, REPOSITORY, image, await signBundle(world), { artifactType });
  let silent = slow.digest;
  const never = new Promise<Response>(() => undefined);
  registry.lie = ({ reference }) => (reference === silent ? never : undefined);
  const question = 'key=release&timeout=600ms';
  expectVerdict(await verify(byDigest, question), 200, 'VERIFIED');
  silent = good.digest;
  expectVerdict(await verify(byDigest, question), 504, 'DEADLINE_EXCEEDED', 'the good one itself');
});

test('A43 an artifact whose bytes match its digest is parsed, whatever Content-Type it is served with', async (t) => {
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

test('A30 an artifact or bundle that does not match its digest does not count', async (t) => {
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

test('A34 platform=: a bundle attached to the index or to the leaf counts for the leaf', async (t) => {
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

test('signatures= searches the other repository for every form of signature', async (t) => {
  const world = await modern(t);
  const { registry, image, verify, byDigest } = world;
  await attach(registry, 'signatures', image, await signBundle(world));
  const elsewhere = encodeURIComponent(`${registry.host}/signatures`);
  expectVerdict(await verify(byDigest, `key=release&signatures=${elsewhere}`), 200, 'VERIFIED');
  expectVerdict(await verify(byDigest), 403, 'NO_SIGNATURES');
});

test('a bundle that cannot be parsed is refused with its own code, and does not hide a good one', async (t) => {
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
