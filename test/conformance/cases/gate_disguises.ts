// /v2/: images that are made to pass as signatures, because a client reads them in another way.
import { type Bytes, concat, utf8 } from '../../../src/core/encoding/bytes.ts';
import { base64 } from '../../support/bytes.ts';
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
  expectDenied,
  expectUnavailable,
  LAYER_TYPE,
  makeGateWorld,
  pushLayered,
  randomBytes,
} from '../support/world_gate.ts';
import { signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

const SIGNATURE_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';

test('A29 A80 an image that only some parsers read from a signature artifact does not pass', async (t) => {
  const world = await makeGateWorld(t);
  const signed = await pushLayered(world, [signerOf(world.signers, 'a')]);
  equal((await world.pull(`app/manifests/${signed.tag}`)).status, 200);
  const config = await content({ os: 'any' }, 'application/vnd.oci.image.config.v1+json');
  const payload = await content({ critical: {} }, SIGNATURE_TYPE);
  for (const item of [config, payload]) world.registry.push('app', item);
  const real = signed.layers.map(descriptor);
  const layer = descriptor(payload);
  const [first] = real;
  const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config), layers: [layer] };
  for (const hidden of [
    { Layers: real },
    { LAYERS: real },
    { layer\u017f: real },
    { layers: [{ ...layer, Digest: first?.digest, Size: first?.size }] },
    { layers: [{ ...layer, MediaType: LAYER_TYPE }] },
    { config: { ...parts.config, Digest: signed.config.digest } },
    { subject: { ...descriptor(signed.image), Digest: payload.digest } },
  ]) {
    const artifact = await content({ ...parts, subject: descriptor(signed.image), ...hidden }, MANIFEST_TYPE);
    world.registry.push('app', artifact, signatureTag(signed.image.digest));
    for (const reference of [artifact.digest, signatureTag(signed.image.digest)]) {
      const { status, text } = await world.pull(`app/manifests/${reference}`);
      ok(status === 403 || status === 503, `${JSON.stringify(hidden)}: ${status} ${text}`);
    }
    expectDenied(await world.pull(`app/blobs/${config.digest}`), 'NOT_ADMITTED');
  }
  const plain = await content({ ...parts, subject: descriptor(signed.image) }, MANIFEST_TYPE);
  world.registry.push('app', plain);
  equal((await world.pull(`app/manifests/${plain.digest}`)).status, 200, 'with nothing hidden');
});

const octal = (sum: number) => `${sum.toString(8).padStart(7, '0')} `;

/**
 * A JSON document, or the end of one, that is also a tar archive with one file, in the format before POSIX, where no byte of a header has to
 * be zero.
 * @param fill 355 bytes @param error what to add to the header's checksum @param name 100 bytes
 */
function archive(
  fill: string,
  weigh: (byte: number) => number,
  { error = 0, write = octal, name = `{"payload":"/..${'bin/sh'.padStart(85, '/')}` } = {},
): Bytes {
  const fields = `${name}0000755 0000000 0000000 00000001000 00000000000 `;
  const header = (checksum: string) => utf8(`${fields}${checksum}0${fill}`);
  const sum = header(' '.repeat(8)).reduce((total, byte) => total + weigh(byte), error);
  return concat(header(write(sum)), utf8(`${'x'.repeat(510)}"}`));
}

test('A80 a JSON document that is also a tar archive is not a signature', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const pull = async (bytes: Bytes) => {
    const layer = await content(bytes, SIGNATURE_TYPE);
    const config = await content({}, 'application/vnd.oci.empty.v1+json');
    const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config) };
    const artifact = await content(
      { ...parts, layers: [descriptor(layer)], subject: descriptor(image) },
      MANIFEST_TYPE,
    );
    for (const item of [config, layer, artifact]) world.registry.push('app', item);
    return world.pull(`app/manifests/${artifact.digest}`);
  };
  const unsigned = (byte: number) => byte;
  const signed = (byte: number) => (byte < 128 ? byte : byte - 256);
  const accented = '\u00e9'.repeat(50) + 'a'.repeat(255);
  // GNU tar skips what is no header.
  const first = utf8(`{"critical":null,"payload":"${'a'.repeat(484)}`);
  for (const bytes of [
    archive('a'.repeat(355), unsigned),
    archive(accented, unsigned),
    archive(accented, signed),
    archive('a'.repeat(355), unsigned, { write: (sum) => `0_${sum.toString(8)}` }),
    archive('a'.repeat(355), unsigned, { write: (sum) => `0o${sum.toString(8)}` }),
    concat(first, archive('a'.repeat(355), unsigned, { name: `${'./'.repeat(46)}bin/tool` })),
  ]) {
    JSON.parse(new TextDecoder().decode(bytes));
    expectDenied(await pull(bytes), 'NO_SIGNATURES');
  }
  for (const error of [1, -1]) equal((await pull(archive(accented, unsigned, { error }))).status, 200);
  const short = archive('a'.repeat(355), unsigned);
  equal((await pull(concat(short.subarray(0, 500), utf8('"}')))).status, 200, 'shorter than a header');
});

test('A80 a document that a registry shows in place of a signature’s layer passes nothing', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const config = await content({}, 'application/vnd.oci.empty.v1+json');
  const layer = await content(utf8('a root filesystem'), SIGNATURE_TYPE);
  const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: descriptor(config) };
  const artifact = await content(
    { ...parts, layers: [descriptor(layer)], subject: descriptor(image) },
    MANIFEST_TYPE,
  );
  for (const item of [config, layer, artifact]) world.registry.push('app', item);
  world.registry.lie = ({ what, reference }) =>
    what === 'blob' && reference === layer.digest ? new Response('{}') : undefined;
  expectDenied(await world.pull(`app/manifests/${artifact.digest}`), 'NO_SIGNATURES');
  delete world.registry.lie;
  expectDenied(await world.pull(`app/blobs/${layer.digest}`), 'NOT_ADMITTED');
});

/** A descriptor with the content, which containerd and go-containerregistry take in place of asking for it. */
const embedded = (item: Content) => ({ ...descriptor(item), data: base64(item.bytes) });

test('A80 a manifest, or what says what to run, is not part of a signature', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const empty = await content({}, 'application/vnd.oci.empty.v1+json');
  const payload = await content({ critical: {}, optional: null }, SIGNATURE_TYPE);
  const pull = async (config: Content, layer: Content) => {
    const parts = { schemaVersion: 2, mediaType: MANIFEST_TYPE, subject: descriptor(image) };
    const artifact = await content(
      { ...parts, config: embedded(config), layers: [{ ...descriptor(layer), mediaType: SIGNATURE_TYPE }] },
      MANIFEST_TYPE,
    );
    for (const item of [config, layer]) world.registry.push('app', { ...item, mediaType: 'any' });
    world.registry.push('app', artifact);
    return world.pull(`app/manifests/${artifact.digest}`);
  };
  const layers = [embedded(await content(randomBytes(100), LAYER_TYPE))];
  const manifests = [embedded(image)];
  for (const [type, document] of [
    [MANIFEST_TYPE, { layers }],
    [MANIFEST_TYPE, { LAYER\u017f: layers }],
    [MANIFEST_TYPE, { fsLayers: layers }],
    [MANIFEST_TYPE, { config: descriptor(empty), layers: [] }],
    [INDEX_TYPE, { manifests }],
    [INDEX_TYPE, { Manifests: manifests }],
    [SIGNATURE_TYPE, { apiVersion: 'tekton.dev/v1', kind: 'Task' }],
    ['application/vnd.docker.plugin.v1+json', { Entrypoint: ['evil'] }],
    ['application/vnd.oci.image.config.v1+json', { architecture: '', variant: '' }],
    [SIGNATURE_TYPE, { critical: {}, more: {} }],
    ['application/vnd.oci.image.config.v1+json', { config: { Entrypoint: ['evil'] } }],
    ['application/vnd.oci.image.config.v1+json', { Config: { Cmd: ['evil'] } }],
    ['application/vnd.oci.image.config.v1+json', { rootfs: { diff_ids: [payload.digest, image.digest] } }],
    ['application/vnd.oci.image.config.v1+json', { RootF\u017f: { DIFF_IDS: [image.digest] }, big: 2 ** 70 }],
  ] as const) {
    const made = await content(document, type);
    expectDenied(await pull(made, payload), 'NO_SIGNATURES', JSON.stringify(document));
    expectDenied(await pull(empty, made), 'NO_SIGNATURES', JSON.stringify(document));
    expectDenied(await world.pull(`app/blobs/${made.digest}`), 'NOT_ADMITTED');
  }
  const rootfs = { type: 'layers', diff_ids: [payload.digest] };
  const none = { architecture: '', author: '', created: '', history: [{}], os: '' };
  for (const config of [{ ...none, config: {}, rootfs }, { config: null }]) {
    const { status } = await pull(await content(config, 'application/vnd.oci.image.config.v1+json'), payload);
    equal(status, 200, 'as cosign writes it');
  }
  const material = { mediaType: '', verificationMaterial: {} };
  for (const document of [
    { payloadType: '', payload: '', signatures: [] },
    { ...material, dsseEnvelope: {} },
    { ...material, messageSignature: {} },
  ])
    equal(
      (await pull(empty, await content(document, SIGNATURE_TYPE))).status,
      200,
      'an envelope, or a bundle',
    );
});

test('A80 a referrers list under the fallback tag must not bring what it lists', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const evil = await pushLayered(world, []);
  const pull = async (more: object) => {
    const listed = { ...descriptor(evil.image), platform: { os: 'linux', architecture: 'amd64' } };
    const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [listed, { ...listed, ...more }] };
    const tag = image.digest.replace(':', '-');
    world.registry.push('app', await content(index, INDEX_TYPE), tag);
    return world.pull(`app/manifests/${tag}`);
  };
  for (const name of ['data', 'Data', 'urls', 'URLs'])
    expectDenied(await pull({ [name]: base64(evil.image.bytes) }), 'NO_SIGNATURES', name);
  equal((await pull({ artifactType: 'any', annotations: { any: '1' } })).status, 200);
});

test('a referrers list under the fallback tag passes with its image, however long it is and whatever it says of an artifact', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const tag = image.digest.replace(':', '-');
  const pull = async (manifests: unknown[]) => {
    const index = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests };
    world.registry.push('app', await content(index, INDEX_TYPE), tag);
    return world.pull(`app/manifests/${tag}`);
  };
  const listed = descriptor(image);
  equal((await pull(Array.from({ length: 300 }, () => listed))).status, 200, 'longer than any index');
  equal((await pull([{ ...listed, platform: {} }])).status, 200, 'a platform without a name');
  equal((await pull([{ ...listed, digest: `sha512:${'ab'.repeat(64)}` }])).status, 200, 'another hash');
  for (const item of [null, 'text', [listed]]) expectUnavailable(await pull([item]), 'REGISTRY_MALFORMED');
});

test('A80 the referrers API must not bring what it lists', async (t) => {
  const world = await makeGateWorld(t);
  const { image } = await pushLayered(world, [signerOf(world.signers, 'a')]);
  const evil = await pushLayered(world, []);
  const listed = { ...descriptor(evil.image), artifactType: 'any', annotations: { any: '1' } };
  const pull = (list: object) => {
    world.registry.lie = ({ what }) =>
      what === 'referrers' ? new Response(JSON.stringify({ schemaVersion: 2, ...list })) : undefined;
    return world.pull(`app/referrers/${image.digest}`);
  };
  for (const name of ['data', 'Data', 'urls', 'URLs']) {
    const { status, json } = await pull({ manifests: [{ ...listed, [name]: base64(evil.image.bytes) }, 1] });
    equal([status, json], [200, { schemaVersion: 2, manifests: [listed, 1] }], name);
  }
  expectUnavailable(await pull({ manifests: [], Manifests: [embedded(evil.image)] }), 'REGISTRY_MALFORMED');
  equal((await pull({ manifests: null })).json, { schemaVersion: 2, manifests: null });
});
