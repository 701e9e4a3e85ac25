// What a registry lists as signatures: many, missing, of other types, with odd annotations.
import { base64, utf8 } from '../../support/bytes.ts';
import { certificatePem, makeKey } from '../../support/keys.ts';
import {
  content,
  INDEX_TYPE,
  layerDescriptor,
  MANIFEST_TYPE,
  payloadFor,
  SIMPLE_SIGNING,
  signatureTag,
  signPayload,
} from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { json, lieAt } from '../support/lies.ts';
import { expectSignature, expectVerdict, logged, makeWorld, REPOSITORY } from '../support/world.ts';
import { test } from '../table.ts';

/** A manifest with these layers, which may be invalid. */
const manifestOf = (layers: unknown[], config: string) =>
  content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: 'x', digest: config, size: 1 },
      layers,
    },
    MANIFEST_TYPE,
  );

test('a listed payload that is missing is undecided, and does not spoil a good signature beside it', async (t) => {
  const { registry, image, layer, log, verify, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0' },
  });
  const lost = await logged(log, await makeKey(), payloadFor(image.digest, { optional: { lost: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [lost, layer]);
  const blob = await content(lost.payload, SIMPLE_SIGNING);
  registry.lie = ({ reference }) =>
    reference === blob.digest ? new Response('', { status: 404 }) : undefined;
  const answer = await verify(byDigest);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    answer.json.signatures.map(({ verdict }: { verdict: string }) => verdict),
    ['undecided', 'verified'],
  );
  registry.lie = ({ what }) => (what === 'blob' ? new Response('', { status: 404 }) : undefined);
  expectVerdict(await verify(byDigest), 502, 'REGISTRY_MALFORMED');
});

test('a place that hangs does not delay a good signature found elsewhere', async (t) => {
  const vars = { CACHE_SECONDS: '0' };
  const { registry, image, layer, log, verify, byDigest } = await makeWorld(t, { vars });
  const other = await logged(log, await makeKey(), payloadFor(image.digest, { optional: { other: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [other, layer]);
  const blobs = await Promise.all([other, layer].map(({ payload }) => content(payload, SIMPLE_SIGNING)));
  const never = new Promise<Response>(() => undefined);
  const fallback = `sha256-${image.digest.slice('sha256:'.length)}`;
  for (const reference of [image.digest, fallback, blobs[0]?.digest]) {
    registry.lie = (asked) => (asked.reference === reference ? never : undefined);
    expectVerdict(await verify(byDigest, 'key=release&timeout=600ms'), 200, 'VERIFIED', reference);
    expectVerdict(
      await verify(byDigest, 'key=release&annotation=a%3Db&timeout=600ms'),
      504,
      'DEADLINE_EXCEEDED',
    );
  }
  registry.lie = (asked) => (asked.reference === blobs[1]?.digest ? never : undefined);
  expectVerdict(
    await verify(byDigest, 'key=release&timeout=600ms'),
    504,
    'DEADLINE_EXCEEDED',
    'the good one itself',
  );
  registry.lie = () => undefined;
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('of several places that cannot be read, the answer reports a retryable failure first', async (t) => {
  const { registry, image, layer, log, verify, byDigest } = await makeWorld(t);
  const other = await logged(log, await makeKey(), payloadFor(image.digest, { optional: { other: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [other, layer]);
  const [lost, down] = await Promise.all(
    [other, layer].map(({ payload }) => content(payload, SIMPLE_SIGNING)),
  );
  const statuses = new Map([
    [lost?.digest, 404],
    [down?.digest, 503],
  ]);
  registry.lie = ({ reference }) => {
    const status = statuses.get(reference);
    return status === undefined ? undefined : new Response('', { status });
  };
  const answer = await verify(byDigest);
  expectVerdict(answer, 503, 'REGISTRY_UNAVAILABLE');
  equal(answer.json.retryable, true);
  statuses.delete(down?.digest);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('a missing signature beside a bad one is undecided, since the missing one might have counted', async (t) => {
  const { registry, image, layer, log, verify } = await makeWorld(t);
  const stranger = await logged(log, await makeKey(), payloadFor(image.digest, { optional: { a: 'b' } }));
  await registry.sign(REPOSITORY, image.digest, [stranger, layer]);
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.lie = ({ reference }) =>
    reference === blob.digest ? new Response('', { status: 500 }) : undefined;
  expectVerdict(await verify(), 503, 'REGISTRY_UNAVAILABLE');
});

test('A31 an invalid digest in a layer is never put into a URL', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t);
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  const hex = 'a'.repeat(64);
  for (const digest of [
    'sha256:../../../v2/_catalog',
    `sha256:${'a'.repeat(63)}`,
    `sha256:${hex.toUpperCase()}`,
    `sha512:${hex}`,
    `md5:${hex.slice(32)}`,
    `sha256:${hex}%2f`,
    `sha256:${hex}?x=1`,
    `sha256:${hex}#`,
    '',
    null,
    7,
    ['x'],
  ]) {
    const layers = [{ ...layerDescriptor(layer, blob), digest }];
    const manifest = await manifestOf(layers, blob.digest);
    registry.push(REPOSITORY, manifest, signatureTag(image.digest));
    registry.asked.length = 0;
    expectVerdict(await verify(), 502, 'REGISTRY_MALFORMED', String(digest));
    ok(!registry.asked.some(({ what }) => what === 'blob' || what === 'other'), String(digest));
  }
});

test('A40 URLs and data in descriptors are not read', async (t) => {
  const { registry, image, layer, verify, upstream } = await makeWorld(t);
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.push(REPOSITORY, blob);
  const layers = [
    {
      ...layerDescriptor(layer, blob),
      urls: ['https://169.254.169.254/latest', 'https://evil.example/x'],
      data: base64('other'),
    },
  ];
  const manifest = await manifestOf(layers, blob.digest);
  registry.push(REPOSITORY, manifest, signatureTag(image.digest));
  registry.lie = async (_, truth) => {
    const response = await truth();
    response.headers.set('link', '<https://169.254.169.254/v2/>; rel="next"');
    return response;
  };
  expectVerdict(await verify(), 200, 'VERIFIED');
  ok(upstream.sent.every(({ url }) => new URL(url).host === registry.host));
});

test('layers of other media types are ignored, and annotations that are not strings are refused', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t);
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.push(REPOSITORY, blob);
  const good = layerDescriptor(layer, blob);
  const put = async (layers: unknown[]) => {
    const manifest = await manifestOf(layers, blob.digest);
    registry.push(REPOSITORY, manifest, signatureTag(image.digest));
  };
  await put([{ ...good, mediaType: 'application/vnd.oci.image.layer.v1.tar' }, null, 7, 'x', [], {}]);
  expectVerdict(await verify(), 403, 'NO_SIGNATURES');
});

test('A1 A21 a good signature after twenty junk ones counts; one with a bad log entry does not', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t);
  const junk = [];
  for (let i = 0; i < 20; i++) {
    const stranger = await signPayload(
      await makeKey(),
      payloadFor(image.digest, { optional: { i: String(i) } }),
    );
    junk.push({ ...stranger, bundle: i % 2 === 0 ? '{}' : (layer.bundle ?? '') });
  }
  await registry.sign(REPOSITORY, image.digest, [...junk, layer]);
  const answer = await verify();
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    answer.json.signatures.filter(({ verdict }: { verdict: string }) => verdict === 'verified').length,
    1,
  );
});

test('A21 64 payloads and 128 of their signatures are judged; more are LIMIT_EXCEEDED', async (t) => {
  const { registry, image, layer, verify, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0', SUBREQUESTS: '100' },
  });
  const again = { ...layer, signature: 'AAAA' };
  const others = Array.from({ length: 64 }, (_, i) => ({ ...again, payload: utf8(String(i)) }));
  for (const [junk, isJudged] of [
    [others.slice(1), true],
    [others, false],
    [Array(127).fill(again), true],
    [Array(128).fill(again), false],
    [[...others.slice(1), ...Array(64).fill(again)], true],
    [[...others.slice(1), ...Array(65).fill(again)], false],
  ] as [typeof others, boolean][]) {
    await registry.sign(REPOSITORY, image.digest, [...junk, layer]);
    const answer = await verify(byDigest);
    expectVerdict(
      answer,
      isJudged ? 200 : 502,
      isJudged ? 'VERIFIED' : 'LIMIT_EXCEEDED',
      `${junk.length} before it`,
    );
    if (!isJudged) equal(answer.json.retryable, false);
  }
});

test('A21 SUBREQUESTS limits the outgoing calls of one request', async (t) => {
  const { registry, image, log, signer, verify, byDigest, upstream } = await makeWorld(t, {
    vars: { SUBREQUESTS: '5' },
  });
  const layers = [];
  for (let i = 0; i < 10; i++)
    layers.push(await logged(log, signer, payloadFor(image.digest, { optional: { i: String(i) } })));
  await registry.sign(REPOSITORY, image.digest, layers);
  const answer = await verify(byDigest);
  ok(upstream.sent.length <= 5, `${upstream.sent.length} calls`);
  expectVerdict(answer, 200, 'VERIFIED', 'the payloads fetched in time had a good signature');
});

test('A1 a log entry that cannot be parsed or is another signature’s is refused, and a good signature beside it counts', async (t) => {
  const { registry, image, layer, log, signer, verify, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0' },
  });
  const second = await logged(log, signer, payloadFor(image.digest, { optional: { second: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, bundle: 'not JSON' }]);
  expectSignature(await verify(byDigest), 'LOG_ENTRY_MALFORMED');
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, bundle: second.bundle ?? '' }]);
  expectSignature(await verify(byDigest), 'ENTRY_SIGNATURE_MISMATCH');
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, bundle: 'not JSON' }, second]);
  const both = await verify(byDigest);
  expectVerdict(both, 200, 'VERIFIED');
  equal(
    both.json.signatures.map(({ code }: { code: string }) => code),
    ['LOG_ENTRY_MALFORMED', 'VERIFIED'],
  );
});

test('A29 a signature tag that holds anything but an image manifest is REGISTRY_MALFORMED', async (t) => {
  const world = await makeWorld(t);
  const bad = [
    json({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] }, INDEX_TYPE),
    json({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: {}, layers: [], manifests: [] }),
    json({ schemaVersion: 1, fsLayers: [] }, 'application/vnd.docker.distribution.manifest.v1+json'),
  ];
  for (const answer of bad) {
    lieAt(world, 'signatures', answer);
    expectVerdict(await world.verify(), 502, 'REGISTRY_MALFORMED');
  }
});

test('a certificate annotation must be for the signing key, or is CERTIFICATE_UNSUPPORTED', async (t) => {
  const { registry, image, layer, signer, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, certificate: certificatePem(signer) }]);
  expectVerdict(await verify(), 200, 'VERIFIED');
  for (const certificate of [certificatePem(await makeKey()), ' ', 'x', 'null']) {
    await registry.sign(REPOSITORY, image.digest, [{ ...layer, certificate }]);
    expectSignature(await verify(), 'CERTIFICATE_UNSUPPORTED', certificate.slice(0, 10));
  }
});

test('an annotation that is empty, or null in place of JSON, counts as absent', async (t) => {
  const { registry, image, layer, signer, verify, service, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0' },
  });
  for (const nothing of ['', 'null']) {
    await registry.sign(REPOSITORY, image.digest, [{ ...layer, certificate: '', timestamp: nothing }]);
    expectVerdict(await verify(), 200, 'VERIFIED', nothing);
    await registry.sign(REPOSITORY, image.digest, [{ ...layer, bundle: nothing }]);
    expectSignature(await verify(), 'LOG_ENTRY_MISSING', nothing);
  }
  await service.call('PUT', '/v1/keys/release', {
    as: 'admin',
    json: { publicKey: signer.pem, transparency: 'unsafe-none' },
  });
  const unlogged = await service.call('GET', `/v1/verify/${byDigest}?key=release&format=cosign`);
  equal([unlogged.status, unlogged.json[0].optional], [200, null]);
});

test('an annotation that is null counts as absent; any other value that is not a string is malformed', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.push(REPOSITORY, blob);
  const { annotations, ...good } = layerDescriptor(layer, blob);
  for (const [name, code] of [
    ['certificate', 'CERTIFICATE_UNSUPPORTED'],
    ['bundle', 'LOG_ENTRY_MALFORMED'],
    ['rfc3161timestamp', 'TIMESTAMP_INVALID'],
  ] as const) {
    const put = async (value: unknown) => {
      const odd = { ...(annotations as object), [`dev.sigstore.cosign/${name}`]: value };
      const manifest = await manifestOf([{ ...good, annotations: odd }], blob.digest);
      registry.push(REPOSITORY, manifest, signatureTag(image.digest));
    };
    await put(null);
    if (name === 'bundle') expectSignature(await verify(), 'LOG_ENTRY_MISSING');
    else expectVerdict(await verify(), 200, 'VERIFIED', name);
    for (const value of [7, true, {}, ['x']]) {
      await put(value);
      expectSignature(await verify(), code, `${name}: ${JSON.stringify(value)}`);
    }
  }
});

test('a signature annotation that is not a string is SIGNATURE_MALFORMED', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  const blob = await content(layer.payload, SIMPLE_SIGNING);
  registry.push(REPOSITORY, blob);
  const good = layerDescriptor(layer, blob);
  const config = { mediaType: 'x', digest: blob.digest, size: 1 };
  for (const value of ['7', '12345678901234567890', 'null', 'true', '{}', '["x"]']) {
    const text = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [good] });
    const broken = text.replace(
      `"dev.cosignproject.cosign/signature":"${layer.signature}"`,
      `"dev.cosignproject.cosign/signature":${value}`,
    );
    registry.push(
      REPOSITORY,
      await content(new TextEncoder().encode(broken), MANIFEST_TYPE),
      signatureTag(image.digest),
    );
    expectSignature(await verify(), 'SIGNATURE_MALFORMED', value);
  }
});
