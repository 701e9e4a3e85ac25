// POST /v1/verify/batch: the limits of one call (time, outgoing calls, verifications), and how images share them.
import { attach } from '../../support/artifacts.ts';
import { SIGN_V1 } from '../../support/bundles.ts';
import { utf8 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import { makeKey } from '../../support/keys.ts';
import { hang } from '../../support/upstream.ts';
import { equal, includes, match, ok } from '../support/assert.ts';
import { expectProblem, makeWorld, REPOSITORY } from '../support/world.ts';
import { anotherImage, attest, makePolicyWorld, signerOf } from '../support/world_policies.ts';
import { test } from '../table.ts';

// biome-ignore lint/suspicious/noExplicitAny: results are read by the case that knows their form
type Result = any;
const codes = (json: { results: Result[] }) => json.results.map(({ code }) => code);

test('A97 batch: of a hundred images under the limit of calls, some are finished, the rest not begun, and the next call continues', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const images = [];
  for (let i = 0; i < 100; i++)
    images.push((await anotherImage(world, [signerOf(world.signers, 'a')])).image);
  const items = images.map(({ digest }) => ({ image: `${world.name}@${digest}` }));
  const call = () => world.service.call('POST', '/v1/verify/batch', { json: { items } });
  const first = await call();
  equal(first.status, 502);
  const count = (json: { results: Result[] }, code: string) =>
    codes(json).filter((one) => one === code).length;
  const done = count(first.json, 'VERIFIED');
  ok(done >= 6, `${done} done in 40 calls`);
  equal(count(first.json, 'LIMIT_EXCEEDED'), 100 - done, 'no other outcome');
  equal(
    codes(first.json)
      .slice(0, done)
      .every((code) => code === 'VERIFIED'),
    true,
    'in order',
  );
  const { detail, retryable } = first.json.results[99];
  match(detail, /^Not started: .* another request/);
  equal(retryable, false);
  ok(world.upstream.sent.length <= 40, `${world.upstream.sent.length} calls`);
  let last = first;
  for (let i = 0; i < 20 && last.status !== 200; i++) last = await call();
  equal([last.status, count(last.json, 'VERIFIED')], [200, 100], 'what was found is cached');
  const roomy = await makePolicyWorld(t, {
    by: [],
    rules: [{ require: { keys: ['a'] } }],
    vars: { SUBREQUESTS: '1000' },
  });
  const tags = [];
  for (let i = 0; i < 100; i++) tags.push((await anotherImage(roomy, [signerOf(roomy.signers, 'a')])).tag);
  const all = await roomy.service.call('POST', '/v1/verify/batch', {
    json: { items: tags.map((tag) => ({ image: `${roomy.name}:${tag}` })) },
  });
  equal([all.status, count(all.json, 'VERIFIED')], [200, 100]);
});

test('A97 batch: an image that was begun is finished before another begins', async (t) => {
  for (const [images, sboms, least] of [
    [7, 1, 5],
    [5, 6, 3],
  ] as const) {
    const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
    world.registry.referrers = {};
    const items = [];
    for (let i = 0; i < images; i++) {
      const { image, tag } = await anotherImage(world, [signerOf(world.signers, 'b')]);
      for (let j = 0; j < sboms; j++)
        await attach(world.registry, REPOSITORY, image, utf8(`sbom ${i} ${j}`), {
          layerType: 'application/spdx+json',
        });
      items.push({ image: `${world.name}:${tag}` });
    }
    const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
    const count = (wanted: string) => codes(json).filter((code) => code === wanted).length;
    const decided = count('NO_TRUSTED_SIGNATURE');
    ok(decided >= least, `${decided} are decided: ${codes(json)}`);
    equal(count('LIMIT_EXCEEDED'), images - decided, 'no other outcome');
  }
});

test('A97 batch: images with many bundles make progress from call to call, and none is refused', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const a = signerOf(world.signers, 'a');
  const items = [];
  for (let i = 0; i < 6; i++) {
    const { image } = await anotherImage(world, [a]);
    for (let n = 0; n < 3; n++) await attest({ ...world, image }, a, `https://example.com/predicate/${n}`);
    items.push({ image: `${world.name}@${image.digest}` });
  }
  let done = 0;
  for (let call = 0; call < 6 && done < 6; call++) {
    const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
    const now = codes(json).filter((code) => code === 'VERIFIED').length;
    ok(now > done, `call ${call}: ${codes(json)}`);
    equal(
      codes(json).filter((code) => code !== 'VERIFIED' && code !== 'LIMIT_EXCEEDED'),
      [],
    );
    done = now;
  }
  equal(done, 6);
});

test('A97 batch: images that together take more calls than there are make progress, too, if one alone would fit', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const items: { image: string }[] = [];
  for (let i = 0; i < 2; i++) {
    const { image } = await anotherImage(world, []);
    for (let n = 0; n < 12; n++)
      await attest({ ...world, image }, signerOf(world.signers, n === 11 ? 'a' : 'b'), SIGN_V1, { n });
    items.push({ image: `${world.name}@${image.digest}` });
  }
  const call = async () =>
    codes((await world.service.call('POST', '/v1/verify/batch', { json: { items } })).json);
  const seen = [await call(), await call()];
  equal(seen[1], ['VERIFIED', 'VERIFIED'], `first ${seen[0]}`);
});

test('batch: the total of a caller’s own public keys is limited', async (t) => {
  const { service, byDigest } = await makeWorld(t);
  const key = (await makeKey()).pem;
  const items = Array.from({ length: 65 }, (_, i) => ({
    image: byDigest,
    publicKeys: [`${key}${' '.repeat(i)}`],
  }));
  expectProblem(await service.call('POST', '/v1/verify/batch', { json: { items } }), 400, 'BAD_REQUEST');
});

test('batch: a registry that hangs leaves its images undecided in time, and the others decided', async (t) => {
  const world = await makeWorld(t);
  world.upstream.hosts['slow.example'] = hang;
  const slow = await makeWorld(t, { vars: { REGISTRIES: `${world.registry.host},slow.example` } });
  slow.upstream.hosts[world.registry.host] = world.registry.handle;
  slow.upstream.hosts['slow.example'] = hang;
  const service = slow.service;
  equal((await service.call('PUT', '/v1/keys/ours', { as: 'admin', body: world.signer.pem })).status, 201);
  const items = [
    { image: 'slow.example/a:1', keys: ['ours'] },
    { image: world.byDigest, keys: ['ours'], transparency: 'required' },
  ];
  for (const headers of [{}, { accept: 'application/x-ndjson' }]) {
    const answer = await service.call('POST', '/v1/verify/batch?timeout=500ms', { json: { items }, headers });
    const isLines = 'accept' in headers;
    const results: Result[] = isLines
      ? answer.text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
          .slice(0, -1)
          .sort((a, b) => a.index - b.index)
      : answer.json.results;
    equal([answer.status, results[0].code], [isLines ? 200 : 504, 'DEADLINE_EXCEEDED']);
    equal(results[0].upstream.host, 'slow.example');
    includes(['refused', 'verified'], results[1].verdict, 'decided');
    if (isLines) match(answer.text, /\{"end":true,"count":2,"worst":"undecided"\}\n$/);
  }
});

test('batch: images start in the order in which they are listed, however long their keys take to load', async (t) => {
  const vars = { SUBREQUESTS: '8' };
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }], vars });
  const a = signerOf(world.signers, 'a');
  const [one, other] = [await anotherImage(world, [a]), await anotherImage(world, [a])];
  const items = [
    { image: `${world.name}:${one.tag}`, keys: ['a'] },
    { image: `${world.name}:${other.tag}`, publicKeys: [a.pem] },
  ];
  const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
  equal(codes(json), ['VERIFIED', 'LIMIT_EXCEEDED']);
});

test('batch: an image keeps its place in the list if another item asks about it, too', async (t) => {
  for (const [SUBREQUESTS, more] of [
    ['8', {}],
    ['11', { transparency: 'online' }],
  ] as const) {
    const world = await makePolicyWorld(t, { by: [], vars: { SUBREQUESTS } });
    const a = signerOf(world.signers, 'a');
    const [one, other] = [await anotherImage(world, [a]), await anotherImage(world, [a])];
    world.service.kv.before = async (_, name) => {
      if (name === 'key/a') await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const items = [
      { image: `${world.name}:${one.tag}`, keys: ['a'], ...more },
      { image: `${world.name}:${other.tag}`, publicKeys: [a.pem] },
      { image: `${world.name}:${one.tag}`, publicKeys: [a.pem] },
    ];
    const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
    equal(codes(json), ['VERIFIED', 'LIMIT_EXCEEDED', 'VERIFIED'], SUBREQUESTS);
  }
});

test('A97 batch: images of a registry that hangs do not keep those behind them from being begun', async (t) => {
  for (const [SUBREQUESTS, hanging] of [
    ['40', 5],
    ['1000', 40],
  ] as const) {
    const vars = ({ registry }: { registry: string }) => ({
      REGISTRIES: `${registry},slow.example`,
      SUBREQUESTS,
    });
    const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }], vars });
    world.upstream.hosts['slow.example'] = hang;
    const tags = [];
    for (let i = 0; i < 4; i++) tags.push((await anotherImage(world, [signerOf(world.signers, 'a')])).tag);
    const names = Array.from({ length: hanging }, (_, tag) => `slow.example/a:${tag}`);
    const items = [...names, ...tags.map((tag) => `${world.name}:${tag}`)].map((image) => ({ image }));
    const { json } = await world.service.call('POST', '/v1/verify/batch?timeout=2s', { json: { items } });
    equal(codes(json), [...names.map(() => 'DEADLINE_EXCEEDED'), ...tags.map(() => 'VERIFIED')]);
  }
});

test('batch: images that are remembered and refused are asked about again after those that nobody asked about before', async (t) => {
  const clock = movableClock(t.after);
  const vars = { SUBREQUESTS: '12' };
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }], vars });
  const names = [];
  for (let i = 0; i < 6; i++) {
    const { image } = await anotherImage(world, [signerOf(world.signers, i < 4 ? 'b' : 'a')]);
    names.push(`${world.name}@${image.digest}`);
  }
  for (const name of names.slice(0, 4)) await world.verify(name, 'policy=default');
  clock.advance(4000);
  const items = names.map((image) => ({ image }));
  const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
  equal(codes(json).slice(4), ['VERIFIED', 'VERIFIED']);
});

test('batch: a key whose record is never read does not keep the images behind from being begun', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const tags = [];
  for (let i = 0; i < 3; i++) tags.push((await anotherImage(world, [signerOf(world.signers, 'a')])).tag);
  world.service.kv.before = (_, name) => (name === 'key/b' ? new Promise(() => undefined) : undefined);
  const items = tags.map((tag, at) => ({ image: `${world.name}:${tag}`, keys: [at === 0 ? 'b' : 'a'] }));
  const { json } = await world.service.call('POST', '/v1/verify/batch?timeout=1s', { json: { items } });
  equal(codes(json), ['DEADLINE_EXCEEDED', 'VERIFIED', 'VERIFIED']);
  equal(json.results[0].upstream.host, 'trust store');
});

test('batch: images that are known and only ask the log do not use up the calls of one in front of them', async (t) => {
  const vars = { SUBREQUESTS: '12' };
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }], vars });
  const a = signerOf(world.signers, 'a');
  const signed = [];
  for (let i = 0; i < 12; i++) signed.push(await anotherImage(world, [a]));
  const [first, ...known] = signed.map(({ image, tag }) => ({
    byTag: `${world.name}:${tag}`,
    byDigest: `${world.name}@${image.digest}`,
  }));
  for (const { byDigest } of known) await world.verify(byDigest, 'key=a');
  const items = [
    { image: first?.byTag, keys: ['a'] },
    ...known.map(({ byDigest }) => ({ image: byDigest, keys: ['a'], transparency: 'online' })),
  ];
  const { json } = await world.service.call('POST', '/v1/verify/batch', { json: { items } });
  const done = codes(json).filter((code) => code === 'VERIFIED').length;
  ok(done >= 6, `${done} are verified`);
  equal(
    codes(json),
    items.map((_, at) => (at < done ? 'VERIFIED' : 'LIMIT_EXCEEDED')),
  );
});

test('batch: a registry’s Retry-After is passed on', async (t) => {
  const { registry, service, byDigest } = await makeWorld(t);
  const items = [{ image: byDigest, keys: ['release'] }];
  registry.lie = () => new Response('', { status: 429, headers: { 'retry-after': '17' } });
  const limited = await service.call('POST', '/v1/verify/batch', { json: { items } });
  equal([limited.status, limited.headers.get('retry-after')], [503, '17']);
  delete registry.lie;
  const good = await service.call('POST', '/v1/verify/batch', { json: { items } });
  equal([good.status, good.headers.get('retry-after')], [200, null]);
});

test('batch: beyond the calls that Workers allows a request, to registries or to the store, images are LIMIT_EXCEEDED', async (t) => {
  const world = await makePolicyWorld(t, { by: [], rules: [{ require: { keys: ['a'] } }] });
  const signed = await Promise.all(
    Array.from({ length: 3 }, () => anotherImage(world, [signerOf(world.signers, 'a')])),
  );
  const images = signed.map(({ image }) => `${world.name}@${image.digest}`);
  const call = async (items: object[]) =>
    (await world.service.call('POST', '/v1/verify/batch', { json: { items } })).json.results;
  let calls = 0;
  world.registry.lie = () => {
    if (++calls > 3) throw new Error('Too many subrequests by single Worker invocation.');
    return undefined;
  };
  const [alone] = await call([{ image: images[0] }]);
  equal([alone.code, alone.retryable, alone.upstream?.host], ['LIMIT_EXCEEDED', false, world.registry.host]);
  match(alone.detail, /the platform allows a request; ask for less\.$/);
  delete world.registry.lie;
  await call(images.map((image) => ({ image })));
  world.service.kv.before = (_, name) => {
    if (name === 'key/c') throw new Error('Too many API requests by single Worker invocation.');
  };
  const results = await call(['a', 'b', 'c'].map((key, at) => ({ image: images[at], keys: [key] })));
  equal(
    results.map(({ code }: Result) => code),
    ['VERIFIED', 'NO_TRUSTED_SIGNATURE', 'LIMIT_EXCEEDED'],
  );
  equal([results[2].retryable, results[2].upstream?.host], [false, 'trust store']);
  match(results[2].detail, /the platform allows a request\. Ask for less\.$/);
});
