// GET /v1/download: plain files on other hosts, with a signature beside them.
import { fromBase64 } from '../../../src/core/encoding/bytes.ts';
import { bundle, bundleEntry, hintOf } from '../../support/bundles.ts';
import { base64, digest as digestOf, utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN, type CallOptions, startService } from '../../support/service.ts';
import { logBody, signPayload } from '../../support/sign_image.ts';
import { equal, match, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import { expectProblem, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { signEnvelope } from '../support/world_bundles.ts';
import { randomBytes } from '../support/world_gate.ts';
import { type TestContext, test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;
const FILES = 'files.example';

/** A host with a file, and beside it a signature of that file in every form. */
async function makeFiles(t: TestContext) {
  const world = await makeWorld(t, {
    vars: ({ registry }) => ({ REGISTRIES: registry, DOWNLOAD_HOSTS: `${FILES},mirror.example` }),
  });
  const { log, signer, service } = world;
  const file = randomBytes(70_000);
  const layer = await signPayload(signer, file);
  const { entry } = await log.append(await logBody('hashedrekord', layer, signer), LOGGED_AT);
  const digest = await digestOf(file);
  const messageDigest = {
    algorithm: 'SHA2_256',
    digest: base64(Uint8Array.from(digest.slice(7).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))),
  };
  const sigstore = bundle({
    hint: hintOf(signer),
    content: { messageSignature: { messageDigest, signature: layer.signature } },
    tlogEntries: [bundleEntry(entry)],
  });
  const old = { base64Signature: layer.signature, rekorBundle: JSON.parse(log.annotation(entry)) };
  const waived = await makeKey();
  await trustKey(service, 'waived', waived, { transparency: 'unsafe-none' });
  const bare = (await signPayload(waived, file)).signature;
  const { envelope, entry: statementEntry } = await signEnvelope(world, {
    about: digest,
    predicateType: 'https://sigstore.dev/cosign/sign/v1',
  });
  const statement = bundle({
    hint: hintOf(signer),
    content: { dsseEnvelope: envelope },
    tlogEntries: [statementEntry],
  });
  const served: Record<string, BodyInit> = {
    '/app': file,
    '/app.sigstore.json': JSON.stringify(sigstore),
    '/app.statement.json': JSON.stringify(statement),
    '/app.bundle': JSON.stringify(old),
    '/app.sig': `${bare}\n`,
    '/app.raw.sig': fromBase64(bare, 'signature'),
    '/junk.sig': Uint8Array.of(0xff),
  };
  const asked: Request[] = [];
  world.upstream.hosts[FILES] = (request) => {
    asked.push(request);
    const body = served[new URL(request.url).pathname];
    if (body === undefined) return new Response('no', { status: 404 });
    const length = body === file ? { 'content-length': String(file.length) } : undefined;
    return new Response(
      request.method === 'HEAD' ? null : body,
      length === undefined ? {} : { headers: length },
    );
  };
  const url = (path: string, host = FILES) => encodeURIComponent(`https://${host}${path}`);
  const get = (query: string, options: CallOptions = ADMIN) => service.get(`/v1/download?${query}`, options);
  return { world, file, digest, served, asked, url, get, bare };
}

test('download: a plain file verifies by a bundle of each form, and by a bare signature with its digest', async (t) => {
  const { file, digest, url, get } = await makeFiles(t);
  const forms = [
    `bundle=${url('/app.sigstore.json')}&key=release`,
    `bundle=${url('/app.statement.json')}&key=release`,
    `bundle=${url('/app.bundle')}&key=release`,
    `bundle=${url('/app.bundle')}&key=release&digest=${digest}`,
    `signature=${url('/app.sig')}&digest=${digest}&key=waived`,
    `signature=${url('/app.raw.sig')}&digest=${digest}&key=waived`,
  ];
  for (const form of forms) {
    const answer = await get(`url=${url('/app')}&${form}`);
    equal(answer.status, 200, `${form}: ${answer.text.slice(0, 400)}`);
    equal(
      [answer.headers.get('etag'), answer.headers.get('content-length')],
      [`"${digest}"`, String(file.length)],
      form,
    );
    match(answer.headers.get('content-disposition'), /filename="app"/);
  }
});

test('A107 download: a file that is not what was signed is logged by its URL without the query', async (t) => {
  const { world, digest, url, get } = await makeFiles(t);
  const served = world.upstream.hosts[FILES] as (request: Request) => Response;
  world.upstream.hosts[FILES] = (request) =>
    request.url.includes('/a%20b.tgz')
      ? new Response('something else', { headers: { 'content-length': '14' } })
      : served(request);
  const signature = `signature=${url('/app.sig')}&digest=${digest}&key=waived`;
  const answer = await get(`url=${url('/a%20b.tgz?X-Amz-Signature=canary')}&${signature}`);
  expectVerdict(answer, 403, 'BLOB_DIGEST_MISMATCH');
  const [line] = t.logged().filter(({ event }) => event === 'transfer-broken');
  equal(line?.reference, `https://${FILES}/a%20b.tgz@${digest}`);
  ok(!JSON.stringify(t.logged()).includes('canary'), 'nowhere in the log');
});

test('download: a file whose signature is refused is not requested', async (t) => {
  const { world, url, get, asked, served, digest, bare } = await makeFiles(t);
  const other = await makeKey();
  await trustKey(world.service, 'other', other);
  const file = () => asked.filter((request) => new URL(request.url).pathname === '/app').length;
  const cases: [string, number, string][] = [
    [`bundle=${url('/app.sigstore.json')}&key=other`, 403, 'NO_TRUSTED_SIGNATURE'],
    [
      `bundle=${url('/app.sigstore.json')}&key=release&digest=sha256:${'0'.repeat(64)}`,
      403,
      'NO_TRUSTED_SIGNATURE',
    ],
    [`signature=${url('/app.sig')}&digest=${digest}&key=release`, 403, 'NO_TRUSTED_SIGNATURE'],
    [`signature=${url('/app.raw.sig')}&digest=${digest}&key=release`, 403, 'NO_TRUSTED_SIGNATURE'],
    [`signature=${url('/junk.sig')}&digest=${digest}&key=waived`, 403, 'NO_TRUSTED_SIGNATURE'],
    [`signature=${url('/app.sig')}&digest=sha256:${'0'.repeat(64)}&key=waived`, 403, 'NO_TRUSTED_SIGNATURE'],
    [`bundle=${url('/absent')}&key=release`, 404, 'FILE_NOT_FOUND'],
  ];
  for (const [form, status, code] of cases) {
    const answer = await get(`url=${url('/app')}&${form}`);
    equal([answer.status, answer.json?.code], [status, code], form);
  }
  const mistakes = [
    `signature=${url('/app.sig')}&key=waived`,
    'key=release',
    `bundle=${url('/app.bundle')}&signature=${url('/app.sig')}&digest=${digest}&key=release`,
    `bundle=${url('/app.bundle')}`,
    `bundle=${url('/app.bundle')}&key=release&x=1`,
    `signature=${url('/app.sig')}&digest=md5:0&key=waived`,
  ];
  for (const form of mistakes)
    expectProblem(
      await get(`url=${url('/app')}&${form}`),
      400,
      form.includes('md5') ? 'BAD_DIGEST' : 'BAD_REQUEST',
      form,
    );
  equal(file(), 0, 'the file was never asked for');
  for (const other of ['something else', '', mebibytes(12)]) {
    served['/app'] = other;
    const answer = await get(`url=${url('/app')}&signature=${url('/app.sig')}&digest=${digest}&key=waived`);
    if (typeof other === 'string')
      expectVerdict(answer, 403, 'BLOB_DIGEST_MISMATCH', 'another file breaks off');
    else {
      expectProblem(answer, 502, 'LIMIT_EXCEEDED', 'a file of unknown length is read before it is sent');
      equal([answer.headers.get('countersign-verdict'), answer.headers.get('etag')], ['undecided', null]);
    }
  }
  ok(bare.length > 0);
});

function mebibytes(count: number): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(1024 * 1024));
      else controller.close();
    },
  });
}

test('A35 A98 download: every redirect of every URL must lead to a listed host', async (t) => {
  const { world, url, get, asked } = await makeFiles(t);
  const bundle = `bundle=${url('/app.bundle')}&key=release`;
  for (const bad of [
    'https://evil.example/app',
    'https://files.example:8443/app',
    'https://files.example.evil.example/app',
    'https://169.254.169.254/app',
  ]) {
    expectProblem(await get(`url=${encodeURIComponent(bad)}&${bundle}`), 400, 'HOST_NOT_ALLOWED', bad);
    expectProblem(
      await get(`url=${url('/app')}&bundle=${encodeURIComponent(bad)}&key=release`),
      400,
      'HOST_NOT_ALLOWED',
      bad,
    );
  }
  for (const bad of [
    'http://files.example/app',
    'file:///etc/passwd',
    'https://user:pass@files.example/app',
    'files.example/app',
    'https://files.example/app#x',
  ])
    expectProblem(await get(`url=${encodeURIComponent(bad)}&${bundle}`), 400, 'BAD_REQUEST', bad);
  equal(asked.length, 0);
  const direct = world.upstream.hosts[FILES];
  ok(direct, 'the host');
  world.upstream.hosts['mirror.example'] = (request) =>
    direct(new Request(request.url.replace('mirror.example', FILES), request));
  for (const [target, isGood] of [
    ['https://mirror.example/app', true],
    ['https://evil.example/app', false],
    ['http://mirror.example/app', false],
    ['https://169.254.169.254/latest', false],
  ] as const) {
    world.upstream.hosts[FILES] = (request) =>
      new URL(request.url).pathname === '/app'
        ? new Response(null, { status: 302, headers: { location: target } })
        : direct(request);
    const answer = await get(`url=${url('/app')}&${bundle}`);
    if (isGood) equal(answer.status, 200, target);
    else expectVerdictless(answer.status, answer.json?.code, target);
  }
  for (const { headers } of world.upstream.sent)
    ok(!JSON.stringify(headers).includes(ADMIN_TOKEN), 'no token leaves');
  const none = startService(t.worker);
  expectProblem(
    await none.get(`/v1/download?url=${url('/app')}&${bundle}`, ADMIN),
    400,
    'HOST_NOT_ALLOWED',
    'none by default',
  );
});

function expectVerdictless(status: number, code: string, what: string): void {
  equal([status, code], [502, 'DOWNLOAD_MALFORMED'], what);
}

test('download: a bundle that cannot be read states no digest, so it is refused only if digest= says what it should be about', async (t) => {
  const { served, digest, url, get } = await makeFiles(t);
  const good = JSON.parse(String(served['/app.sigstore.json']));
  const bad = [
    ['BUNDLE_UNSUPPORTED', { ...good, mediaType: 'application/vnd.dev.sigstore.bundle.v0.9+json' }],
    ['BUNDLE_MALFORMED', { ...good, more: 1 }],
  ] as const;
  for (const [code, document] of bad) {
    served['/bad.json'] = JSON.stringify(document);
    const query = `url=${url('/app')}&bundle=${url('/bad.json')}&key=release`;
    expectProblem(await get(query), 502, 'DOWNLOAD_MALFORMED', code);
    const refused = await get(`${query}&digest=${digest}`);
    expectVerdict(refused, 403, 'NO_TRUSTED_SIGNATURE');
    equal(refused.json.signatures[0].code, code);
  }
  served['/bad.json'] = '<html>';
  const page = await get(`url=${url('/app')}&bundle=${url('/bad.json')}&key=release&digest=${digest}`);
  expectProblem(page, 502, 'DOWNLOAD_MALFORMED', 'a page is no evidence at all');
});

test('download: a failing host is undecided, with its own codes', async (t) => {
  const { world, url, get } = await makeFiles(t);
  const form = `url=${url('/app')}&bundle=${url('/app.bundle')}&key=release`;
  world.upstream.hosts[FILES] = () => new Response('', { status: 503, headers: { 'retry-after': '9' } });
  const down = await get(form);
  expectProblem(down, 503, 'DOWNLOAD_UNAVAILABLE');
  equal([down.headers.get('retry-after'), down.json.upstream.host], ['9', FILES]);
  for (const body of ['<html>', '{}', '{"payload":1}', '{"mediaType":1}']) {
    world.upstream.hosts[FILES] = () => new Response(body);
    const page = await get(form);
    expectProblem(page, 502, 'DOWNLOAD_MALFORMED', body);
    equal([page.json.upstream, page.json.retryable], [{ host: FILES, step: 'bundle' }, false]);
  }
  world.upstream.hosts[FILES] = () => new Promise<Response>(() => undefined);
  expectProblem(await get(`${form}&timeout=100ms`), 504, 'DEADLINE_EXCEEDED');
  const { file, code, passed } = t.logged().at(-1);
  equal(
    [file, code, passed],
    [`https://${FILES}/app`, 'DEADLINE_EXCEEDED', false],
    'the log says what it was about',
  );
  equal(utf8('x').length, 1);
});
