// POST /v1/verify: the question as JSON, with stored keys or the caller's own.
import { makeKey } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { expectProblem, expectSignature, expectVerdict, makeWorld, type World } from '../support/world.ts';
import { test } from '../table.ts';

const post = (world: World, json: unknown, query = '') =>
  world.service.call('POST', `/v1/verify${query}`, { json });

test('POST verify gives the same answer as GET', async (t) => {
  const world = await makeWorld(t, { payload: { optional: { ref: 'main' } } });
  const image = `${world.name}:1`;
  const got = await world.verify(image, 'key=release&annotation=ref=main&transparency=required');
  const posted = await post(world, {
    image,
    keys: ['release'],
    annotations: { ref: 'main' },
    transparency: 'required',
  });
  expectVerdict(posted, 200, 'VERIFIED');
  equal(posted.json, got.json);
  expectSignature(
    await post(world, { image, keys: ['release'], annotations: { ref: 'dev' } }),
    'ANNOTATION_MISMATCH',
  );
  expectVerdict(await post(world, { image, keys: [world.signer.fingerprint] }), 200, 'VERIFIED');
});

test('POST verify: publicKeys are trusted for that call, and nothing needs to be stored', async (t) => {
  const world = await makeWorld(t);
  const image = `${world.name}:1`;
  const other = await makeKey();
  const answer = await post(world, { image, publicKeys: [other.pem, world.signer.pem] });
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.trust, { publicKeys: [other.fingerprint, world.signer.fingerprint] });
  equal(answer.json.signatures[0].key.id, undefined);
  const waived = await post(world, { image, publicKeys: [world.signer.pem], transparency: 'unsafe-none' });
  equal([waived.status, waived.json.trust.transparency], [200, 'unsafe-none']);
  expectProblem(
    await post(world, { image, keys: ['release'], transparency: 'unsafe-none' }),
    400,
    'BAD_REQUEST',
  );
  expectProblem(await post(world, { image, keys: ['release'], publicKeys: [other.pem] }), 400, 'BAD_REQUEST');
  expectProblem(await post(world, { image, publicKeys: ['not PEM'] }), 400, 'BAD_KEY');
});

test('POST verify: an invalid body is 400, and nothing is fetched', async (t) => {
  const world = await makeWorld(t);
  const image = `${world.name}:1`;
  const before = world.upstream.sent.length;
  for (const json of [
    null,
    [],
    {},
    { image },
    { keys: ['release'] },
    { image, keys: [] },
    { image, publicKeys: [] },
    { image, keys: 'release' },
    { image, keys: ['release'], extra: 1 },
    { image, keys: ['release'], annotations: { a: 1 } },
    { image: 7, keys: ['release'] },
    { image, keys: ['release'], transparency: 'none' },
    { image, keys: Array(17).fill('release') },
  ]) {
    const answer = await post(world, json);
    const noTrust = JSON.stringify(json) === JSON.stringify({ image });
    ok(answer.status === 400, JSON.stringify(json));
    expectProblem(answer, 400, noTrust ? 'NO_TRUST_NAMED' : 'BAD_REQUEST', JSON.stringify(json));
  }
  expectProblem(await post(world, { image: 'UPPER', keys: ['release'] }), 400, 'BAD_REFERENCE');
  expectProblem(await post(world, { image, keys: ['release'] }, '?key=release'), 400, 'BAD_REQUEST');
  equal(world.upstream.sent.length, before, 'nothing was fetched');
});
