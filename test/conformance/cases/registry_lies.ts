// Registries that answer wrongly, fail or never end: each fault has its code, in a bounded number of bytes, and is never verified.
import { BUNDLE_TYPE } from '../../support/bundles.ts';
import {
  content,
  INDEX_TYPE,
  layerDescriptor,
  MANIFEST_TYPE,
  makeImage,
  payloadFor,
  SIMPLE_SIGNING,
  signatureTag,
} from '../../support/sign_image.ts';
import { endless } from '../../support/upstream.ts';
import { equal, match, ok } from '../support/assert.ts';
import { type Answer, json, lieAt } from '../support/lies.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
} from '../support/world.ts';
import { test } from '../table.ts';

test('A30 the digest of a tag is computed from the bytes; Docker-Content-Digest is ignored', async (t) => {
  const world = await makeWorld(t);
  const other = await makeImage('other');
  lieAt(
    world,
    'image',
    () =>
      new Response(world.image.bytes, {
        headers: { 'content-type': MANIFEST_TYPE, 'docker-content-digest': other.digest },
      }),
  );
  const same = await world.verify();
  expectVerdict(same, 200, 'VERIFIED');
  equal(same.json.subject.digest, world.image.digest);
  lieAt(
    world,
    'image',
    () =>
      new Response(other.bytes, {
        headers: { 'content-type': MANIFEST_TYPE, 'docker-content-digest': world.image.digest },
      }),
  );
  const swapped = await world.verify();
  expectVerdict(swapped, 403, 'NO_SIGNATURES');
  equal(swapped.json.subject.digest, other.digest);
});

test('A30 a manifest with another digest than requested is MANIFEST_DIGEST_MISMATCH', async (t) => {
  const world = await makeWorld(t);
  const other = await makeImage('other');
  lieAt(
    world,
    'image',
    () =>
      new Response(other.bytes, {
        headers: { 'content-type': MANIFEST_TYPE, 'docker-content-digest': world.image.digest },
      }),
  );
  const answer = await world.verify(world.byDigest, 'key=release&platform=linux/amd64');
  expectVerdict(answer, 403, 'MANIFEST_DIGEST_MISMATCH');
  equal(answer.json.signatures, []);
});

test('A30 A46 other, truncated or longer payload bytes are PAYLOAD_DIGEST_MISMATCH', async (t) => {
  const world = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const { image } = world;
  const { payload } = world.layer;
  const bad = [
    payloadFor(image.digest, { optional: { x: 'y' } }),
    payload.map((byte, at) => (at === payload.length - 1 ? byte ^ 0x20 : byte)),
    payload.slice(0, -1),
    new Uint8Array([...payload, 0x20]),
    new Uint8Array(),
  ];
  for (const bytes of bad) {
    lieAt(
      world,
      'payload',
      () => new Response(bytes, { headers: { 'docker-content-digest': image.digest } }),
    );
    expectSignature(await world.verify(), 'PAYLOAD_DIGEST_MISMATCH');
  }
});

test('A41 a descriptor with a wrong size is PAYLOAD_DIGEST_MISMATCH', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.push(REPOSITORY, blob);
  for (const size of [0, 1, layer.payload.length + 1]) {
    const manifest = await content(
      {
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: { mediaType: 'x', digest: blob.digest, size: 1 },
        layers: [{ ...layerDescriptor(layer, blob), size }],
      },
      MANIFEST_TYPE,
    );
    registry.push(REPOSITORY, manifest, signatureTag(image.digest));
    expectSignature(await verify(), 'PAYLOAD_DIGEST_MISMATCH', String(size));
  }
});

test('A45 a body that is not a manifest is REGISTRY_MALFORMED, for the image and for its signatures', async (t) => {
  const world = await makeWorld(t);
  const text = new TextDecoder().decode(world.image.bytes);
  const bad: Record<string, Answer> = {
    'a login page': () =>
      new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } }),
    nothing: json(''),
    'JSON that is not a manifest': json({ errors: [] }),
    null: json('null'),
    'a list': json([]),
    'cut short': json(text.slice(0, -1)),
    'two documents': json(`${text}${text}`),
    'a name twice': json(text.replace('"layers"', '"layers":[],"layers"')),
    'layers that are not a list': json({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: {},
      layers: {},
    }),
    'another type than it says': json(text, INDEX_TYPE),
    'an image that says it is an index': json(text.replace(MANIFEST_TYPE, INDEX_TYPE)),
    'invalid UTF-8': () =>
      new Response(Uint8Array.of(0x7b, 0xff, 0x7d), { headers: { 'content-type': MANIFEST_TYPE } }),
  };
  for (const step of ['image', 'signatures'] as const) {
    for (const [what, answer] of Object.entries(bad)) {
      lieAt(world, step, answer);
      const { json: body, ...rest } = await world.verify();
      expectVerdict({ json: body, ...rest }, 502, 'REGISTRY_MALFORMED', `${step}: ${what}`);
      equal(body.retryable, false);
      equal(
        body.upstream,
        { host: world.registry.host, step: step === 'image' ? 'image manifest' : 'signature manifest' },
        `${step}: ${what}`,
      );
    }
  }
});

test('A29 a manifest with two forms, or another type than its header states, is refused; one without a media type is read by its form', async (t) => {
  const world = await makeWorld(t);
  const image = JSON.parse(new TextDecoder().decode(world.image.bytes));
  for (const both of [
    { ...image, manifests: [] },
    { ...image, mediaType: INDEX_TYPE, manifests: [] },
    { ...image, layers: undefined, manifests: [] },
    { ...image, Layers: [] },
    { ...image, Manifests: [] },
    { ...image, layer\u017f: [] },
    { ...image, mediatype: INDEX_TYPE },
  ]) {
    lieAt(world, 'image', json(both));
    expectVerdict(await world.verify(), 403, 'MANIFEST_UNSUPPORTED');
  }
  for (const [document, type] of [
    [image, INDEX_TYPE],
    [{ ...image, mediaType: INDEX_TYPE }, INDEX_TYPE],
    [{ ...image, mediaType: INDEX_TYPE }, 'application/json'],
  ] as const) {
    lieAt(world, 'image', json(document, type));
    expectVerdict(await world.verify(), 502, 'REGISTRY_MALFORMED', type);
  }
  const { mediaType: _, ...untyped } = image;
  for (const type of [MANIFEST_TYPE, 'application/json', 'application/octet-stream']) {
    const document = await content(untyped, type);
    world.registry.push(REPOSITORY, document, 'untyped');
    delete world.registry.lie;
    const answer = await world.verify(`${world.name}:untyped`);
    expectVerdict(answer, 403, 'NO_SIGNATURES', type);
    equal(answer.json.subject.digest, document.digest);
  }
});

test('A44 a Docker schema 1 manifest is MANIFEST_UNSUPPORTED, with the reason', async (t) => {
  const world = await makeWorld(t);
  for (const type of [
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    'application/vnd.docker.distribution.manifest.v1+json',
  ]) {
    lieAt(
      world,
      'image',
      json({ schemaVersion: 1, name: 'app', tag: '1', fsLayers: [], history: [], signatures: [] }, type),
    );
    const answer = await world.verify();
    expectVerdict(answer, 403, 'MANIFEST_UNSUPPORTED');
    match(answer.json.summary, /schema 1/);
  }
});

test('an OCI artifact manifest is MANIFEST_UNSUPPORTED, with the reason', async (t) => {
  const world = await makeWorld(t);
  const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
  lieAt(world, 'image', json({ mediaType, artifactType: 'text/plain', blobs: [] }, mediaType));
  const answer = await world.verify();
  expectVerdict(answer, 403, 'MANIFEST_UNSUPPORTED');
  match(answer.json.summary, /artifact manifests/);
  const inspected = await world.service.get(`/v1/inspect/${world.name}:1`, { as: 'admin' });
  expectProblem(inspected, 502, 'REGISTRY_MALFORMED');
  equal(inspected.json.upstream, { host: world.registry.host, step: 'image manifest' });
});

test('A41 an endless manifest is cut off at the limit', async (t) => {
  for (const step of ['image', 'signatures'] as const) {
    const world = await makeWorld(t);
    const count = { bytes: 0 };
    lieAt(world, step, () => new Response(endless(count), { headers: { 'content-type': MANIFEST_TYPE } }));
    const answer = await world.verify();
    expectVerdict(answer, 502, 'LIMIT_EXCEEDED', step);
    equal(answer.json.retryable, false);
    ok(count.bytes <= 5 * 1024 * 1024, `${count.bytes} bytes were read`);
  }
});

test('A41 an endless payload is cut off, and does not hide a good signature beside it', async (t) => {
  const world = await makeWorld(t);
  const count = { bytes: 0 };
  lieAt(world, 'payload', () => new Response(endless(count)));
  expectVerdict(await world.verify(), 502, 'LIMIT_EXCEEDED');
  ok(count.bytes <= 1024 * 1024, `${count.bytes} bytes were read`);
});

test('A41 a payload whose stated size is over the limit is not fetched', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t);
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  const manifest = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: 'x', digest: blob.digest, size: 1 },
      layers: [{ ...layerDescriptor(layer, blob), size: 10_000_000 }],
    },
    MANIFEST_TYPE,
  );
  registry.push(REPOSITORY, manifest, signatureTag(image.digest));
  expectVerdict(await verify(), 502, 'LIMIT_EXCEEDED');
  ok(!registry.asked.some(({ what }) => what === 'blob'));
});

test('A41 all answers to one request together are cut off at 32 MiB', async (t) => {
  const world = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const body = new Uint8Array(8 * 1024 * 1024);
  lieAt(world, 'payload', () => new Response(body));
  for (const [count, status, code] of [
    [3, 403, 'NO_TRUSTED_SIGNATURE'],
    [5, 502, 'LIMIT_EXCEEDED'],
  ] as const) {
    const layers = Array.from({ length: count }, (_, i) => ({
      mediaType: BUNDLE_TYPE,
      digest: `sha256:${String(i).repeat(64)}`,
      size: body.length,
    }));
    const config = { mediaType: 'x', digest: world.image.digest, size: 1 };
    const manifest = await content(
      { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers },
      MANIFEST_TYPE,
    );
    world.registry.push(REPOSITORY, manifest, signatureTag(world.image.digest));
    expectVerdict(await world.verify(), status, code, `${count} times 8 MiB`);
  }
});

test('registry failures: each status has its code, and Retry-After is passed on', async (t) => {
  const table: [status: number, code: string, answer: number][] = [
    [500, 'REGISTRY_UNAVAILABLE', 503],
    [502, 'REGISTRY_UNAVAILABLE', 503],
    [503, 'REGISTRY_UNAVAILABLE', 503],
    [504, 'REGISTRY_UNAVAILABLE', 503],
    [429, 'REGISTRY_RATE_LIMITED', 503],
    [401, 'REGISTRY_UNAUTHORIZED', 502],
    [403, 'REGISTRY_UNAUTHORIZED', 502],
    [400, 'REGISTRY_MALFORMED', 502],
    [418, 'REGISTRY_MALFORMED', 502],
    [204, 'REGISTRY_MALFORMED', 502],
    [206, 'REGISTRY_MALFORMED', 502],
  ];
  for (const step of ['image', 'signatures', 'payload'] as const) {
    const world = await makeWorld(t);
    for (const [status, code, answered] of table) {
      lieAt(
        world,
        step,
        () => new Response(status === 204 ? null : '{}', { status, headers: { 'retry-after': '17' } }),
      );
      const answer = await world.verify();
      expectVerdict(answer, answered, code, `${step} ${status}`);
      equal(answer.json.upstream?.host, world.registry.host, `${step} ${status}`);
      equal(answer.json.retryable, answered === 503, `${step} ${status}`);
      if (answered === 503) equal(answer.headers.get('retry-after'), '17', `${step} ${status}`);
    }
  }
});

test('A42 only a 404 for the signature tag means unsigned', async (t) => {
  const world = await makeWorld(t);
  for (const status of [401, 403, 429, 500, 503]) {
    lieAt(world, 'signatures', () => new Response('', { status }));
    ok((await world.verify()).status >= 500, String(status));
  }
  lieAt(world, 'signatures', () => new Response('', { status: 404 }));
  expectVerdict(await world.verify(), 403, 'NO_SIGNATURES');
});

test('a temporary failure is retried once, a rate limit never', async (t) => {
  const { registry, verify, byDigest } = await makeWorld(t);
  let faults = 1;
  registry.lie = () => (faults-- > 0 ? new Response('', { status: 503 }) : undefined);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  equal(registry.asked.length, 5, 'five');
  const limited = await makeWorld(t);
  limited.registry.lie = () => new Response('', { status: 429 });
  expectVerdict(await limited.verify(limited.byDigest), 503, 'REGISTRY_RATE_LIMITED');
  equal(limited.registry.asked.length, 3, 'each place once');
  const down = await makeWorld(t);
  delete down.upstream.hosts[down.registry.host];
  expectVerdict(await down.verify(down.byDigest), 503, 'REGISTRY_UNAVAILABLE');
  equal(down.upstream.sent.length, 6, 'each place twice');
});

test('A41 a payload of exactly the limit is judged; one byte more is LIMIT_EXCEEDED', async (t) => {
  const limit = 256 * 1024;
  const { registry, image, log, signer, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const bare = payloadFor(image.digest, { optional: { filler: '' } }).length;
  for (const [size, status] of [
    [limit, 200],
    [limit + 1, 502],
  ] as const) {
    const payload = payloadFor(image.digest, { optional: { filler: 'x'.repeat(size - bare) } });
    equal(payload.length, size);
    await registry.sign(REPOSITORY, image.digest, [await logged(log, signer, payload)]);
    expectVerdict(await verify(), status, status === 200 ? 'VERIFIED' : 'LIMIT_EXCEEDED');
  }
});

test('A41 a manifest of exactly the limit is read; one byte more is LIMIT_EXCEEDED', async (t) => {
  const limit = 4 * 1024 * 1024;
  const { registry, image, verify, byDigest } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  registry.lie = async ({ reference }, truth) => {
    if (reference !== signatureTag(image.digest)) return truth();
    const text = await (await truth()).text();
    return new Response(text + ' '.repeat(padTo - text.length), {
      headers: { 'content-type': MANIFEST_TYPE },
    });
  };
  let padTo = limit;
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  padTo = limit + 1;
  expectVerdict(await verify(byDigest), 502, 'LIMIT_EXCEEDED');
});
