// Which requests are made, and what is cached: facts for CACHE_SECONDS, "nothing found" for a few seconds, undecided results and the
// digest of a tag never, nothing between callers with and without credentials.
import { attach } from '../../support/artifacts.ts';
import { utf8 } from '../../support/bytes.ts';
import { movableClock } from '../../support/clock.ts';
import { makeKey } from '../../support/keys.ts';
import { makeImage, payloadFor, signatureTag } from '../../support/sign_image.ts';
import { equal, match, ok } from '../support/assert.ts';
import { expectSignature, expectVerdict, logged, makeWorld, REPOSITORY, trustKey } from '../support/world.ts';
import { test } from '../table.ts';

test('a verification makes five requests in three steps by tag, four in two by digest, and none by digest from the cache', async (t) => {
  const byTag = await makeWorld(t);
  const tag = signatureTag(byTag.image.digest);
  expectVerdict(await byTag.verify(), 200, 'VERIFIED');
  const payload = byTag.registry.asked.find(({ what }) => what === 'blob')?.reference;
  equal(byTag.registry.log(), [
    'manifest app:1',
    `manifest app:${tag}`,
    `referrers app:${byTag.image.digest}`,
    `manifest app:${tag.replace('.sig', '')}`,
    `blob app:${payload}`,
  ]);
  expectVerdict(await byTag.verify(), 200, 'VERIFIED');
  equal(
    byTag.registry.log().slice(5),
    ['manifest app:1'],
    'by tag from the cache: only the tag is requested',
  );
  const byDigest = await makeWorld(t);
  expectVerdict(await byDigest.verify(byDigest.byDigest), 200, 'VERIFIED');
  equal(
    byDigest.registry.asked.map(({ what }) => what),
    ['manifest', 'referrers', 'manifest', 'blob'],
  );
  expectVerdict(await byDigest.verify(byDigest.byDigest), 200, 'VERIFIED');
  equal([byDigest.registry.asked.length, byDigest.upstream.sent.length], [4, 4], 'no further request');
});

test('Server-Timing counts signature verifications: two at first, none from the cache', async (t) => {
  const { verify, byDigest } = await makeWorld(t);
  const cold = (await verify(byDigest)).headers.get('server-timing') ?? '';
  match(cold, /crypto;desc="2 verifies"/);
  match(cold, /registry;dur=\d+/);
  match(cold, /kv;dur=\d+/);
  const warm = (await verify(byDigest)).headers.get('server-timing') ?? '';
  ok(!warm.includes('crypto'), warm);
  ok(!warm.includes('registry'), warm);
});

test('A83 a tag is resolved on every call', async (t) => {
  const { registry, verify } = await makeWorld(t);
  expectVerdict(await verify(), 200, 'VERIFIED');
  registry.push(REPOSITORY, await makeImage('retagged'), '1');
  expectVerdict(await verify(), 403, 'NO_SIGNATURES');
});

test('A69 cached evidence is fetched again after CACHE_SECONDS', async (t) => {
  const clock = movableClock(t.after);
  const { registry, verify, byDigest, image } = await makeWorld(t, { vars: { CACHE_SECONDS: '60' } });
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  await registry.sign(REPOSITORY, image.digest, []);
  clock.advance(50_000);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED', 'remembered');
  clock.advance(11_000);
  expectVerdict(await verify(byDigest), 403, 'NO_SIGNATURES', 'looked up again');
});

test('CACHE_SECONDS=0 caches nothing', async (t) => {
  const { registry, verify, byDigest } = await makeWorld(t, { vars: { CACHE_SECONDS: '0' } });
  for (let i = 1; i <= 3; i++) {
    expectVerdict(await verify(byDigest), 200, 'VERIFIED');
    equal(registry.asked.length, 4 * i);
  }
});

test('the fact that nothing was found is cached for only a few seconds', async (t) => {
  const clock = movableClock(t.after);
  const { registry, verify, byDigest, image, layer } = await makeWorld(t, { unsigned: true });
  expectVerdict(await verify(byDigest), 403, 'NO_SIGNATURES');
  await registry.sign(REPOSITORY, image.digest, [layer]);
  clock.advance(10_000);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('the clock may be set back: what was found before then is looked for again, and no duration is negative', async (t) => {
  const clock = movableClock(t.after);
  const { registry, service, verify, byDigest, image, layer } = await makeWorld(t, { unsigned: true });
  registry.lie = (_, truth) => {
    clock.advance(-3_600_000);
    delete registry.lie;
    return truth();
  };
  const refused = await verify(byDigest);
  expectVerdict(refused, 403, 'NO_SIGNATURES');
  match(refused.headers.get('server-timing'), /^(?:\w+;dur=[0-9]+(?:, )?)+$/);
  clock.advance(-3_600_000);
  await registry.sign(REPOSITORY, image.digest, [layer]);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  const { text } = await service.get('/metrics', { as: 'admin' });
  match(text, /^countersign_request_seconds_sum [0-9][0-9.e-]*$/m);
});

test('A42 an undecided result is never cached', async (t) => {
  const { registry, verify, byDigest, image } = await makeWorld(t);
  const faults: [string, () => Response][] = [
    ['signature manifest', () => new Response('', { status: 503 })],
    ['signature manifest', () => new Response('', { status: 429 })],
    ['signature manifest', () => new Response('', { status: 401 })],
    ['signature manifest', () => new Response('<html>')],
    ['signature payload', () => new Response('', { status: 500 })],
    ['signature payload', () => new Response('', { status: 404 })],
  ];
  for (const [step, answer] of faults) {
    registry.lie = ({ what, reference }) => {
      const hit = step === 'signature payload' ? what === 'blob' : reference === signatureTag(image.digest);
      return hit ? answer() : undefined;
    };
    const undecided = await verify(byDigest);
    ok(undecided.status >= 500, `${step}: ${undecided.text}`);
    equal([undecided.json.verdict, undecided.headers.get('countersign-verdict')], ['undecided', 'undecided']);
    equal(undecided.json.upstream, { host: registry.host, step });
  }
  delete registry.lie;
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('a signature found on a second look counts, even if another place cannot be reached then', async (t) => {
  const clock = movableClock(t.after);
  const { registry, service, image, log, layer, verify, byDigest } = await makeWorld(t);
  const two = await makeKey();
  await trustKey(service, 'two', two);
  expectSignature(await verify(byDigest, 'key=two'), 'UNTRUSTED_KEY');
  await registry.sign(REPOSITORY, image.digest, [layer, await logged(log, two, payloadFor(image.digest))]);
  registry.lie = ({ what }, truth) => (what === 'referrers' ? new Response('', { status: 503 }) : truth());
  clock.advance(4000);
  expectVerdict(await verify(byDigest, 'key=two'), 200, 'VERIFIED');
  expectVerdict(await verify(byDigest, 'key=release'), 200, 'VERIFIED', 'from the cache');
});

test('artifacts that the referrers list gives another type are opened once, last, and then cached', async (t) => {
  const clock = movableClock(t.after);
  const { registry, service, image, verify, byDigest } = await makeWorld(t);
  await trustKey(service, 'two', await makeKey());
  registry.referrers = {};
  for (let i = 0; i < 20; i++)
    await attach(registry, REPOSITORY, image, utf8(`sbom ${i}`), { layerType: 'application/spdx+json' });
  expectVerdict(await verify(byDigest, 'key=release'), 200, 'VERIFIED');
  clock.advance(5000);
  registry.asked.length = 0;
  expectSignature(await verify(byDigest, 'key=two'), 'UNTRUSTED_KEY');
  equal(registry.asked.length, 23, 'three places, and each artifact once');
  expectSignature(await verify(byDigest, 'key=two'), 'UNTRUSTED_KEY');
  equal(registry.asked.length, 23, 'everything is cached');
});

test('wrong payload bytes are refused only until they are fetched again', async (t) => {
  const clock = movableClock(t.after);
  const { registry, verify, byDigest } = await makeWorld(t, { vars: { CACHE_SECONDS: '60' } });
  registry.lie = ({ what }) => (what === 'blob' ? new Response('other bytes') : undefined);
  expectSignature(await verify(byDigest), 'PAYLOAD_DIGEST_MISMATCH');
  delete registry.lie;
  clock.advance(61_000);
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
});

test('A69 with cached evidence, a change of keys, terms or requirements changes the verdict', async (t) => {
  const { service, verify, byDigest, signer, upstream } = await makeWorld(t, {
    payload: { optional: { ref: 'main' } },
  });
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  const before = upstream.sent.length;
  expectSignature(await verify(byDigest, 'key=release&annotation=ref=dev'), 'ANNOTATION_MISMATCH');
  const put = (terms: object) =>
    service.call('PUT', '/v1/keys/release', { as: 'admin', json: { publicKey: signer.pem, ...terms } });
  await put({ scopes: ['elsewhere.example/**'] });
  expectSignature(await verify(byDigest), 'KEY_OUT_OF_SCOPE');
  await put({ validUntil: '2020-01-01T00:00:00Z' });
  expectSignature(await verify(byDigest), 'KEY_EXPIRED');
  await put({});
  expectVerdict(await verify(byDigest), 200, 'VERIFIED');
  await service.call('DELETE', '/v1/logs/fake', { as: 'admin' });
  expectSignature(await verify(byDigest), 'LOG_UNKNOWN');
  equal(upstream.sent.length, before, 'all without a request');
});

test('A39 evidence fetched with credentials is not used for callers without them', async (t) => {
  const auth = { kind: 'basic', user: 'robot', password: 'secret' } as const;
  const { verify, byDigest } = await makeWorld(t, {
    auth,
    vars: ({ registry }) => ({
      REGISTRY_AUTH: JSON.stringify({ auths: { [registry]: { auth: btoa('robot:secret') } } }),
    }),
  });
  expectVerdict(await verify(byDigest, undefined, { as: 'admin' }), 200, 'VERIFIED');
  expectVerdict(await verify(byDigest), 502, 'REGISTRY_UNAUTHORIZED');
});

test('evidence of two images that share one payload is judged separately', async (t) => {
  const { registry, verify, log, signer, image, layer } = await makeWorld(t);
  const other = await makeImage('other');
  registry.push(REPOSITORY, other, '2');
  const own = await logged(log, signer, payloadFor(other.digest));
  await registry.sign(REPOSITORY, other.digest, [layer, own]);
  expectVerdict(await verify(), 200, 'VERIFIED');
  const answer = await verify(`${registry.host}/app:2`);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    answer.json.signatures.map(({ code }: { code: string }) => code),
    ['SUBJECT_MISMATCH', 'VERIFIED'],
  );
  equal(answer.json.subject.digest === image.digest, false);
});
