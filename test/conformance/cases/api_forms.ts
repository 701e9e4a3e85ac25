// Other forms of an answer: one line of text, cosign's JSON, inspect.
import { base64, unbase64 } from '../../support/bytes.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { makeKey } from '../../support/keys.ts';
import { payloadFor } from '../../support/sign_image.ts';
import { equal, match, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import { expectProblem, expectSignature, logged, makeWorld, REPOSITORY } from '../support/world.ts';
import { test } from '../table.ts';

const TEXT = { headers: { accept: 'text/plain' } };
const SIGNED_AT = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

test('text/plain: the answer is one line that begins with the verdict', async (t) => {
  const { verify, image, signer, registry, name } = await makeWorld(t);
  const good = await verify(undefined, undefined, TEXT);
  equal(good.text, `verified ${image.digest} by release (${signer.fingerprint}) logged ${SIGNED_AT} #0\n`);
  match(good.headers.get('content-type'), /^text\/plain/);
  equal(
    (await verify(undefined, 'key=release&annotation=a=b', TEXT)).text.startsWith(
      `refused ${image.digest} NO_TRUSTED_SIGNATURE `,
    ),
    true,
  );
  match((await verify(`${name}:absent`, undefined, TEXT)).text, /^error IMAGE_NOT_FOUND .*\n$/);
  match((await verify('!!', undefined, TEXT)).text, /^error BAD_REFERENCE .*\n$/);
  registry.lie = () => new Response('', { status: 429, headers: { 'retry-after': '3' } });
  const undecided = await verify(undefined, undefined, TEXT);
  match(undecided.text, /^undecided REGISTRY_RATE_LIMITED .*\n$/);
  equal(
    [undecided.headers.get('retry-after'), undecided.headers.get('countersign-verdict')],
    ['3', 'undecided'],
  );
});

test('text/plain: the answer is JSON unless Accept prefers text', async (t) => {
  const { verify, name } = await makeWorld(t);
  for (const accept of [
    undefined,
    '*/*',
    'application/*, text/plain;q=0.9',
    '*/*, text/plain;q=0.1',
    'text/plain, application/json',
    'text/plain;q=0.5, application/problem+json',
  ]) {
    const headers = accept === undefined ? {} : { accept };
    equal((await verify(undefined, undefined, { headers })).json?.verdict, 'verified', accept);
    expectProblem(await verify(`${name}:absent`, undefined, { headers }), 404, 'IMAGE_NOT_FOUND', accept);
  }
  for (const accept of ['text/*', 'TEXT/plain, */*', 'text/plain, application/json;q=0.9']) {
    const { text } = await verify(undefined, undefined, { headers: { accept } });
    match(text, /^verified sha256:/, accept);
  }
});

test('text/plain: the line says “not logged”, and “caller’s key” for a key in the request', async (t) => {
  const { registry, service, image, layer, verify, signer, name } = await makeWorld(t, {
    terms: { transparency: 'unsafe-none' },
  });
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  equal(
    (await verify(undefined, undefined, TEXT)).text,
    `verified ${image.digest} by release (${signer.fingerprint}) not logged\n`,
  );
  const json = { image: `${name}:1`, publicKeys: [signer.pem], transparency: 'unsafe-none' };
  equal(
    (await service.call('POST', '/v1/verify', { json, ...TEXT })).text,
    `verified ${image.digest} by caller's key (${signer.fingerprint}) not logged\n`,
  );
});

test('text/plain: the line has only printable ASCII, whatever a caller or a registry sends', async (t) => {
  const { verify, registry } = await makeWorld(t, {
    payload: { optional: { a: '\u001b[31mred\u0007\r\nverified' } },
  });
  const hostile = [
    await verify(
      undefined,
      `key=release&annotation=a=${encodeURIComponent('\u001b[2J\n\u202everified')}`,
      TEXT,
    ),
    await verify(encodeURIComponent('\u001b]0;x\u0007é'), undefined, TEXT),
    await verify(undefined, `key=release&x${encodeURIComponent('\u001b\n')}=1`, TEXT),
  ];
  registry.lie = () =>
    new Response('{"schemaVersion":2,"mediaType":"\u001b[31m\\nverified","manifests":[]}', {
      headers: { 'content-type': 'application/json' },
    });
  hostile.push(await verify(undefined, undefined, TEXT));
  for (const { text } of hostile) match(text, /^(?:refused|undecided|error)[\x20-\x7e]*\n$/);
});

test('format=cosign prints what cosign verify -o json prints', async (t) => {
  const optional = { ref: 'main', z: '<&>' };
  const { verify, image, layer } = await makeWorld(t, { payload: { optional } });
  const answer = await verify(undefined, 'key=release&format=cosign');
  equal(answer.status, 200);
  const { SignedEntryTimestamp, Payload } = JSON.parse(layer.bundle ?? '');
  equal(answer.json, [
    {
      critical: {
        identity: { 'docker-reference': 'registry.example/app' },
        image: { 'docker-manifest-digest': image.digest },
        type: 'cosign container image signature',
      },
      optional: { ...optional, Bundle: { SignedEntryTimestamp, Payload } },
    },
  ]);
  ok(answer.text.includes('\\u003c\\u0026\\u003e'), 'escaped as Go does');
  const refused = await verify(undefined, 'key=release&format=cosign&annotation=ref=dev');
  expectSignature(refused, 'ANNOTATION_MISMATCH');
});

test('format=cosign prints the timestamp of a signature as cosign does, in place of an annotation of that name', async (t) => {
  const optional = { RFC3161Timestamp: 'mine', z: 1 };
  const { registry, verify, image, layer } = await makeWorld(t, { payload: { optional } });
  const token = await (await makeTsa()).stamp(unbase64(layer.signature));
  const timestamp = JSON.stringify({ SignedRFC3161Timestamp: base64(token) });
  await registry.sign(REPOSITORY, image.digest, [{ ...layer, timestamp }]);
  const [printed] = (await verify(undefined, 'key=release&format=cosign')).json;
  equal(Object.keys(printed.optional), ['Bundle', 'RFC3161Timestamp', 'z']);
  equal(printed.optional.RFC3161Timestamp, { SignedRFC3161Timestamp: base64(token) });
});

test('format=cosign sorts names as Go does, also those that are numbers', async (t) => {
  const optional = { 9: 'b', 10: 'c', '-': 'a', z: { 2: 1, 10: [{ 3: 1, 20: 2 }] } };
  const { verify } = await makeWorld(t, { payload: { optional } });
  const { text } = await verify(undefined, 'key=release&format=cosign');
  const names = [...text.slice(text.indexOf('"optional"')).matchAll(/"([-\d]+|z)":/g)].map(
    ([, name]) => name,
  );
  equal(names, ['-', '10', '9', 'z', '10', '20', '3', '2']);
});

test('inspect shows everything found and judges nothing', async (t) => {
  const { service, registry, log, image, layer, name, signer } = await makeWorld(t);
  const stranger = await makeKey();
  const foreign = await logged(log, stranger, payloadFor(image.digest));
  const junk = { ...layer, payload: payloadFor('nothing'), bundle: '{}' };
  await registry.sign(REPOSITORY, image.digest, [layer, foreign, junk]);
  const answer = await service.get(`/v1/inspect/${name}:1`, { as: 'admin' });
  equal(answer.status, 200);
  const [own, other, bad] = answer.json.signatures;
  equal(answer.json.subject.digest, image.digest);
  equal(own.namedKeys, [{ fingerprint: signer.fingerprint, storedAs: 'release' }]);
  equal(own.logEntries, [
    { logId: log.id, logIndex: 0, integratedTime: SIGNED_AT, kind: 'hashedrekord 0.0.1' },
  ]);
  equal(own.claims.digests, [image.digest]);
  equal(other.namedKeys, [{ fingerprint: stranger.fingerprint }]);
  ok(bad.problems.length > 0, 'what cannot be parsed is reported');
  for (const word of ['"verdict"', '"signed"', '"trusted"', '"valid"']) ok(!answer.text.includes(word), word);
  equal(answer.headers.get('countersign-verdict'), null);
  expectProblem(await service.get(`/v1/inspect/${name}:absent`, { as: 'admin' }), 404, 'IMAGE_NOT_FOUND');
  expectProblem(await service.get('/v1/inspect/!', { as: 'admin' }), 400, 'BAD_REFERENCE');
  expectProblem(await service.get(`/v1/inspect/${name}:1?key=release`, { as: 'admin' }), 400, 'BAD_REQUEST');
  registry.lie = () => new Response('', { status: 500 });
  expectProblem(await service.get(`/v1/inspect/${name}:1`, { as: 'admin' }), 503, 'REGISTRY_UNAVAILABLE');
});
