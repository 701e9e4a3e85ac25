// Rare cases: numbers beyond 2^53, names like __proto__, platform= for single images and ambiguous indexes, many signatures under many
// keys.
import { base64, utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import {
  content,
  INDEX_TYPE,
  imageConfig,
  MANIFEST_TYPE,
  makeImage,
  makeIndex,
  payloadFor,
  signPayload,
} from '../../support/sign_image.ts';
import { equal, includes, ok } from '../support/assert.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
  trustKey,
} from '../support/world.ts';
import { test } from '../table.ts';

test('POST evidence: a log index beyond 2^53 keeps every digit, in a bundle as text and as an object', async (t) => {
  const { service, log, layer, image } = await makeWorld(t);
  const { body, integratedTime } = JSON.parse(layer.bundle ?? '').Payload;
  const promised = `{"body":"${body}","integratedTime":${integratedTime},"logID":"${log.id}","logIndex":9007199254740993}`;
  const set = base64(await log.signer.sign(utf8(promised)));
  const bundle = `{"SignedEntryTimestamp":"${set}","Payload":${promised}}`;
  for (const form of [bundle, JSON.stringify(bundle)]) {
    const answer = await service.call('POST', `/v1/verify/${image.digest}?key=release`, {
      headers: { 'content-type': 'application/json' },
      body: `{"payload":"${base64(layer.payload)}","signature":"${layer.signature}","bundle":${form}}`,
    });
    expectVerdict(answer, 200, 'VERIFIED', form.slice(0, 1));
    includes(answer.text, '"logIndex":9007199254740993');
    const text = await service.call('POST', `/v1/verify/${image.digest}?key=release`, {
      headers: { 'content-type': 'application/json', accept: 'text/plain' },
      body: `{"payload":"${base64(layer.payload)}","signature":"${layer.signature}","bundle":${form}}`,
    });
    includes(text.text, '#9007199254740993\n');
  }
});

test('annotations of any name and type are shown as the signer wrote them', async (t) => {
  const { registry, log, signer, image, verify, service, name } = await makeWorld(t);
  const optional =
    '{"__proto__":"x","constructor":"y","n":12345678901234567890,"deep":{"a":[1,{"__proto__":null}]}}';
  const payload = new TextDecoder()
    .decode(payloadFor(image.digest))
    .replace('"optional":null', `"optional":${optional}`);
  await registry.sign(REPOSITORY, image.digest, [await logged(log, signer, utf8(payload))]);
  const answer = await verify(undefined, 'key=release&annotation=__proto__=x&annotation=constructor=y');
  expectVerdict(answer, 200, 'VERIFIED');
  for (const part of ['"__proto__":"x"', '"n":12345678901234567890', '"constructor":"y"'])
    includes(answer.text, part);
  for (const absent of ['toString=', 'hasOwnProperty=', 'n=12345678901234567890', '__proto__=']) {
    expectSignature(
      await verify(undefined, `key=release&annotation=${absent}`),
      'ANNOTATION_MISMATCH',
      absent,
    );
  }
  const cosign = await verify(undefined, 'key=release&format=cosign');
  for (const part of ['"__proto__":"x"', '"n":12345678901234567890']) includes(cosign.text, part);
  const inspected = await service.get(`/v1/inspect/${name}:1`, { as: 'admin' });
  for (const part of ['"__proto__":"x"', '"n":12345678901234567890']) includes(inspected.text, part);
});

test('platform=: a single image matches the platform in its configuration', async (t) => {
  const { registry, verify, log, signer } = await makeWorld(t);
  const image = await makeImage('single');
  const config = await imageConfig('single');
  registry.push(REPOSITORY, image, 'single');
  registry.push(REPOSITORY, config);
  await registry.sign(REPOSITORY, image.digest, [await logged(log, signer, payloadFor(image.digest))]);
  const reference = `${registry.host}/app:single`;
  const answer = await verify(reference, 'key=release&platform=linux/amd64');
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.subject.platform, { name: 'linux/amd64', digest: image.digest });
  expectProblem(await verify(reference, 'key=release&platform=linux/arm64'), 404, 'IMAGE_NOT_FOUND');
  registry.lie = ({ reference }) =>
    reference === config.digest ? new Response('{"os":"linux","architecture":"arm64"}') : undefined;
  expectVerdict(
    await verify(reference, 'key=release&platform=linux/arm64'),
    502,
    'REGISTRY_MALFORMED',
    'another configuration',
  );
  registry.lie = ({ reference }) =>
    reference === config.digest ? new Response('', { status: 404 }) : undefined;
  expectVerdict(
    await verify(reference, 'key=release&platform=linux/amd64'),
    502,
    'REGISTRY_MALFORMED',
    'no configuration',
  );
});

test('A21 A34 platform=: two matching images are refused, and index entries that cannot be parsed are ignored', async (t) => {
  const { registry, verify, log, signer } = await makeWorld(t);
  const [v6, v7, one] = [await makeImage('v6'), await makeImage('v7'), await makeImage('one')];
  const arm = (variant: string) => ({ os: 'linux', architecture: 'arm', variant });
  const index = await makeIndex([
    { image: v6, platform: arm('v6') },
    { image: v7, platform: arm('v7') },
  ]);
  registry.push(REPOSITORY, index, 'arms');
  expectProblem(
    await verify(`${registry.host}/app:arms`, 'key=release&platform=linux/arm'),
    400,
    'BAD_REQUEST',
  );
  const entry = {
    mediaType: MANIFEST_TYPE,
    digest: one.digest,
    size: one.bytes.length,
    platform: { os: 'linux', architecture: 'amd64' },
  };
  const junk = [
    null,
    7,
    'x',
    {},
    { ...entry, digest: 'sha256:../../x' },
    { ...entry, digest: one.digest.toUpperCase() },
    { ...entry, size: -1 },
    { ...entry, platform: null },
    { ...entry, platform: { os: 1, architecture: 'amd64' } },
  ];
  const endless = { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [...Array(1024).fill(0), entry] };
  registry.push(REPOSITORY, await content(endless, INDEX_TYPE), 'endless');
  const { status, json } = await verify(`${registry.host}/app:endless`, 'key=release&platform=linux/amd64');
  equal([status, json.code], [502, 'LIMIT_EXCEEDED']);
  const odd = await content(
    { schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [...junk, entry, entry] },
    INDEX_TYPE,
  );
  registry.push(REPOSITORY, odd, 'odd');
  await registry.sign(REPOSITORY, one.digest, [await logged(log, signer, payloadFor(one.digest))]);
  const answer = await verify(`${registry.host}/app:odd`, 'key=release&platform=linux/amd64');
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.subject.platform.digest, one.digest);
});

test('A21 junk under many keys does not hide a good signature, and ends in LIMIT_EXCEEDED', async (t) => {
  const { registry, image, layer, service, verify, byDigest } = await makeWorld(t, {
    vars: { CACHE_SECONDS: '0' },
  });
  const names = ['release'];
  for (let i = 1; i < 16; i++) {
    await trustKey(service, `key-${i}`, await makeKey());
    names.push(`key-${i}`);
  }
  const stranger = await makeKey();
  const { signature } = await signPayload(stranger, layer.payload);
  const junk = { payload: layer.payload, signature };
  const query = names.map((name) => `key=${name}`).join('&');
  await registry.sign(REPOSITORY, image.digest, [...Array(63).fill(junk), layer]);
  expectVerdict(await verify(byDigest, query), 200, 'VERIFIED');
  await registry.sign(REPOSITORY, image.digest, Array(64).fill(junk));
  const answer = await verify(byDigest, query);
  expectVerdict(answer, 502, 'LIMIT_EXCEEDED');
  equal(answer.json.retryable, false);
});

test('PUT key: an extreme or invalid instant is refused or stored, and never stored unreadably', async (t) => {
  const { service } = await makeWorld(t);
  for (const validUntil of [
    '9999-12-31T23:59:59Z',
    '9999-12-31T23:59:59-01:00',
    '0000-01-01T00:00:00+01:00',
    '2024-02-30T00:00:00Z',
    '2024-02-29T24:00:00Z',
    '2016-12-31T23:59:60Z',
  ]) {
    const { pem: publicKey } = await makeKey();
    const put = await service.call('PUT', '/v1/keys/edge', { as: 'admin', json: { publicKey, validUntil } });
    ok([201, 400].includes(put.status), `${validUntil}: ${put.text}`);
    const isStored = put.status === 201;
    const got = await service.get('/v1/keys/edge', { as: 'admin' });
    equal(got.status, isStored ? 200 : 404, `${validUntil}: ${got.text}`);
    if (isStored) equal((await service.call('DELETE', '/v1/keys/edge', { as: 'admin' })).status, 204);
  }
});
