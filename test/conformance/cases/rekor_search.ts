// transparency=online for a signature without an entry: every trusted log is searched, and what is found is checked like any other
// evidence.
import { makeLog } from '../../support/fake_log.ts';
import { makeKey } from '../../support/keys.ts';
import { logBody, payloadFor, signPayload } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import { expectSignature, expectVerdict, logged, REPOSITORY, trustKey, trustLog } from '../support/world.ts';
import { makeSearchWorld, ONLINE } from '../support/world_search.ts';
import { test } from '../table.ts';

test('online: a signature without an entry is found by searching for the entry as it would have been logged', async (t) => {
  const { registry, verify, image, layer } = await makeSearchWorld(t);
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  expectSignature(await verify(), 'LOG_ENTRY_MISSING');
  const answer = await verify(undefined, ONLINE);
  expectVerdict(answer, 200, 'VERIFIED');
  const [{ transparency, signedAt, checks }] = answer.json.signatures;
  equal(
    [transparency.proof, transparency.logIndex, signedAt],
    ['online', 0, new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z')],
  );
  for (const name of [
    'set',
    'inclusion-proof',
    'checkpoint',
    'entry-signature',
    'entry-payload',
    'entry-key',
    'online-entry',
  ]) {
    ok(
      checks.some(
        (check: { name: string; result: string }) => check.name === name && check.result === 'pass',
      ),
      name,
    );
  }
});

test('online: an entry is found by the signed hash, and also as a rekord, the kind of the first years', async (t) => {
  for (const [algorithm, hash, kind, forms] of [
    ['P-384', 'SHA-384', 'hashedrekord', 1],
    ['P-384', 'SHA-256', 'hashedrekord', 1],
    ['P-521', 'SHA-512', 'hashedrekord', 1],
    ['P-256', 'SHA-256', 'rekord', 2],
    ['ed25519', 'SHA-256', 'rekord', 1],
  ] as const) {
    const world = await makeSearchWorld(t, {
      unsigned: true,
      algorithm,
    });
    const { registry, image, log, signer, verify, upstream } = world;
    // Some key types give the same signature each time, so sign a payload that the world has not logged.
    const layer = await signPayload(signer, payloadFor(image.digest, { optional: { own: 'yes' } }), hash);
    await registry.sign(REPOSITORY, image.digest, [layer]);
    const what = `${algorithm} ${hash} ${kind}`;
    expectSignature(await verify(undefined, ONLINE), 'LOG_ENTRY_MISSING', what);
    await log.append(await logBody(kind, layer, signer, { hash }), LOGGED_AT);
    upstream.sent.length = 0;
    expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED', what);
    equal(upstream.sent.filter(({ url }) => new URL(url).host === log.name).length, forms, what);
  }
});

test('online: for a signature that was logged twice, the earlier entry counts, whatever the order of the log’s answer', async (t) => {
  const world = await makeSearchWorld(t, {
    unsigned: true,
    terms: { validUntil: new Date((LOGGED_AT + 500) * 1000).toISOString() },
  });
  const { registry, image, log, signer, verify } = world;
  const layer = await signPayload(signer, payloadFor(image.digest, { optional: { own: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [layer]);
  const body = await logBody('hashedrekord', layer, signer);
  await log.append(body, LOGGED_AT + 1000);
  expectSignature(await verify(undefined, ONLINE), 'KEY_EXPIRED', 'the later entry alone');
  await log.append(body, LOGGED_AT);
  for (const order of ['as it is', 'turned round']) {
    log.lie = (found) => (order === 'as it is' ? found : found.toReversed());
    const answer = await verify(undefined, ONLINE);
    expectVerdict(answer, 200, 'VERIFIED', order);
    equal(answer.json.signatures[0].transparency.logIndex, 2, order);
  }
});

test('online: a signature is searched for once, even if several keys are tried', async (t) => {
  const { registry, image, log, signer, service, verify, upstream } = await makeSearchWorld(t, {
    unsigned: true,
  });
  await trustKey(service, 'other', await makeKey());
  const layers = [];
  for (const own of ['one', 'two'])
    layers.push(await signPayload(signer, payloadFor(image.digest, { optional: { own } })));
  await registry.sign(REPOSITORY, image.digest, layers);
  upstream.sent.length = 0;
  const answer = await verify(undefined, `${ONLINE}&key=other`);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(
    upstream.sent.filter(({ url }) => new URL(url).host === log.name).length,
    4,
    'two forms for each log',
  );
});

test('online: if the log refuses one kind of entry in a search, the other kind still counts', async (t) => {
  const { registry, verify, image, log, signer, upstream } = await makeSearchWorld(t, {
    unsigned: true,
  });
  const layer = await signPayload(signer, payloadFor(image.digest, { optional: { own: 'yes' } }));
  await registry.sign(REPOSITORY, image.digest, [layer]);
  const refusing = (...kinds: string[]) => {
    upstream.hosts[log.name] = async ({ url, headers, body }) => {
      const text = await new Response(body).text();
      const [{ kind }] = JSON.parse(text).entries;
      return kinds.includes(kind)
        ? new Response('{"code":400}', { status: 400 })
        : log.handle(new Request(url, { method: 'POST', headers, body: text }));
    };
  };
  refusing('hashedrekord');
  expectSignature(await verify(undefined, ONLINE), 'LOG_ENTRY_MISSING');
  refusing('hashedrekord', 'rekord');
  expectVerdict(await verify(undefined, ONLINE), 502, 'REKOR_MALFORMED', 'no form was accepted');
  await log.append(await logBody('rekord', layer, signer), LOGGED_AT);
  refusing('hashedrekord');
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED');
});

test('A58 a genuine entry about another signature, found by a search, does not count', async (t) => {
  const { registry, verify, image, layer, log, signer } = await makeSearchWorld(t);
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  await logged(log, signer, payloadFor(image.digest, { optional: { a: 'b' } }));
  await log.append(await logBody('hashedrekord', layer, await makeKey()), LOGGED_AT);
  await log.append(await logBody('hashedrekord', layer, signer, { kind: 'helm' }), LOGGED_AT);
  const lies: [number, string][] = [
    [1, 'ENTRY_SIGNATURE_MISMATCH'],
    [2, 'ENTRY_KEY_MISMATCH'],
    [3, 'LOG_ENTRY_KIND_UNSUPPORTED'],
  ];
  for (const [index, code] of lies) {
    log.lie = async () => [await log.get(index)];
    expectSignature(await verify(undefined, ONLINE), code);
  }
  log.lie = () => [];
  expectSignature(await verify(undefined, ONLINE), 'LOG_ENTRY_MISSING');
  log.lie = async () => [await log.get(2), await log.get(0)];
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED', 'the matching entry among others');
});

test('A58 a search asks every trusted log: neither junk in one log nor its outage hides the entry in another', async (t) => {
  const { service, registry, upstream, verify, image, layer, log, signer } = await makeSearchWorld(t);
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  const other = await makeLog({ name: `other-${log.name}` });
  upstream.hosts[other.name] = (request) => other.handle(request);
  await trustLog(service, other, 'other');
  await other.append(await logBody('hashedrekord', layer, signer), LOGGED_AT);
  for (const [what, lie] of [
    ['nothing', () => []],
    ['junk', async () => [await log.append('{}', LOGGED_AT)]],
  ] as const) {
    log.lie = lie;
    const answer = await verify(undefined, ONLINE);
    expectVerdict(answer, 200, 'VERIFIED', what);
    equal(answer.json.signatures[0].transparency.log, other.name);
  }
  upstream.hosts[log.name] = () => new Response('', { status: 503 });
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED', 'an outage');
  other.lie = () => [];
  expectVerdict(
    await verify(undefined, ONLINE),
    503,
    'REKOR_UNAVAILABLE',
    'not found in four logs, one not asked',
  );
});

test('A58 if there are more logs than one search asks, the answer is LIMIT_EXCEEDED, never "no entry"', async (t) => {
  const { service, registry, upstream, verify, image, layer, log } = await makeSearchWorld(t);
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  log.lie = () => [];
  for (let i = 0; i < 3; i++) {
    const more = await makeLog({ name: `more-${i}-${log.name}` });
    more.lie = () => [];
    upstream.hosts[more.name] = (request) => more.handle(request);
    await trustLog(service, more, `more-${i}`);
  }
  expectSignature(await verify(undefined, ONLINE), 'LOG_ENTRY_MISSING', 'four are asked');
  await trustLog(service, await makeLog({ name: `last-${log.name}` }), 'zz-last');
  expectVerdict(await verify(undefined, ONLINE), 502, 'LIMIT_EXCEEDED');
});
