// /v2/: which images an index admits, and when it is a list of referrers instead.
import { makeIndex, signatureTag } from '../../support/sign_image.ts';
import { equal, includes, ok } from '../support/assert.ts';
import {
  expectDenied,
  expectUnavailable,
  type LayeredImage,
  makeGateWorld,
  pushIndex,
  pushLayered,
} from '../support/world_gate.ts';
import { signerOf, signWith } from '../support/world_policies.ts';
import { test } from '../table.ts';

const NOBODY: [] = [];

test('a signed index admits its images; if it no longer verifies, the refusal of its images says so', async (t) => {
  const world = await makeGateWorld(t);
  const a = signerOf(world.signers, 'a');
  const { index, tag, first, second } = await pushIndex(world, [a]);
  expectDenied(await world.pull(`app/manifests/${second.image.digest}`), 'NO_SIGNATURES', 'before its index');
  expectDenied(await world.pull(`app/blobs/${second.layers[0]?.digest}`), 'NOT_ADMITTED');
  equal(
    (await world.pull(`app/manifests/${tag}`, { method: 'HEAD' })).headers.get('docker-content-digest'),
    index.digest,
  );
  for (const { image, config, layers } of [first, second]) {
    equal((await world.pull(`app/manifests/${image.digest}`)).status, 200, 'named by the index');
    for (const { digest } of [config, ...layers])
      equal((await world.pull(`app/blobs/${digest}`)).status, 200);
  }
  await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
  const unnamed = await world.pull(`app/manifests/${second.image.digest}`);
  expectDenied(unnamed, 'NO_SIGNATURES', 'no signature of its own');
  includes(
    unnamed.text,
    `The index ${index.digest}, which lists it, may not be pulled either (NO_TRUSTED_SIGNATURE: `,
  );
  includes(unnamed.text, 'KEY_REVOKED');
});

test('an index under the tag that is its own digest, as cosign copy leaves it and GitLab reads it, is judged as an image', async (t) => {
  const world = await makeGateWorld(t);
  const ownTag = ({ digest }: { digest: string }) => digest.replace(':', '-');
  const signed = await pushIndex(world, [signerOf(world.signers, 'a')]);
  world.registry.push('app', signed.index, ownTag(signed.index));
  const pulled = await world.pull(`app/manifests/${ownTag(signed.index)}`);
  equal([pulled.status, pulled.headers.get('countersign-verdict')], [200, 'verified']);
  for (const { image, layers } of [signed.first, signed.second])
    for (const path of [`manifests/${image.digest}`, `blobs/${layers[0]?.digest}`])
      equal((await world.pull(`app/${path}`)).status, 200, path);
  const loose = await pushIndex(world, NOBODY);
  world.registry.push('app', loose.index, ownTag(loose.index));
  expectDenied(await world.pull(`app/manifests/${ownTag(loose.index)}`), 'NO_SIGNATURES');
});

test('a signed index admits images up to three indexes below it, with their blobs, and nothing deeper', async (t) => {
  const world = await makeGateWorld(t);
  const platform = { os: 'linux', architecture: 'amd64' };
  for (const [count, expected] of [
    [1, 200],
    [3, 200],
    [4, 403],
  ] as const) {
    const { image, config, layers } = await pushLayered(world, NOBODY);
    let top = image;
    const digests: string[] = [];
    for (let i = 0; i < count; i++) {
      top = await makeIndex([{ image: top, platform }]);
      world.registry.push('app', top);
      digests.unshift(top.digest);
    }
    await signWith(world, top, [signerOf(world.signers, 'a')]);
    for (const digest of digests) equal((await world.pull(`app/manifests/${digest}`)).status, 200);
    const paths = [
      `manifests/${image.digest}`,
      ...[config, ...layers].map(({ digest }) => `blobs/${digest}`),
    ];
    for (const path of paths) equal((await world.pull(`app/${path}`)).status, expected, `${count}: ${path}`);
  }
});

test('in warn mode the verdict of an image is its own, or that of a signed index, not the warning about an unsigned one', async (t) => {
  const world = await makeGateWorld(t, { rules: [{ mode: 'warn', require: { keys: ['a'] } }] });
  const a = signerOf(world.signers, 'a');
  const { tag, first, second } = await pushIndex(world, NOBODY, [a]);
  equal((await world.pull(`app/manifests/${tag}`)).headers.get('countersign-code'), 'NO_SIGNATURES');
  const expectVerdicts = async (image: LayeredImage, verdict: string) => {
    for (const path of [`manifests/${image.image.digest}`, `blobs/${image.layers[0]?.digest}`]) {
      const answer = await world.pull(`app/${path}`);
      equal([answer.status, answer.headers.get('countersign-verdict')], [200, verdict], path);
    }
  };
  await expectVerdicts(first, 'verified');
  await expectVerdicts(second, 'refused');
  const both = await makeIndex([{ image: second.image, platform: { os: 'linux', architecture: 'arm64' } }]);
  world.registry.push('app', both, 'both');
  await signWith(world, both, [a]);
  equal((await world.pull('app/manifests/both')).headers.get('countersign-verdict'), 'verified');
  await expectVerdicts(second, 'verified');
});

test('in warn mode an image that cannot be judged passes with the warning about its index, and not without one', async (t) => {
  const world = await makeGateWorld(t, {
    rules: [{ mode: 'warn', require: { keys: ['a'] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  const { tag, first } = await pushIndex(world, NOBODY);
  const alone = await pushLayered(world, NOBODY);
  const places = [first, alone].map(({ image }) => signatureTag(image.digest));
  world.registry.lie = ({ reference }, truth) =>
    places.includes(reference) ? new Response('', { status: 503 }) : truth();
  const ask = (image: LayeredImage) => world.pull(`app/manifests/${image.image.digest}`);
  expectUnavailable(await ask(first), 'REGISTRY_UNAVAILABLE');
  equal((await world.pull(`app/manifests/${tag}`)).headers.get('countersign-verdict'), 'refused');
  for (const path of [`manifests/${first.image.digest}`, `blobs/${first.layers[0]?.digest}`]) {
    const { status, headers } = await world.pull(`app/${path}`);
    equal([status, headers.get('countersign-code')], [200, 'NO_SIGNATURES'], path);
  }
  expectUnavailable(await ask(alone), 'REGISTRY_UNAVAILABLE');
});

test('an unsigned index admits none of its images; one that is signed itself passes', async (t) => {
  const world = await makeGateWorld(t);
  const a = signerOf(world.signers, 'a');
  const loose = await pushIndex(world, [], [a]);
  expectDenied(await world.pull(`app/manifests/${loose.tag}`), 'NO_SIGNATURES');
  equal((await world.pull(`app/manifests/${loose.first.image.digest}`)).status, 200, 'signed itself');
  equal((await world.pull(`app/blobs/${loose.first.layers[0]?.digest}`)).status, 200);
  expectDenied(await world.pull(`app/manifests/${loose.second.image.digest}`), 'NO_SIGNATURES');
  expectDenied(await world.pull(`app/blobs/${loose.second.layers[0]?.digest}`), 'NOT_ADMITTED');
});

test('an image that nobody signed is undecided while an index that lists it cannot be judged, beside a refused one too', async (t) => {
  const architectures = { a: 'amd64', b: 'arm64' };
  for (const order of [['a'], ['a', 'b'], ['b', 'a']] as const) {
    const world = await makeGateWorld(t, {
      rules: [{ require: { keys: ['a', 'b'] } }],
      vars: { CACHE_SECONDS: '0' },
    });
    const { image } = await pushLayered(world, NOBODY);
    const pull = () => world.pull(`app/manifests/${image.digest}`);
    const revoke = (id: string) =>
      world.service.call('POST', `/v1/keys/${id}/revoke`, { as: 'admin', json: { reason: 'x' } });
    const indexes: Partial<Record<'a' | 'b', string>> = {};
    for (const by of order) {
      const platform = { os: 'linux', architecture: architectures[by] };
      const index = await makeIndex([{ image, platform }]);
      world.registry.push('app', index, by);
      await signWith(world, index, [signerOf(world.signers, by)]);
      equal((await world.pull(`app/manifests/${by}`)).status, 200);
      indexes[by] = index.digest;
    }
    equal((await pull()).status, 200, 'named by an index');
    await revoke('b');
    const place = signatureTag(indexes.a ?? '');
    world.registry.lie = ({ reference }, truth) =>
      reference === place ? new Response('', { status: 503 }) : truth();
    expectUnavailable(await pull(), 'REGISTRY_UNAVAILABLE', order.join());
    await revoke('a');
    delete world.registry.lie;
    const refused = await pull();
    expectDenied(refused, 'NO_SIGNATURES', order.join());
    const [, named] = /The index (sha256:[0-9a-f]{64}), which lists it/.exec(refused.text) ?? [];
    ok(Object.values(indexes).includes(named ?? ''), refused.text);
  }
});
