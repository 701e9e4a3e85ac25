// GET /v1/download: files of artifacts in a registry.
import type { CallOptions } from '../../support/service.ts';
import { content, descriptor, MANIFEST_TYPE } from '../../support/sign_image.ts';
import { equal, match, ok } from '../support/assert.ts';
import { expectProblem, expectVerdict } from '../support/world.ts';
import { makeGateWorld, randomBytes } from '../support/world_gate.ts';
import { policyOf, putPolicy, signerOf, signWith } from '../support/world_policies.ts';
import { type TestContext, test } from '../table.ts';

const ADMIN = { as: 'admin' } as const;

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
  const logged = () => {
    const { verdict, code, passed } = t
      .logged()
      .filter(({ event }) => event === 'decision')
      .at(-1);
    return [verdict, code, passed];
  };
  equal(logged(), ['refused', 'BLOB_DIGEST_MISMATCH', false]);
  world.registry.lie = ({ reference }, truth) =>
    reference === chart.blob.digest ? new Response('short', { headers: { 'content-length': '5' } }) : truth();
  const short = await get(':1.0', 'title=app-1.0.tgz&key=a');
  expectVerdict(short, 403, 'BLOB_DIGEST_MISMATCH');
  equal(logged(), ['refused', 'BLOB_DIGEST_MISMATCH', false]);
});
