// The gate's record of which admitted manifest names a blob, which outlives the isolate.
import { movableClock } from '../../support/clock.ts';
import { startService } from '../../support/service.ts';
import { content, descriptor, MANIFEST_TYPE, makeIndex } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { BASIC, expectDenied, expectUnavailable, makeGateWorld, pushLayered } from '../support/world_gate.ts';
import { policyOf, putPolicy, signerOf, signWith } from '../support/world_policies.ts';
import { test } from '../table.ts';

test('the record of what was admitted outlives the isolate in the store, with a bounded number of writes', async (t) => {
  const world = await makeGateWorld(t);
  const { tag, layers, config } = await pushLayered(world, [signerOf(world.signers, 'a')], {
    sizes: [10, 20, 30],
  });
  const { kv } = world.service;
  kv.writes.length = 0;
  await Promise.all(Array.from({ length: 8 }, () => world.pull(`app/manifests/${tag}`)));
  const written = new Set(kv.writes);
  equal(written.size, 4, 'one record per child');
  ok(
    [...written].every((name) => /^parents\/blob\/[0-9a-f]{64}\/[0-9a-f]{64}$/.test(name)),
    [...written].join(),
  );
  kv.writes.length = 0;
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  equal(kv.writes, [], 'written once');
  const restarted = startService(t.worker, { REGISTRIES: world.registry.host, ACCESS: 'open' }, kv);
  for (const { digest } of [config, ...layers]) {
    const answer = await restarted.call('GET', `/v2/${world.registry.host}/app/blobs/${digest}`, {
      as: BASIC,
    });
    equal(answer.status, 200, answer.text);
  }
});

test('a blob still passes after another manifest lists it with another size', async (t) => {
  const world = await makeGateWorld(t);
  const a = signerOf(world.signers, 'a');
  const { tag, layers } = await pushLayered(world, [a]);
  const [layer] = layers;
  ok(layer, 'a layer');
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  const liar = await pushLayered(world, [], { sizes: [1] });
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(liar.config),
    layers: [{ ...descriptor(layer), size: 5 }],
  };
  const image = await content(manifest, MANIFEST_TYPE);
  world.registry.push('app', image, 'liar');
  await signWith(world, image, [a]);
  equal((await world.pull('app/manifests/liar')).status, 200);
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  const answers = [
    await world.pull(`app/blobs/${layer.digest}`),
    await world.pull(`app/blobs/${layer.digest}`),
  ];
  equal(
    answers.map(({ status }) => status),
    [200, 200],
  );
});

test('what another isolate admitted passes here, whatever this isolate remembers', async (t) => {
  const world = await makeGateWorld(t);
  const [a, b] = [signerOf(world.signers, 'a'), signerOf(world.signers, 'b')];
  await putPolicy(world.service, 'default', policyOf({ require: { keys: ['a', 'b'] } }));
  const first = await pushLayered(world, [a], { sizes: [10] });
  const [base] = first.layers;
  ok(base, 'a layer');
  equal((await world.pull(`app/manifests/${first.tag}`)).status, 200);
  equal((await world.pull(`app/blobs/${base.digest}`)).status, 200);
  await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
  expectDenied(await world.pull(`app/blobs/${base.digest}`), 'NOT_ADMITTED');
  const other = startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(first.config),
    layers: [descriptor(base)],
    annotations: { v: '2' },
  };
  const second = await content(manifest, MANIFEST_TYPE);
  world.registry.push('app', second, 'v2');
  await signWith(world, second, [b]);
  const path = `/v2/${world.registry.host}/app`;
  equal((await other.call('GET', `${path}/manifests/v2`, { as: BASIC })).status, 200);
  equal((await world.pull(`app/blobs/${base.digest}`)).status, 200);
});

test('many images that passed with a warning do not hide a verified one that shares a blob', async (t) => {
  const world = await makeGateWorld(t, {
    rules: [{ mode: 'warn', require: { keys: ['a'] } }],
    vars: { CACHE_SECONDS: '0' },
  });
  const first = await pushLayered(world, [signerOf(world.signers, 'a')], { sizes: [10] });
  const [base] = first.layers;
  ok(base, 'a layer');
  equal((await world.pull(`app/manifests/${first.tag}`)).status, 200);
  for (let i = 0; i < 15; i++) {
    const manifest = {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(first.config),
      layers: [descriptor(base)],
      annotations: { v: `${i}` },
    };
    const image = await content(manifest, MANIFEST_TYPE);
    world.registry.push('app', image, `v${i}`);
    equal((await world.pull(`app/manifests/v${i}`)).status, 200);
  }
  await putPolicy(world.service, 'default', policyOf({ require: { keys: ['a'] } }));
  const cold = startService(
    t.worker,
    { REGISTRIES: world.registry.host, CACHE_SECONDS: '0' },
    world.service.kv,
  );
  const answer = await cold.call('GET', `/v2/${world.registry.host}/app/blobs/${base.digest}`, { as: BASIC });
  equal(answer.status, 200, answer.text);
});

test('many indexes that passed with a warning do not hide that an image which they list is signed', async (t) => {
  const world = await makeGateWorld(t, { rules: [{ mode: 'warn', require: { keys: ['a'] } }] });
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')], { sizes: [10] });
  for (let i = 0; i < 20; i++) {
    const platform = { os: 'linux', architecture: 'amd64' };
    const index = await makeIndex([{ image, platform }], { annotations: { v: `${i}` } });
    world.registry.push('app', index, `v${i}`);
    equal((await world.pull(`app/manifests/v${i}`)).status, 200);
  }
  await putPolicy(world.service, 'default', policyOf({ require: { keys: ['a'] } }));
  const cold = startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  const path = `/v2/${world.registry.host}/app/manifests/${image.digest}`;
  const answer = await cold.call('GET', path, { as: BASIC });
  equal(answer.status, 200, answer.text);
});

test('an image of a signed index that was just pulled needs no look-up of its own, also if another index lists it', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, []);
  for (const tag of ['one', 'two']) {
    const platform = { os: 'linux', architecture: 'amd64' };
    const index = await makeIndex([{ image, platform }], { annotations: { tag } });
    world.registry.push('app', index, tag);
    await signWith(world, index, [signerOf(world.signers, 'a')]);
    equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  }
  const { length } = world.upstream.sent;
  equal((await world.pull(`app/manifests/${image.digest}`)).status, 200);
  equal(world.upstream.sent.length - length, 1, 'only for the manifest');
});

test('a blob of an image passes also if many others that list it, and were pulled since, are refused', async (t) => {
  const clock = movableClock(t.after);
  const world = await makeGateWorld(t, { rules: [{ require: { keys: ['a', 'b'] } }] });
  const { image, tag, config, layers } = await pushLayered(world, [signerOf(world.signers, 'b')], {
    sizes: [10],
  });
  const [base] = layers;
  ok(base, 'a layer');
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  for (let i = 0; i < 20; i++) {
    const manifest = { ...JSON.parse(new TextDecoder().decode(image.bytes)), annotations: { v: `${i}` } };
    const other = await content(manifest, MANIFEST_TYPE);
    world.registry.push('app', other, `v${i}`);
    await signWith(world, other, [signerOf(world.signers, 'a')]);
    equal((await world.pull(`app/manifests/v${i}`)).status, 200);
  }
  await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
  clock.advance(3600_000);
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  const cold = startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  for (const { digest } of [config, base]) {
    const path = `/v2/${world.registry.host}/app/blobs/${digest}`;
    const answer = await cold.call('GET', path, { as: BASIC });
    equal(answer.status, 200, answer.text);
  }
});

test('a blob of one refused and one undecided image is undecided, whichever comes first', async (t) => {
  for (const order of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const world = await makeGateWorld(t, {
      rules: [{ require: { keys: ['a', 'b'] } }],
      vars: { CACHE_SECONDS: '0' },
    });
    const { config, layers } = await pushLayered(world, [], { sizes: [10] });
    const [layer] = layers;
    ok(layer, 'a layer');
    const images: Record<string, string> = {};
    for (const by of order) {
      const manifest = {
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: descriptor(config),
        layers: [descriptor(layer)],
        annotations: { by },
      };
      const image = await content(manifest, MANIFEST_TYPE);
      world.registry.push('app', image, by);
      await signWith(world, image, [signerOf(world.signers, by)]);
      equal((await world.pull(`app/manifests/${by}`)).status, 200);
      images[by] = `${image.digest.replace(':', '-')}.sig`;
    }
    await world.service.call('POST', '/v1/keys/b/revoke', { as: 'admin', json: { reason: 'x' } });
    equal((await world.pull(`app/blobs/${layer.digest}`)).status, 200, 'admitted by the other image');
    world.registry.lie = ({ reference }, truth) =>
      reference === images.a ? new Response('', { status: 503, headers: { 'retry-after': '1' } }) : truth();
    expectUnavailable(await world.pull(`app/blobs/${layer.digest}`), 'REGISTRY_UNAVAILABLE', order.join());
    await world.service.call('POST', '/v1/keys/a/revoke', { as: 'admin', json: { reason: 'x' } });
    delete world.registry.lie;
    expectDenied(await world.pull(`app/blobs/${layer.digest}`), 'NOT_ADMITTED', order.join());
  }
});

test('an image whose signatures are remembered is pulled again, blobs too, without a record of the store', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const { kv } = world.service;
  const paths = [`manifests/${tag}`, `manifests/${image.digest}`, `blobs/${layers[0]?.digest}`];
  for (const path of paths) equal((await world.pull(`app/${path}`)).status, 200, path);
  kv.reads.length = 0;
  for (const path of paths) equal((await world.pull(`app/${path}`)).status, 200, path);
  equal(
    kv.reads.filter((name) => name.startsWith('parents/')),
    [],
  );
});
