// GET /v1/download: files of artifacts, and plain files with a signature beside them.
import { bundle, bundleEntry, hintOf } from '../../support/bundles.ts';
import { base64, digest as digestOf, utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { ADMIN_TOKEN, type CallOptions, startService } from '../../support/service.ts';
import { content, descriptor, logBody, MANIFEST_TYPE, signPayload } from '../../support/sign_image.ts';
import { equal, match, ok } from '../assert.ts';
import { LOGGED_AT } from '../harness.ts';
import { type TestContext, test } from '../table.ts';
import { expectProblem, expectVerdict, makeWorld, trustKey } from '../world.ts';
import { signEnvelope } from '../world_bundles.ts';
import { makeGateWorld, randomBytes } from '../world_gate.ts';
import { policyOf, putPolicy, signerOf, signWith } from '../world_policies.ts';

const ADMIN = { as: 'admin' } as const;
const FILES = 'files.example';

/** A signed artifact with two files, in the form in which oras pushes them. */
async function makeArtifact(t: TestContext) {
  const world = await makeGateWorld(t);
  const file = async (title: string, size: number) => {
    const blob = await content(randomBytes(size), 'application/octet-stream');
    return { blob, layer: { ...descriptor(blob), annotations: { 'org.opencontainers.image.title': title } } };
  };
  const [chart, values] = [await file('app-1.0.tgz', 100_000), await file('values.yaml', 20)];
  const config = await content({}, 'application/vnd.cncf.helm.config.v1+json');
  const image = await content(
    {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(config),
      layers: [chart.layer, values.layer],
    },
    MANIFEST_TYPE,
  );
  for (const item of [config, chart.blob, values.blob]) world.registry.push('charts/app', item);
  world.registry.push('charts/app', image, '1.0');
  const layers = await signWith(world, image, [signerOf(world.signers, 'a')]);
  await world.registry.sign('charts/app', image.digest, layers);
  const get = (reference: string, query: string, options: CallOptions = ADMIN) =>
    world.service.get(`/v1/download/${world.registry.host}/charts/app${reference}?${query}`, options);
  return { world, image, chart, values, get };
}

test('download: a file of a verified artifact is found by its title and served whole, with headers that make it a plain file', async (t) => {
  const { world, image, chart, get } = await makeArtifact(t);
  for (const reference of [':1.0', `@${image.digest}`]) {
    const answer = await get(reference, 'title=app-1.0.tgz&key=a');
    equal(answer.status, 200, answer.text.slice(0, 300));
    const header = (name: string) => answer.headers.get(name);
    equal(header('content-length'), '100000');
    equal(header('etag'), `"${chart.blob.digest}"`);
    equal(header('countersign-verdict'), 'verified');
    equal(header('x-content-type-options'), 'nosniff');
    equal(header('content-security-policy'), 'sandbox');
    equal(header('content-type'), 'application/octet-stream');
    match(
      header('content-disposition'),
      /^attachment; filename="app-1\.0\.tgz"; filename\*=UTF-8''app-1\.0\.tgz$/,
    );
    match(header('repr-digest'), /^sha-256=:[A-Za-z0-9+/]{43}=:$/);
  }
  const head = await world.service.call(
    'HEAD',
    `/v1/download/${world.registry.host}/charts/app:1.0?title=values.yaml&key=a`,
    ADMIN,
  );
  equal([head.status, head.headers.get('content-length'), head.text], [200, '20', '']);
  const known = await get(':1.0', 'title=app-1.0.tgz&key=a', {
    ...ADMIN,
    headers: { 'if-none-match': `"${chart.blob.digest}"` },
  });
  equal([known.status, known.text], [304, '']);
  const whole = await get(':1.0', 'title=app-1.0.tgz&key=a', { ...ADMIN, headers: { range: 'bytes=0-9' } });
  equal([whole.status, whole.headers.get('content-length')], [200, '100000'], 'a range is ignored');
  equal((await get(':1.0', 'title=values.yaml')).status, 200, 'by the policy default');
});

test('download: a file of an artifact that is refused, ambiguous, absent or not permitted has its own code', async (t) => {
  const { world, get } = await makeArtifact(t);
  const before = () => world.registry.asked.filter(({ what }) => what === 'blob').length;
  const refused = await get(':1.0', 'title=app-1.0.tgz&key=b');
  expectVerdict(refused, 403, 'NO_TRUSTED_SIGNATURE');
  const blobs = before();
  expectProblem(await get(':1.0', 'key=a'), 400, 'BAD_REQUEST', 'two files');
  expectProblem(await get(':1.0', 'title=other&key=a'), 404, 'FILE_NOT_FOUND');
  expectProblem(await get(':absent', 'title=x&key=a'), 404, 'IMAGE_NOT_FOUND');
  expectProblem(await get(':1.0', 'titel=x&key=a'), 400, 'BAD_REQUEST');
  expectProblem(await get(':1.0', 'key=a', {}), 401, 'UNAUTHENTICATED', 'ACCESS=open does not open it');
  equal(before(), blobs, 'no file is opened for any of these');
  const made = await world.service.call('PUT', '/v1/tokens/team', {
    as: 'admin',
    json: { scopes: ['pull'], names: ['ghcr.io/**'] },
  });
  expectProblem(await get(':1.0', 'key=a', { as: `Bearer ${made.json.secret}` }), 403, 'FORBIDDEN');
  await putPolicy(world.service, 'soft', policyOf({ mode: 'warn', require: { keys: ['b'] } }));
  const warned = await get(':1.0', 'title=values.yaml&policy=soft');
  equal(
    [warned.status, warned.headers.get('countersign-verdict'), warned.headers.get('countersign-code')],
    [200, 'refused', 'NO_TRUSTED_SIGNATURE'],
  );
});

test('download: files without a title, as Helm makes them, are found by digest', async (t) => {
  const { world, chart, values, get } = await makeArtifact(t);
  const layers = [descriptor(chart.blob), descriptor(values.blob)];
  const config = descriptor(await content({}, 'application/vnd.cncf.helm.config.v1+json'));
  const untitled = await content(
    { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers },
    MANIFEST_TYPE,
  );
  world.registry.push('charts/app', untitled, '2.0');
  await world.registry.sign(
    'charts/app',
    untitled.digest,
    await signWith(world, untitled, [signerOf(world.signers, 'a')]),
  );
  const unsaid = await get(':2.0', 'key=a');
  expectProblem(unsaid, 400, 'BAD_REQUEST');
  ok(unsaid.text.includes(`${chart.blob.digest}, ${values.blob.digest}`), unsaid.text);
  const answer = await get(':2.0', `title=${values.blob.digest}&key=a`);
  equal([answer.status, answer.headers.get('etag')], [200, `"${values.blob.digest}"`]);
  expectProblem(await get(':1.0', `title=${values.blob.digest}&key=a`), 404, 'FILE_NOT_FOUND');
});

test('download: in warn mode, an artifact whose manifest cannot be parsed is answered with the verdict', async (t) => {
  const { world, get } = await makeArtifact(t);
  await putPolicy(world.service, 'default', policyOf({ mode: 'warn', require: { keys: ['a'] } }));
  const old = await content(
    { schemaVersion: 1, fsLayers: [] },
    'application/vnd.docker.distribution.manifest.v1+json',
  );
  world.registry.push('charts/app', old, 'old');
  const answer = await get(':old', 'title=x&policy=default');
  equal([answer.status, answer.json.code], [403, 'MANIFEST_UNSUPPORTED']);
});

test('download: an artifact whose manifest changed after the verdict is refused, and the log says so', async (t) => {
  const { world, image, get } = await makeArtifact(t);
  const other = await content({ schemaVersion: 2, mediaType: MANIFEST_TYPE, layers: [] }, MANIFEST_TYPE);
  world.registry.lie = ({ what, reference }, truth) =>
    what === 'manifest' && reference === image.digest
      ? new Response(other.bytes, { headers: { 'content-type': MANIFEST_TYPE } })
      : truth();
  for (const reference of [':1.0', `@${image.digest}`]) {
    expectVerdict(await get(reference, 'title=app-1.0.tgz&key=a'), 403, 'MANIFEST_DIGEST_MISMATCH');
    const { verdict, code, passed } = t.logged().at(-1);
    equal([verdict, code, passed], ['refused', 'MANIFEST_DIGEST_MISMATCH', false]);
  }
});

test('A76 download: a file that does not match the manifest’s digest breaks off', async (t) => {
  const { world, chart, get } = await makeArtifact(t);
  world.registry.lie = ({ reference }, truth) =>
    reference === chart.blob.digest
      ? new Response(chart.blob.bytes.slice().fill(0), { headers: { 'content-length': '100000' } })
      : truth();
  expectVerdict(await get(':1.0', 'title=app-1.0.tgz&key=a'), 403, 'BLOB_DIGEST_MISMATCH');
  equal(t.logged().filter(({ event }) => event === 'transfer-broken').length, 1);
  world.registry.lie = ({ reference }, truth) =>
    reference === chart.blob.digest ? new Response('short', { headers: { 'content-length': '5' } }) : truth();
  const short = await get(':1.0', 'title=app-1.0.tgz&key=a');
  expectVerdict(short, 403, 'BLOB_DIGEST_MISMATCH');
});

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

test('download: a failing host is undecided, with its own codes', async (t) => {
  const { world, url, get } = await makeFiles(t);
  const form = `url=${url('/app')}&bundle=${url('/app.bundle')}&key=release`;
  world.upstream.hosts[FILES] = () => new Response('', { status: 503, headers: { 'retry-after': '9' } });
  const down = await get(form);
  expectProblem(down, 503, 'DOWNLOAD_UNAVAILABLE');
  equal([down.headers.get('retry-after'), down.json.upstream.host], ['9', FILES]);
  world.upstream.hosts[FILES] = () => new Response('not JSON');
  expectProblem(await get(form), 400, 'BAD_REQUEST');
  world.upstream.hosts[FILES] = () => new Promise<Response>(() => undefined);
  expectProblem(await get(`${form}&timeout=100ms`), 504, 'DEADLINE_EXCEEDED');
  equal(utf8('x').length, 1);
});
