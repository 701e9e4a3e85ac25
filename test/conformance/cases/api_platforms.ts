// Indexes and platform=: which digest of a multi-platform image is judged.
import { INDEX_TYPE, makeImage, makeIndex, payloadFor } from '../../support/sign_image.ts';
import { equal, includes, match, ok } from '../support/assert.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
} from '../support/world.ts';
import { type TestContext, test } from '../table.ts';

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
  match(
    unsigned.json.summary,
    /^No signature was found for this digest. It is an index, .* \(platform= asks/,
  );
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
