// transparency=online: the log itself is asked, and what it answers is checked like anything else.
// VERIFICATION.md rules 15, 16, 19. ABUSE A2, A51, A53, A58, A62.
import { base64, unhex } from '../../support/bytes.ts';
import { makeLog } from '../../support/fake_log.ts';
import { makeKey } from '../../support/keys.ts';
import { logBody, payloadFor, signPayload } from '../../support/sign_image.ts';
import { endless, hang } from '../../support/upstream.ts';
import { equal, match, ok } from '../assert.ts';
import { LOGGED_AT } from '../harness.ts';
import { type TestContext, test } from '../table.ts';
import {
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
  trustKey,
  trustLog,
} from '../world.ts';

const ONLINE = 'key=release&transparency=online';

/** A world whose log is also where signatures without an entry are looked up. */
const searchable = (t: TestContext) =>
  makeWorld(t, { vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }) });

test('online: the entry of the bundle is confirmed by the log, with proof and checkpoint', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  await log.append('{"later":1}');
  const answer = await verify(undefined, ONLINE);
  expectVerdict(answer, 200, 'VERIFIED');
  const [{ transparency, checks }] = answer.json.signatures;
  equal([transparency.proof, transparency.log], ['online', log.name]);
  ok(
    checks.some(
      ({ name, result }: { name: string; result: string }) => name === 'online-entry' && result === 'pass',
    ),
  );
  equal(upstream.sent.filter(({ url }) => new URL(url).host === log.name).length, 1);
  match(answer.headers.get('server-timing'), /rekor;dur=/);
});

test('online: a signature without a bundle is found by its proposed form', async (t) => {
  const { registry, verify, image, layer } = await searchable(t);
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

test('online: an entry is found by the hash that was signed, and in the kind of the first years', async (t) => {
  for (const [algorithm, hash, kind, forms] of [
    ['P-384', 'SHA-384', 'hashedrekord', 1],
    ['P-384', 'SHA-256', 'hashedrekord', 1],
    ['P-521', 'SHA-512', 'hashedrekord', 1],
    ['P-256', 'SHA-256', 'rekord', 2],
    ['ed25519', 'SHA-256', 'rekord', 1],
  ] as const) {
    const world = await makeWorld(t, {
      unsigned: true,
      algorithm,
      vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
    });
    const { registry, image, log, signer, verify, upstream } = world;
    // Some runtimes sign one thing in one way, and the world has logged another payload.
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

test('online: of a signature that was logged twice the earlier entry counts, in whatever order the log answers', async (t) => {
  const world = await makeWorld(t, {
    unsigned: true,
    vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
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

test('online: a signature is searched for once, whichever keys it is judged under', async (t) => {
  const { registry, image, log, signer, service, verify, upstream } = await makeWorld(t, {
    unsigned: true,
    vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
  });
  await trustKey(service, 'other', await makeKey());
  const layers = [];
  for (const own of ['one', 'two'])
    layers.push(await signPayload(signer, payloadFor(image.digest, { optional: { own } })));
  await registry.sign(REPOSITORY, image.digest, layers);
  upstream.sent.length = 0;
  const answer = await verify(undefined, `${ONLINE}&key=other`);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(upstream.sent.filter(({ url }) => new URL(url).host === log.name).length, 4, 'two forms of each');
});

test('online: a form that the log does not keep is refused by it, which says nothing of another form', async (t) => {
  const { registry, verify, image, log, signer, upstream } = await makeWorld(t, {
    unsigned: true,
    vars: ({ log }) => ({ REKOR_URL: `https://${log}`, CACHE_SECONDS: '0' }),
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
  expectVerdict(await verify(undefined, ONLINE), 502, 'REKOR_MALFORMED', 'nothing is known');
  await log.append(await logBody('rekord', layer, signer), LOGGED_AT);
  refusing('hashedrekord');
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED');
});

test('A62 a proof that is embedded needs no network; online alone does, and an outage is undecided', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  upstream.hosts[log.name] = () => new Response('', { status: 503, headers: { 'retry-after': '9' } });
  expectVerdict(await verify(), 200, 'VERIFIED');
  const answer = await verify(undefined, ONLINE);
  expectVerdict(answer, 503, 'REKOR_UNAVAILABLE');
  equal(
    [answer.json.upstream, answer.headers.get('retry-after')],
    [{ host: log.name, step: 'log entry' }, '9'],
  );
  delete upstream.hosts[log.name];
  expectVerdict(await verify(undefined, ONLINE), 503, 'REKOR_UNAVAILABLE', 'no such host');
  upstream.hosts[log.name] = hang;
  const late = await verify(undefined, `${ONLINE}&timeout=300ms`);
  expectVerdict(late, 504, 'DEADLINE_EXCEEDED');
  equal(late.json.upstream, { host: log.name, step: 'log entry' });
});

test('a log that answers wrongly is REKOR_MALFORMED', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  const { entry, uuid } = await log.get(0);
  const answers: Record<string, () => Response> = {
    HTML: () => new Response('<html>'),
    'no JSON': () => new Response('{'),
    'a list': () => Response.json([]),
    null: () => Response.json(null),
    'an entry that is null': () => Response.json({ [uuid]: null }),
    'a body that is no base64': () => Response.json({ [uuid]: { ...entry, body: '***' } }),
    'an index as text': () => Response.json({ [uuid]: { ...entry, logIndex: '0' } }),
    'a field nobody knows': () => Response.json({ [uuid]: { ...entry, extra: 1 } }),
    'a proof with long hashes': () =>
      Response.json({
        [uuid]: {
          ...entry,
          verification: {
            ...entry.verification,
            inclusionProof: { ...entry.verification.inclusionProof, hashes: ['00'.repeat(33)] },
          },
        },
      }),
    'too many hashes': () =>
      Response.json({
        [uuid]: {
          ...entry,
          verification: {
            ...entry.verification,
            inclusionProof: { ...entry.verification.inclusionProof, hashes: Array(65).fill('00'.repeat(32)) },
          },
        },
      }),
    'a redirect': () => new Response('', { status: 302, headers: { location: 'https://evil.example/' } }),
    'a status': () => new Response('', { status: 400 }),
    'too many entries': () =>
      Response.json(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${uuid}${i}`, entry]))),
  };
  for (const [what, answer] of Object.entries(answers)) {
    upstream.hosts[log.name] = answer;
    const got = await verify(undefined, ONLINE);
    expectVerdict(got, 502, 'REKOR_MALFORMED', what);
    equal(got.json.upstream, { host: log.name, step: 'log entry' });
  }
  ok(!upstream.sent.some(({ url }) => url.includes('evil')));
});

test('a log answer without end is cut off', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  const count = { bytes: 0 };
  upstream.hosts[log.name] = () => new Response(endless(count));
  expectVerdict(await verify(undefined, ONLINE), 502, 'LIMIT_EXCEEDED');
  ok(count.bytes <= 5 * 1024 * 1024, `${count.bytes} bytes were read`);
});

test('A2 A53 A58 a log that shows another entry, a wrong proof or an unsigned root is refused with its code', async (t) => {
  const world = await makeWorld(t);
  const { log, verify } = world;
  const other = await log.append('{"other":1}', LOGGED_AT);
  const genuine = await log.get(0);
  const { verification } = genuine.entry;
  const proof = verification.inclusionProof;
  ok(proof);
  const evil = await makeKey();
  const root = unhex(proof.rootHash);
  const withProof = (more: object) => ({
    ...genuine,
    entry: { ...genuine.entry, verification: { ...verification, inclusionProof: { ...proof, ...more } } },
  });
  const lies: [string, (typeof genuine)[], string][] = [
    ['nothing', [], 'ENTRY_ONLINE_MISMATCH'],
    ['another entry', [other], 'ENTRY_ONLINE_MISMATCH'],
    [
      'another body',
      [{ ...genuine, entry: { ...genuine.entry, body: base64('{}') } }],
      'ENTRY_ONLINE_MISMATCH',
    ],
    [
      'another time',
      [{ ...genuine, entry: { ...genuine.entry, integratedTime: 1 } }],
      'ENTRY_ONLINE_MISMATCH',
    ],
    [
      'no proof',
      [
        {
          ...genuine,
          entry: {
            ...genuine.entry,
            verification: { signedEntryTimestamp: verification.signedEntryTimestamp ?? '' },
          },
        },
      ],
      'INCLUSION_PROOF_INVALID',
    ],
    [
      'a proof of another',
      [{ ...genuine, entry: { ...genuine.entry, verification: other.entry.verification } }],
      'SET_INVALID',
    ],
    ['a wrong hash', [withProof({ hashes: ['00'.repeat(32)] })], 'INCLUSION_PROOF_INVALID'],
    ['a wrong index', [withProof({ logIndex: 1 })], 'INCLUSION_PROOF_INVALID'],
    [
      'an unsigned root',
      [withProof({ checkpoint: `${log.name} - 1\n2\n${base64(root)}\n\n\u2014 ${log.name} AAAAAAAA\n` })],
      'CHECKPOINT_INVALID',
    ],
    [
      'a root signed by another',
      [withProof({ checkpoint: await log.checkpoint(2, root, { by: evil }) })],
      'CHECKPOINT_INVALID',
    ],
    [
      'a signed root of another size',
      [withProof({ checkpoint: await log.checkpoint(3, root) })],
      'CHECKPOINT_INVALID',
    ],
  ];
  for (const [what, entries, code] of lies) {
    log.lie = () => entries;
    expectSignature(await verify(undefined, ONLINE), code, what);
  }
  delete log.lie;
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED');
});

test('A58 a search that finds a genuine entry about something else does not count', async (t) => {
  const { registry, verify, image, layer, log, signer } = await searchable(t);
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
  expectVerdict(await verify(undefined, ONLINE), 200, 'VERIFIED', 'the one that is about it, among others');
});

test('A58 a search asks one trusted log after the other: neither junk in one nor its outage hides the entry in another', async (t) => {
  const { service, registry, upstream, verify, image, layer, log, signer } = await searchable(t);
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
  expectVerdict(await verify(undefined, ONLINE), 503, 'REKOR_UNAVAILABLE', 'not found, and one not asked');
});

test('A58 more logs than one search asks are LIMIT_EXCEEDED, never "no entry"', async (t) => {
  const { service, registry, upstream, verify, image, layer, log } = await searchable(t);
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

test('A58 no key comes from the network: an entry of an unknown log is LOG_UNKNOWN, and nobody is asked', async (t) => {
  const { service, verify, log, upstream } = await makeWorld(t);
  await service.call('DELETE', '/v1/logs/fake', { as: 'admin' });
  expectSignature(await verify(undefined, ONLINE), 'LOG_UNKNOWN');
  ok(!upstream.sent.some(({ url }) => new URL(url).host === log.name));
});

test('a question that is a POST is asked once, a GET once more', async (t) => {
  const { registry, verify, image, layer, log, upstream } = await searchable(t);
  upstream.hosts[log.name] = () => new Response('', { status: 503 });
  const asked = () =>
    upstream.sent.filter(({ url }) => new URL(url).host === log.name).map(({ method }) => method);
  expectVerdict(await verify(undefined, ONLINE), 503, 'REKOR_UNAVAILABLE');
  equal(asked(), ['GET', 'GET']);
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  upstream.sent.length = 0;
  expectVerdict(await verify(undefined, ONLINE), 503, 'REKOR_UNAVAILABLE');
  equal(asked(), ['POST']);
  upstream.sent.length = 0;
  delete upstream.hosts[log.name];
  expectVerdict(await verify(undefined, ONLINE), 503, 'REKOR_UNAVAILABLE');
  equal(asked(), ['POST'], 'nor after a broken connection');
});

test('faults of the log: each status has its code, and Retry-After is passed on', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  const { entry, uuid } = await log.get(0);
  for (const [status, answered, code] of [
    [429, 503, 'REKOR_UNAVAILABLE'],
    [500, 503, 'REKOR_UNAVAILABLE'],
    [501, 503, 'REKOR_UNAVAILABLE'],
    [503, 503, 'REKOR_UNAVAILABLE'],
    [201, 502, 'REKOR_MALFORMED'],
    [401, 502, 'REKOR_MALFORMED'],
    [422, 502, 'REKOR_MALFORMED'],
  ] as const) {
    upstream.hosts[log.name] = () =>
      Response.json({ [uuid]: entry }, { status, headers: { 'retry-after': '21' } });
    const answer = await verify(undefined, ONLINE);
    expectVerdict(answer, answered, code, String(status));
    equal(
      [answer.json.retryable, answer.json.upstream],
      [answered === 503, { host: log.name, step: 'log entry' }],
    );
    if (answered === 503) equal(answer.headers.get('retry-after'), '21', String(status));
  }
  upstream.hosts[log.name] = () => Response.json({ code: 404 }, { status: 404 });
  expectSignature(await verify(undefined, ONLINE), 'ENTRY_ONLINE_MISMATCH');
});
