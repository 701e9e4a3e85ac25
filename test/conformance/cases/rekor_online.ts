// transparency=online: the log itself is asked, and its answer is checked like any other evidence.
import { base64, unhex } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { endless, hang } from '../../support/upstream.ts';
import { equal, match, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import { expectSignature, expectVerdict, makeWorld, REPOSITORY } from '../support/world.ts';
import { makeSearchWorld, ONLINE } from '../support/world_search.ts';
import { test } from '../table.ts';

test('online: the log confirms the bundle’s entry, with inclusion proof and checkpoint', async (t) => {
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

test('online: an entry is fetched once, even if the image is judged early and again', async (t) => {
  const { verify, byDigest, registry, log, upstream, image } = await makeWorld(t);
  registry.lie = async ({ what, reference }, truth) => {
    if (what === 'referrers' || reference === `sha256-${image.digest.slice(7)}`)
      await new Promise((resolve) => setTimeout(resolve, 1200));
    return truth();
  };
  const answer = await verify(byDigest, `${ONLINE}&annotation=a%3Db&timeout=2s`);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(answer.json.signatures[0].code, 'ANNOTATION_MISMATCH');
  equal(upstream.sent.filter(({ url }) => new URL(url).host === log.name).length, 1);
});

test('A62 an embedded proof needs no network; only online does, and there an outage is undecided', async (t) => {
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

test('a malformed answer from the log is REKOR_MALFORMED', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  const { entry, uuid } = await log.get(0);
  const answers: Record<string, () => Response> = {
    HTML: () => new Response('<html>'),
    'no JSON': () => new Response('{'),
    'a list': () => Response.json([]),
    null: () => Response.json(null),
    'an entry that is null': () => Response.json({ [uuid]: null }),
    'a body that is not base64': () => Response.json({ [uuid]: { ...entry, body: '***' } }),
    'an index as text': () => Response.json({ [uuid]: { ...entry, logIndex: '0' } }),
    'an unknown field': () => Response.json({ [uuid]: { ...entry, extra: 1 } }),
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

test('an endless answer from the log is cut off', async (t) => {
  const { verify, log, upstream } = await makeWorld(t);
  const count = { bytes: 0 };
  upstream.hosts[log.name] = () => new Response(endless(count));
  expectVerdict(await verify(undefined, ONLINE), 502, 'LIMIT_EXCEEDED');
  ok(count.bytes <= 5 * 1024 * 1024, `${count.bytes} bytes were read`);
});

test('A2 A53 A58 if the log answers with another entry, a wrong proof or an unsigned root, the signature is refused with that code', async (t) => {
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

test('A58 an entry of an unknown log is LOG_UNKNOWN, and no request is made to find its key', async (t) => {
  const { service, verify, log, upstream } = await makeWorld(t);
  await service.call('DELETE', '/v1/logs/fake', { as: 'admin' });
  expectSignature(await verify(undefined, ONLINE), 'LOG_UNKNOWN');
  ok(!upstream.sent.some(({ url }) => new URL(url).host === log.name));
});

test('a failed GET to the log is retried once, a failed POST is not', async (t) => {
  const { registry, verify, image, layer, log, upstream } = await makeSearchWorld(t);
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
  equal(asked(), ['POST'], 'also after a broken connection');
});

test('log failures: each status has its code, and Retry-After is passed on', async (t) => {
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
