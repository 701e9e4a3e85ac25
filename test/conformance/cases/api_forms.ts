// Other forms of an answer: one line of text, cosign's JSON, inspect, platforms, timeouts.
import { base64, unbase64 } from '../../support/bytes.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { makeKey } from '../../support/keys.ts';
import { INDEX_TYPE, makeImage, makeIndex, payloadFor, signatureTag } from '../../support/sign_image.ts';
import { hang } from '../../support/upstream.ts';
import { equal, includes, match, ok } from '../assert.ts';
import { LOGGED_AT } from '../harness.ts';
import { type TestContext, test } from '../table.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
  type World,
} from '../world.ts';

const TEXT = { headers: { accept: 'text/plain' } };
const SIGNED_AT = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

test('text/plain: the answer is one line that begins with the verdict', async (t) => {
  const { verify, image, signer, registry, name } = await makeWorld(t);
  const good = await verify(undefined, undefined, TEXT);
  equal(good.text, `verified ${image.digest} by release (${signer.fingerprint}) logged ${SIGNED_AT} #0\n`);
  match(good.headers.get('content-type'), /^text\/plain/);
  equal(
    (await verify(undefined, 'key=release&annotation=a=b', TEXT)).text.startsWith(
      `refused ${image.digest} NO_TRUSTED_SIGNATURE `,
    ),
    true,
  );
  match((await verify(`${name}:absent`, undefined, TEXT)).text, /^error IMAGE_NOT_FOUND .*\n$/);
  match((await verify('!!', undefined, TEXT)).text, /^error BAD_REFERENCE .*\n$/);
  registry.lie = () => new Response('', { status: 429, headers: { 'retry-after': '3' } });
  const undecided = await verify(undefined, undefined, TEXT);
  match(undecided.text, /^undecided REGISTRY_RATE_LIMITED .*\n$/);
  equal(
    [undecided.headers.get('retry-after'), undecided.headers.get('countersign-verdict')],
    ['3', 'undecided'],
  );
});

test('text/plain: the answer is JSON unless Accept prefers text', async (t) => {
  const { verify, name } = await makeWorld(t);
  for (const accept of [
    undefined,
    '*/*',
    'application/*, text/plain;q=0.9',
    '*/*, text/plain;q=0.1',
    'text/plain, application/json',
    'text/plain;q=0.5, application/problem+json',
  ]) {
    const headers = accept === undefined ? {} : { accept };
    equal((await verify(undefined, undefined, { headers })).json?.verdict, 'verified', accept);
    expectProblem(await verify(`${name}:absent`, undefined, { headers }), 404, 'IMAGE_NOT_FOUND', accept);
  }
  for (const accept of ['text/*', 'TEXT/plain, */*', 'text/plain, application/json;q=0.9']) {
    const { text } = await verify(undefined, undefined, { headers: { accept } });
    match(text, /^verified sha256:/, accept);
  }
});

test('text/plain: the line says “not logged”, and “caller’s key” for a key in the request', async (t) => {
  const { registry, service, image, layer, verify, signer, name } = await makeWorld(t, {
    terms: { transparency: 'unsafe-none' },
  });
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  equal(
    (await verify(undefined, undefined, TEXT)).text,
    `verified ${image.digest} by release (${signer.fingerprint}) not logged\n`,
  );
  const json = { image: `${name}:1`, publicKeys: [signer.pem], transparency: 'unsafe-none' };
  equal(
    (await service.call('POST', '/v1/verify', { json, ...TEXT })).text,
    `verified ${image.digest} by caller's key (${signer.fingerprint}) not logged\n`,
  );
});

test('text/plain: the line has only printable ASCII, whatever a caller or a registry sends', async (t) => {
  const { verify, registry } = await makeWorld(t, {
    payload: { optional: { a: '\u001b[31mred\u0007\r\nverified' } },
  });
  const hostile = [
    await verify(
      undefined,
      `key=release&annotation=a=${encodeURIComponent('\u001b[2J\n\u202everified')}`,
      TEXT,
    ),
    await verify(encodeURIComponent('\u001b]0;x\u0007é'), undefined, TEXT),
    await verify(undefined, `key=release&x${encodeURIComponent('\u001b\n')}=1`, TEXT),
  ];
  registry.lie = () =>
    new Response('{"schemaVersion":2,"mediaType":"\u001b[31m\\nverified","manifests":[]}', {
      headers: { 'content-type': 'application/json' },
    });
  hostile.push(await verify(undefined, undefined, TEXT));
  for (const { text } of hostile) match(text, /^(?:refused|undecided|error)[\x20-\x7e]*\n$/);
});

test('format=cosign prints what cosign verify -o json prints', async (t) => {
  const optional = { ref: 'main', z: '<&>' };
  const { verify, image, layer } = await makeWorld(t, { payload: { optional } });
  const answer = await verify(undefined, 'key=release&format=cosign');
  equal(answer.status, 200);
  const { SignedEntryTimestamp, Payload } = JSON.parse(layer.bundle ?? '');
  equal(answer.json, [
    {
      critical: {
        identity: { 'docker-reference': 'registry.example/app' },
        image: { 'docker-manifest-digest': image.digest },
        type: 'cosign container image signature',
      },
      optional: { ...optional, Bundle: { SignedEntryTimestamp, Payload } },
    },
  ]);
  ok(answer.text.includes('\\u003c\\u0026\\u003e'), 'escaped as Go does');
  const refused = await verify(undefined, 'key=release&format=cosign&annotation=ref=dev');
  expectSignature(refused, 'ANNOTATION_MISMATCH');
});

test('format=cosign prints the timestamp of a signature as cosign does, in place of an annotation of that name', async (t) => {
  const optional = { RFC3161Timestamp: 'mine', z: 1 };
  const { registry, verify, image, layer } = await makeWorld(t, { payload: { optional } });
  const token = await (await makeTsa()).stamp(unbase64(layer.signature));
  const timestamp = JSON.stringify({ SignedRFC3161Timestamp: base64(token) });
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, timestamp }]);
  const [printed] = (await verify(undefined, 'key=release&format=cosign')).json;
  equal(Object.keys(printed.optional), ['Bundle', 'RFC3161Timestamp', 'z']);
  equal(printed.optional.RFC3161Timestamp, { SignedRFC3161Timestamp: base64(token) });
});

test('inspect shows everything found and judges nothing', async (t) => {
  const { service, registry, log, image, layer, name, signer } = await makeWorld(t);
  const stranger = await makeKey();
  const foreign = await logged(log, stranger, payloadFor(image.digest));
  const junk = { ...layer, payload: payloadFor('nothing'), bundle: '{}' };
  await registry.sign(REPOSITORY, image.digest, [layer, foreign, junk]);
  const answer = await service.get(`/v1/inspect/${name}:1`, { as: 'admin' });
  equal(answer.status, 200);
  const [own, other, bad] = answer.json.signatures;
  equal(answer.json.subject.digest, image.digest);
  equal(own.namedKeys, [{ fingerprint: signer.fingerprint, storedAs: 'release' }]);
  equal(own.logEntries, [
    { logId: log.id, logIndex: 0, integratedTime: SIGNED_AT, kind: 'hashedrekord 0.0.1' },
  ]);
  equal(own.claims.digests, [image.digest]);
  equal(other.namedKeys, [{ fingerprint: stranger.fingerprint }]);
  ok(bad.problems.length > 0, 'what cannot be parsed is reported');
  for (const word of ['"verdict"', '"signed"', '"trusted"', '"valid"']) ok(!answer.text.includes(word), word);
  equal(answer.headers.get('countersign-verdict'), null);
  expectProblem(await service.get(`/v1/inspect/${name}:absent`, { as: 'admin' }), 404, 'IMAGE_NOT_FOUND');
  expectProblem(await service.get('/v1/inspect/!', { as: 'admin' }), 400, 'BAD_REFERENCE');
  expectProblem(await service.get(`/v1/inspect/${name}:1?key=release`, { as: 'admin' }), 400, 'BAD_REQUEST');
  registry.lie = () => new Response('', { status: 500 });
  expectProblem(await service.get(`/v1/inspect/${name}:1`, { as: 'admin' }), 503, 'REGISTRY_UNAVAILABLE');
});

/** An unsigned index of images for amd64, arm64 and arm/v7. */
async function multiArch(t: TestContext) {
  const world = await makeWorld(t);
  const amd64 = await makeImage('amd64');
  const arm64 = await makeImage('arm64');
  const armv7 = await makeImage('armv7');
  const index = await makeIndex(
    [
      { image: amd64, platform: { os: 'linux', architecture: 'amd64' } },
      { image: arm64, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      { image: armv7, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } },
      { image: await makeImage('attestation'), platform: { os: 'unknown', architecture: 'unknown' } },
    ],
    { annotations: { world: world.registry.host } },
  );
  for (const image of [amd64, arm64, armv7]) world.registry.push(REPOSITORY, image);
  world.registry.push(REPOSITORY, index, 'multi');
  const sign = async (digest: string) =>
    world.registry.sign(REPOSITORY, digest, [await logged(world.log, world.signer, payloadFor(digest))]);
  return { ...world, amd64, arm64, armv7, index, sign, multi: `${world.name}:multi` };
}

test('A34 a reference to an index judges the index itself', async (t) => {
  const { verify, sign, multi, index, amd64, name } = await multiArch(t);
  await sign(amd64.digest);
  const unsigned = await verify(multi);
  expectVerdict(unsigned, 403, 'NO_SIGNATURES');
  equal([unsigned.json.subject.digest, unsigned.json.subject.mediaType], [index.digest, INDEX_TYPE]);
  expectVerdict(await verify(`${name}@${amd64.digest}`), 200, 'VERIFIED', 'its signed image, by digest');
});

test('A34 a signed index verifies by itself; its image asked for by digest does not', async (t) => {
  const { verify, sign, multi, index, amd64, name } = await multiArch(t);
  await sign(index.digest);
  expectVerdict(await verify(multi), 200, 'VERIFIED');
  expectVerdict(await verify(`${name}@${amd64.digest}`), 403, 'NO_SIGNATURES');
});

test('platform=: a signature of the leaf or of its index verifies, and the answer has both digests', async (t) => {
  const leaf = await multiArch(t);
  await leaf.sign(leaf.arm64.digest);
  const answer = await leaf.verify(leaf.multi, 'key=release&platform=linux/arm64');
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.subject.platform, { name: 'linux/arm64', digest: leaf.arm64.digest });
  equal(answer.json.subject.digest, leaf.index.digest);
  expectVerdict(await leaf.verify(leaf.multi, 'key=release&platform=linux/arm64/v8'), 200, 'VERIFIED');
  expectVerdict(await leaf.verify(leaf.multi, 'key=release&platform=linux/amd64'), 403, 'NO_SIGNATURES');
  expectVerdict(
    await leaf.verify(`${leaf.name}@${leaf.index.digest}`, 'key=release&platform=linux/arm64'),
    200,
    'VERIFIED',
  );
  const whole = await multiArch(t);
  await whole.sign(whole.index.digest);
  expectVerdict(await whole.verify(whole.multi, 'key=release&platform=linux/amd64'), 200, 'VERIFIED');
  expectVerdict(await whole.verify(whole.multi, 'key=release&platform=linux/arm/v7'), 200, 'VERIFIED');
});

test('A34 platform=: summary and text name the signed digest, never an unsigned index', async (t) => {
  const text = { headers: { accept: 'text/plain' } };
  const ask = 'key=release&platform=linux/arm64';
  const leaf = await multiArch(t);
  await leaf.sign(leaf.arm64.digest);
  includes((await leaf.verify(leaf.multi, ask, text)).text, `verified ${leaf.arm64.digest} by release`);
  includes((await leaf.verify(leaf.multi, ask)).json.summary, `linux/arm64, ${leaf.arm64.digest}: Signed by`);
  const whole = await multiArch(t);
  await whole.sign(whole.index.digest);
  includes((await whole.verify(whole.multi, ask, text)).text, `verified ${whole.index.digest} by release`);
  match((await whole.verify(whole.multi, ask)).json.summary, /^Signed by release/);
});

test('platform=: a platform that the index lacks is IMAGE_NOT_FOUND', async (t) => {
  const { verify, multi, sign, index } = await multiArch(t);
  await sign(index.digest);
  for (const platform of ['linux/s390x', 'windows/amd64', 'linux/arm64/v9', 'linux/arm/v6']) {
    expectProblem(await verify(multi, `key=release&platform=${platform}`), 404, 'IMAGE_NOT_FOUND', platform);
  }
  for (const platform of [
    '',
    'linux',
    'linux/',
    '/amd64',
    'linux/amd64/v1/x',
    'LINUX/amd64',
    'linux/amd64%00',
  ]) {
    expectProblem(await verify(multi, `key=release&platform=${platform}`), 400, 'BAD_REQUEST', platform);
  }
});

test('A34 a signature of one platform’s image does not count for another platform', async (t) => {
  const { registry, log, signer, verify, multi, amd64, arm64 } = await multiArch(t);
  const forArm = await logged(log, signer, payloadFor(arm64.digest));
  await registry.sign(REPOSITORY, amd64.digest, [forArm]);
  expectSignature(await verify(multi, 'key=release&platform=linux/amd64'), 'SUBJECT_MISMATCH');
});

test('A34 an index nested in an index is not opened: the outer one verifies itself, platform= is IMAGE_NOT_FOUND', async (t) => {
  const { registry, verify, sign, name, index } = await multiArch(t);
  const outer = await makeIndex([{ image: index, platform: { os: 'linux', architecture: 'amd64' } }]);
  registry.push(REPOSITORY, outer, 'outer');
  await sign(outer.digest);
  registry.asked.length = 0;
  expectVerdict(await verify(`${name}:outer`), 200, 'VERIFIED');
  ok(registry.asked.length <= 5, 'bounded work');
  expectProblem(await verify(`${name}:outer`, 'key=release&platform=linux/amd64'), 404, 'IMAGE_NOT_FOUND');
});

const slowly = async (truth: () => Promise<Response>, ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return truth();
};

test('A41 timeout=: the answer comes in time and names the slow step; a retry is answered from the cache', async (t) => {
  const { registry, verify, service, byDigest, image } = await makeWorld(t);
  registry.lie = ({ reference }, truth) =>
    reference === signatureTag(image.digest) ? slowly(truth, 700) : undefined;
  const started = Date.now();
  const late = await verify(byDigest, 'key=release&timeout=300ms');
  ok(Date.now() - started < 600, `answered after ${Date.now() - started} ms`);
  expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
  equal(
    [late.json.upstream, late.json.retryable],
    [{ host: registry.host, step: 'signature manifest' }, true],
  );
  match(late.json.detail, /signature manifest/);
  await service.settled();
  const asked = registry.asked.length;
  expectVerdict(await verify(byDigest, 'key=release&timeout=300ms'), 200, 'VERIFIED');
  equal(registry.asked.length, asked, 'the work was finished in the background');
});

const steps: [string, (world: World) => void][] = [
  [
    'image manifest',
    ({ registry }) =>
      (registry.lie = ({ reference }) =>
        reference === '1' ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
  [
    'signature manifest',
    ({ registry, image }) =>
      (registry.lie = ({ reference }) =>
        reference === signatureTag(image.digest) ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
  [
    'signature payload',
    ({ registry }) =>
      (registry.lie = ({ what }) =>
        what === 'blob' ? (hang({} as Request) as Promise<Response>) : undefined),
  ],
];
for (const [step, break_] of steps) {
  test(`timeout=: if the ${step} hangs, the answer comes in time and names it`, async (t) => {
    const world = await makeWorld(t);
    break_(world);
    const late = await world.verify(undefined, 'key=release&timeout=200ms');
    expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
    equal(late.json.upstream, { host: world.registry.host, step });
  });
}

test('timeout=: an answer that arrives byte by byte is cut off and named', async (t) => {
  const { registry, verify } = await makeWorld(t);
  registry.lie = ({ what }) =>
    what === 'blob'
      ? new Response(
          new ReadableStream<Uint8Array>({
            async pull(controller) {
              await new Promise((resolve) => setTimeout(resolve, 50));
              controller.enqueue(Uint8Array.of(0x20));
            },
          }),
        )
      : undefined;
  const late = await verify(undefined, 'key=release&timeout=300ms');
  expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
  equal(late.json.upstream, { host: registry.host, step: 'signature payload' });
});

test('DEADLINE_MS limits a call without timeout=, and timeout= cannot exceed it', async (t) => {
  const { registry, verify } = await makeWorld(t, { vars: { DEADLINE_MS: '200' } });
  registry.lie = () => hang({} as Request);
  for (const query of ['key=release', 'key=release&timeout=1h'])
    expectVerdict(await verify(undefined, query), 504, 'DEADLINE_EXCEEDED', query);
});
