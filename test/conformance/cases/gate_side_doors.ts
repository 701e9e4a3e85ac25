// /v2/: refused content does not pass in another way: by digest, as a blob, from another repository, or disguised as a signature.
import { startService } from '../../support/service.ts';
import {
  type Content,
  content,
  descriptor,
  INDEX_TYPE,
  MANIFEST_TYPE,
  signatureTag,
} from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import {
  BASIC,
  expectDenied,
  expectUnavailable,
  LAYER_TYPE,
  makeGateWorld,
  pushLayered,
  randomBytes,
} from '../support/world_gate.ts';
import { signerOf, signWith } from '../support/world_policies.ts';
import { test } from '../table.ts';

const NOBODY: [] = [];

test('A80 a digest passes only in the repository that admitted it, in whatever way it is asked for', async (t) => {
  const world = await makeGateWorld(t);
  const { image, tag, layers } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const [layer] = layers;
  ok(layer, 'a layer');
  for (const item of [image, layer]) world.registry.push('other', item);
  const doors = (repository: string) =>
    ['GET', 'HEAD'].flatMap((method) =>
      [{}, { range: 'bytes=0-9' }, { 'if-none-match': '*' }, { 'if-none-match': `"${layer.digest}"` }].map(
        (headers) =>
          world.pull(`${repository}/blobs/${layer.digest}`, {
            method,
            headers: headers as Record<string, string>,
          }),
      ),
    );
  for (const answer of await Promise.all(doors('app'))) equal(answer.status, 403, 'cold');
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  for (const answer of await Promise.all(doors('app'))) ok(answer.status < 400, `admitted: ${answer.status}`);
  for (const answer of await Promise.all(doors('other')))
    equal(answer.status, 403, 'another repository, with a warm cache');
  expectDenied(await world.pull(`other/blobs/${layer.digest}`), 'NOT_ADMITTED');
  expectDenied(
    await world.pull(`app/blobs/${image.digest}`),
    'NOT_ADMITTED',
    'a manifest is not admitted as a blob',
  );
  const asManifest = await world.pull(`app/manifests/${layer.digest}`);
  ok(asManifest.status >= 400, 'a blob is not admitted as a manifest');
});

test('signatures pass the gate with their image, and an image disguised as a signature does not', async (t) => {
  const world = await makeGateWorld(t);
  const a = signerOf(world.signers, 'a');
  const { image } = await pushLayered(world, [a]);
  const sig = await world.pull(`app/manifests/${signatureTag(image.digest)}`);
  equal(sig.status, 200, sig.text);
  for (const { digest } of [sig.json.config, ...sig.json.layers])
    equal((await world.pull(`app/blobs/${digest}`)).status, 200);
  const unsigned = await pushLayered(world, NOBODY);
  const b = signerOf(world.signers, 'b');
  await signWith(world, unsigned.image, [b]);
  expectDenied(
    await world.pull(`app/manifests/${signatureTag(unsigned.image.digest)}`),
    'NO_SIGNATURES',
    'its image may not be pulled',
  );
  const other = await pushLayered(world, [a]);
  const evil = await pushLayered(world, NOBODY);
  world.registry.push('app', evil.image, signatureTag(other.image.digest));
  expectDenied(
    await world.pull(`app/manifests/${signatureTag(other.image.digest)}`),
    'NO_SIGNATURES',
    'layers of an image',
  );
  const dressed = await pushLayered(world, NOBODY, { more: { subject: descriptor(other.image) } });
  expectDenied(
    await world.pull(`app/manifests/${dressed.image.digest}`),
    'NO_SIGNATURES',
    'a subject is not enough',
  );
  const huge = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(evil.config),
      subject: descriptor(other.image),
      layers: [
        {
          mediaType: 'application/vnd.dsse.envelope.v1+json',
          digest: evil.layers[0]?.digest,
          size: 17 * 1024 * 1024,
        },
      ],
    },
    MANIFEST_TYPE,
  );
  world.registry.push('app', huge);
  expectDenied(
    await world.pull(`app/manifests/${huge.digest}`),
    'NO_SIGNATURES',
    'larger than any signature',
  );
  const mixed = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(evil.config),
      subject: descriptor(other.image),
      layers: [...sig.json.layers, { mediaType: LAYER_TYPE, digest: evil.layers[0]?.digest, size: 1000 }],
    },
    MANIFEST_TYPE,
  );
  world.registry.push('app', mixed);
  expectDenied(
    await world.pull(`app/manifests/${mixed.digest}`),
    'NO_SIGNATURES',
    'one layer is not evidence',
  );
});

test('attestations pass with their image however many there are, and more than can be recorded are undecided, not refused', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const type = 'application/vnd.dsse.envelope.v1+json';
  const envelope = await content({ payloadType: 'any', payload: '', signatures: [] }, type);
  const config = await content({}, 'application/vnd.oci.image.config.v1+json');
  for (const item of [envelope, config]) world.registry.push('app', item);
  const tag = signatureTag(image.digest).replace('.sig', '.att');
  const pull = async (count: number) => {
    const layers = Array.from({ length: count }, () => descriptor(envelope));
    const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config), layers };
    world.registry.push('app', await content(parts, MANIFEST_TYPE), tag);
    return world.pull(`app/manifests/${tag}`);
  };
  equal((await pull(256)).status, 200, 'as many as there are after some months of nights');
  expectUnavailable(await pull(257), 'LIMIT_EXCEEDED');
});

test('what a signature lists is recorded at every pull, as it may not have been when the signature was', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const { headers, json } = await world.pull(`app/manifests/${signatureTag(image.digest)}`);
  const { stored } = world.service.kv;
  for (const name of [...stored.keys()]) if (name.startsWith('parents/blob/')) stored.delete(name);
  const isolate = () => startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  const pull = (path: string) => isolate().get(`/v2/${world.registry.host}/app/${path}`, { as: BASIC });
  equal((await pull(`manifests/${headers.get('docker-content-digest')}`)).status, 200);
  for (const { digest } of [json.config, ...json.layers])
    equal((await pull(`blobs/${digest}`)).status, 200, 'in another isolate');
});

test('a signature of an image that could not be judged is undecided, by tag and by digest', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const tag = signatureTag(image.digest);
  const isolate = () => startService(t.worker, { REGISTRIES: world.registry.host }, world.service.kv);
  const pull = (reference: string, what = 'manifests') =>
    isolate().get(`/v2/${world.registry.host}/app/${what}/${reference}`, { as: BASIC });
  const fail = () => {
    world.registry.lie = ({ what }) => (what === 'blob' ? new Response('', { status: 503 }) : undefined);
  };
  fail();
  expectUnavailable(await pull(tag), 'REGISTRY_UNAVAILABLE', 'never seen before');
  delete world.registry.lie;
  const { status, headers, json } = await pull(tag);
  equal(status, 200);
  fail();
  for (const reference of [tag, headers.get('docker-content-digest') ?? ''])
    expectUnavailable(await pull(reference), 'REGISTRY_UNAVAILABLE', reference);
  for (const { digest } of [json.config, ...json.layers])
    expectUnavailable(await pull(digest, 'blobs'), 'REGISTRY_UNAVAILABLE', 'a blob of it');
});

test('A80 what a signature artifact lists is admitted only as a blob: an unsigned image listed there does not pass', async (t) => {
  const world = await makeGateWorld(t);
  const signed = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const evil = await pushLayered(world, NOBODY);
  const asLayer = {
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
    digest: evil.image.digest,
    size: evil.image.bytes.length,
  };
  const config = descriptor(signed.config);
  const artifacts = [
    { config, layers: [asLayer] },
    { config: { ...config, digest: evil.image.digest, size: evil.image.bytes.length }, layers: [asLayer] },
  ];
  world.registry.push('app', { ...evil.image, mediaType: 'application/octet-stream' });
  for (const parts of artifacts) {
    const artifact = await content(
      { schemaVersion: 2, mediaType: MANIFEST_TYPE, subject: descriptor(signed.image), ...parts },
      MANIFEST_TYPE,
    );
    world.registry.push('app', artifact, 'sig');
    for (const reference of ['sig', artifact.digest]) await world.pull(`app/manifests/${reference}`);
    world.registry.push('app', evil.image, evil.tag);
    expectDenied(await world.pull(`app/manifests/${evil.tag}`), 'NO_SIGNATURES');
    expectDenied(await world.pull(`app/manifests/${evil.image.digest}`), 'NO_SIGNATURES');
    expectDenied(await world.pull(`app/blobs/${evil.layers[0]?.digest}`), 'NOT_ADMITTED');
  }
});

test('A80 what a signed image lists as a layer is admitted only as a blob, even if it is a manifest', async (t) => {
  const world = await makeGateWorld(t);
  const evil = await pushLayered(world, NOBODY);
  const more = { layers: [{ ...descriptor(evil.image), mediaType: LAYER_TYPE }] };
  const { tag } = await pushLayered(world, [signerOf(world.signers, 'a')], { more });
  equal((await world.pull(`app/manifests/${tag}`)).status, 200);
  expectDenied(await world.pull(`app/manifests/${evil.image.digest}`), 'NO_SIGNATURES');
  world.registry.push('app', { ...evil.image, mediaType: 'any' });
  equal((await world.pull(`app/blobs/${evil.image.digest}`)).status, 200);
});

test('A80 an image whose layers only have the media type of signatures is judged as an image', async (t) => {
  const world = await makeGateWorld(t);
  const signed = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const { config, layers } = await pushLayered(world, NOBODY);
  const dressed = layers.map((layer) => ({
    ...descriptor(layer),
    mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  }));
  const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config), layers: dressed };
  const image = await content({ ...parts, subject: descriptor(signed.image) }, MANIFEST_TYPE);
  world.registry.push('app', image, 'a-gz');
  const other = await pushLayered(world, [signerOf(world.signers, 'a')]);
  equal((await world.pull(`app/manifests/${other.tag}`)).status, 200);
  world.registry.push('app', image, signatureTag(other.image.digest));
  for (const reference of ['a-gz', image.digest, signatureTag(other.image.digest)])
    expectDenied(await world.pull(`app/manifests/${reference}`), 'NO_SIGNATURES', reference);
  const aboutLayer = await content(
    { ...parts, subject: descriptor(signed.layers[0] ?? signed.image) },
    MANIFEST_TYPE,
  );
  world.registry.push('app', aboutLayer);
  equal((await world.pull(`app/manifests/${signed.tag}`)).status, 200);
  expectDenied(
    await world.pull(`app/manifests/${aboutLayer.digest}`),
    'NO_SIGNATURES',
    'a layer has no referrers',
  );
});

test('A80 content listed as the configuration of a signature artifact does not pass by that', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const filesystem = await content(randomBytes(2000), LAYER_TYPE);
  const payload = await content({ critical: {} }, 'application/vnd.dev.cosign.simplesigning.v1+json');
  const artifact = async (config: Content) => {
    const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, subject: descriptor(image) };
    const made = await content(
      { ...parts, config: descriptor(config), layers: [descriptor(payload)] },
      MANIFEST_TYPE,
    );
    for (const item of [config, payload, made]) world.registry.push('app', item);
    return made;
  };
  const dressed = await artifact(filesystem);
  expectDenied(await world.pull(`app/manifests/${dressed.digest}`), 'NO_SIGNATURES');
  expectDenied(await world.pull(`app/blobs/${filesystem.digest}`), 'NOT_ADMITTED');
  const genuine = await artifact(await content({}, 'application/vnd.oci.empty.v1+json'));
  equal((await world.pull(`app/manifests/${genuine.digest}`)).status, 200);
});

test('A80 a referrers list is passed on, and nothing in it is called verified', async (t) => {
  const world = await makeGateWorld(t);
  const signed = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const evil = await pushLayered(world, NOBODY);
  const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [descriptor(evil.image)] };
  const list = await content(index, INDEX_TYPE);
  const standIn = (digest: string) => digest.replace(':', '-');
  world.registry.push('app', list, standIn(signed.image.digest));
  const byTag = await world.pull(`app/manifests/${standIn(signed.image.digest)}`);
  equal(
    [byTag.status, byTag.headers.get('countersign-verdict'), byTag.headers.get('countersign-code')],
    [200, 'undecided', 'NOT_JUDGED'],
  );
  expectDenied(await world.pull(`app/manifests/${list.digest}`), 'NO_SIGNATURES');
  expectDenied(await world.pull(`app/manifests/${evil.image.digest}`), 'NO_SIGNATURES');
  world.registry.push('app', list, standIn(evil.image.digest));
  expectDenied(
    await world.pull(`app/manifests/${standIn(evil.image.digest)}`),
    'NO_SIGNATURES',
    'of an image that may not be pulled',
  );
});
