// GET /v1/verify/{reference}: every way to name an image and whom to trust, and the form of the verdict.
import { digest, hex, join, sha256, unbase64 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { makeImage, payloadFor } from '../../support/sign_image.ts';
import { equal, match, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  logged,
  makeWorld,
  REPOSITORY,
  trustKey,
} from '../support/world.ts';
import { test } from '../table.ts';

test('GET verify returns the whole verdict, by tag, by digest, and by both', async (t) => {
  const { verify, name, byDigest, image, signer, log, layer, registry } = await makeWorld(t);
  const signedAt = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');
  const { body } = JSON.parse(layer.bundle ?? '').Payload;
  const expected = {
    format: 'simple-signing',
    verdict: 'verified',
    code: 'VERIFIED',
    key: { id: 'release', fingerprint: signer.fingerprint, algorithm: 'ecdsa-p256', hash: 'sha256' },
    signedAt,
    claims: { dockerReference: 'registry.example/app', annotations: {} },
  };
  for (const reference of [
    `${name}:1`,
    byDigest,
    `${name}:1@${image.digest}`,
    `${name}:other@${image.digest}`,
  ]) {
    const answer = await verify(reference);
    expectVerdict(answer, 200, 'VERIFIED', reference);
    const { subject, trust, signatures, summary } = answer.json;
    equal([subject.reference, subject.digest], [reference, image.digest]);
    equal(trust, { keys: ['release'] });
    match(summary, /release/);
    const [{ checks, source, transparency, ...rest }] = signatures;
    equal(rest, expected);
    equal([source.index, source.via, source.layer], [0, 'tag', await digest(layer.payload)]);
    match(source.manifest, /^sha256:[0-9a-f]{64}$/);
    equal(
      [transparency.log, transparency.logIndex, transparency.proof, transparency.integratedTime],
      [log.name, 0, 'set', signedAt],
    );
    equal(
      transparency.entry,
      hex(await sha256(join([0], unbase64(body)))),
      'the entry is named by its leaf hash',
    );
    equal(
      checks.map((check: { name: string; result: string }) => `${check.name} ${check.result}`).join(),
      'payload-digest pass,payload-type pass,subject-digest pass,key-known pass,signature pass,log-known pass,log-key-valid pass,set pass,entry-kind pass,entry-signature pass,entry-payload pass,entry-key pass',
    );
  }
  ok(registry.asked.every(({ request }) => request.method === 'GET'));
});

test('GET verify by tag without platform= shows the media type of the manifest', async (t) => {
  const { verify } = await makeWorld(t);
  equal((await verify()).json.subject.mediaType, 'application/vnd.oci.image.manifest.v1+json');
});

test('GET verify: the reference is percent-decoded once and must then be valid', async (t) => {
  const { service, registry, name, byDigest } = await makeWorld(t);
  for (const path of [
    `${registry.host}%2F${REPOSITORY}%3A1`,
    `${name}%3a1`,
    byDigest.replace('@', '%40').replaceAll(':', '%3A'),
  ]) {
    expectVerdict(await service.get(`/v1/verify/${path}?key=release`), 200, 'VERIFIED', path);
  }
  const before = registry.asked.length;
  for (const path of [
    `${name}%253A1`,
    `${name}:1%00`,
    `${name}:1%0A`,
    `${name}:%`,
    `${name}:1%20`,
    'docker.io/UPPER/case',
    '',
    `${name}@sha256:abc`,
    `${name}:a@b@c`,
    `${name}@${'sha256:'}${'A'.repeat(64)}`,
  ]) {
    const answer = await service.get(`/v1/verify/${path}?key=release`);
    expectProblem(answer, 400, 'BAD_REFERENCE', path);
  }
  equal(registry.asked.length, before, 'nothing was fetched');
});

test('GET verify: a path that is not canonical is 400', async (t) => {
  const { service, name } = await makeWorld(t);
  for (const path of [
    `/v1/verify//${name}:1`,
    `/v1//verify/${name}:1`,
    `//v1/verify/${name}:1`,
    '/v1/keys%2Frelease',
    '/%761/keys/release',
  ]) {
    const answer = await service.get(`${path}?key=release`, { as: 'admin' });
    equal([answer.status, answer.json?.code], [400, 'BAD_REQUEST'], path);
  }
});

test('GET verify: a signature by any one of the named keys is enough, named by id or by fingerprint', async (t) => {
  const { service, verify, signer } = await makeWorld(t);
  const other = await makeKey();
  await trustKey(service, 'other', other);
  for (const query of [
    'key=release',
    `key=${signer.fingerprint}`,
    'key=other&key=release',
    `key=release&key=${other.fingerprint}`,
    `key=release&key=${signer.fingerprint}`,
    'key=release&key=release',
  ]) {
    expectVerdict(await verify(undefined, query), 200, 'VERIFIED', query);
  }
  const refused = await verify(undefined, 'key=other');
  expectSignature(refused, 'UNTRUSTED_KEY');
  equal(refused.json.trust, { keys: ['other'] });
});

test('GET verify: KEY_NOT_FOUND, NO_TRUST_NAMED and POLICY_NOT_FOUND have their statuses', async (t) => {
  const { verify } = await makeWorld(t);
  const stranger = await makeKey();
  expectProblem(await verify(undefined, 'key=nobody'), 404, 'KEY_NOT_FOUND');
  expectProblem(await verify(undefined, `key=${stranger.fingerprint}`), 404, 'KEY_NOT_FOUND');
  expectProblem(await verify(undefined, 'key=release&key=nobody'), 404, 'KEY_NOT_FOUND');
  expectProblem(await verify(undefined, ''), 400, 'NO_TRUST_NAMED');
  expectProblem(await verify(undefined, 'policy=absent'), 404, 'POLICY_NOT_FOUND');
  expectProblem(await verify(undefined, 'policy=absent&key=release'), 400, 'BAD_REQUEST');
});

test('GET verify: unknown, repeated and malformed parameters are 400, and nothing is fetched', async (t) => {
  const { verify, registry } = await makeWorld(t);
  const before = registry.asked.length;
  for (const query of [
    'key=release&x=1',
    'Key=release',
    'key=release&__proto__=1',
    'key=',
    'key=UPPER',
    'key=a/b',
    'key=sha256:abc',
    'key=release&platform=linux',
    'key=release&platform=linux/amd64&platform=linux/arm64',
    'key=release&transparency=none',
    'key=release&transparency=unsafe-none',
    'key=release&transparency=',
    'key=release&annotation=novalue',
    'key=release&annotation==x',
    'key=release&format=xml',
    'key=release&timeout=soon',
    'key=release&timeout=0s',
    'key=release&timeout=-1s',
    'key=release&publicKey=AAAA',
    'key=release&include=everything',
  ]) {
    expectProblem(await verify(undefined, query), 400, 'BAD_REQUEST', query);
  }
  expectProblem(
    await verify(undefined, Array(17).fill('key=release').join('&')),
    400,
    'BAD_REQUEST',
    'more keys than a request may name',
  );
  expectProblem(await verify(undefined, 'key=release&signatures=Not/A/Name'), 400, 'BAD_REFERENCE');
  equal(registry.asked.length, before, 'nothing was fetched');
});

test('GET verify: every annotation= must match', async (t) => {
  const { verify } = await makeWorld(t, { payload: { optional: { ref: 'main', 'a b': 'c=d', n: 1 } } });
  for (const query of ['annotation=ref=main', 'annotation=ref=main&annotation=a%20b=c=d']) {
    const answer = await verify(undefined, `key=release&${query}`);
    expectVerdict(answer, 200, 'VERIFIED', query);
    ok(
      answer.json.signatures[0].checks.some(({ name }: { name: string }) => name === 'annotations'),
      'the check is listed',
    );
  }
  for (const query of [
    'annotation=ref=dev',
    'annotation=ref=',
    'annotation=n=1',
    'annotation=ref=main&annotation=x=y',
    'annotation=ref=main&annotation=ref=dev',
  ]) {
    expectSignature(await verify(undefined, `key=release&${query}`), 'ANNOTATION_MISMATCH', query);
  }
});

test('GET verify: transparency=required applies to a key that needs no log, and the query cannot waive the log for one that does', async (t) => {
  const { registry, image, layer, verify } = await makeWorld(t, { terms: { transparency: 'unsafe-none' } });
  const { bundle: _, ...unlogged } = layer;
  await registry.sign(REPOSITORY, image.digest, [unlogged]);
  const answer = await verify();
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.signatures[0].transparency, undefined);
  expectSignature(await verify(undefined, 'key=release&transparency=required'), 'LOG_ENTRY_MISSING');
  const strict = await makeWorld(t);
  const { bundle: __, ...other } = strict.layer;
  await strict.registry.sign(REPOSITORY, strict.image.digest, [other]);
  expectSignature(await strict.verify(), 'LOG_ENTRY_MISSING');
  const waived = await strict.verify(undefined, 'key=release&transparency=unsafe-none');
  expectProblem(waived, 400, 'BAD_REQUEST');
});

test('GET verify: signatures= names the repository that holds the signatures', async (t) => {
  const { registry, image, layer, verify, name } = await makeWorld(t, { unsigned: true });
  await registry.sign('kept/elsewhere', image.digest, [layer]);
  expectVerdict(await verify(), 403, 'NO_SIGNATURES');
  expectVerdict(
    await verify(undefined, `key=release&signatures=${registry.host}/kept/elsewhere`),
    200,
    'VERIFIED',
  );
  expectProblem(
    await verify(undefined, 'key=release&signatures=unlisted.example/x'),
    400,
    'REGISTRY_NOT_ALLOWED',
  );
  expectProblem(await verify(undefined, `key=release&signatures=${name}:tag`), 400, 'BAD_REFERENCE');
});

test('inspect: signatures= names the repository that holds the signatures', async (t) => {
  const { registry, image, layer, service, name } = await makeWorld(t, { unsigned: true });
  await registry.sign('kept/elsewhere', image.digest, [layer]);
  const inspect = (query: string) => service.get(`/v1/inspect/${name}:1${query}`, { as: 'admin' });
  equal((await inspect('')).json.signatures, []);
  const { json } = await inspect(`?signatures=${registry.host}/kept/elsewhere`);
  equal([json.subject.digest, json.signatures.length], [image.digest, 1]);
  expectProblem(await inspect('?signatures=unlisted.example/x'), 400, 'REGISTRY_NOT_ALLOWED');
  expectProblem(await inspect(`?signatures=${name}:tag`), 400, 'BAD_REFERENCE');
});

test('GET verify: IMAGE_NOT_FOUND, NO_SIGNATURES and REGISTRY_NOT_ALLOWED have their statuses', async (t) => {
  const { verify, registry, upstream } = await makeWorld(t, { unsigned: true });
  expectVerdict(await verify(), 403, 'NO_SIGNATURES');
  const absent = await verify(`${registry.host}/app:absent`);
  expectProblem(absent, 404, 'IMAGE_NOT_FOUND');
  const before = upstream.sent.length;
  for (const host of [
    'unlisted.example',
    `${registry.host}:8443`,
    `x.${registry.host}`,
    `${registry.host}.evil.example`,
    'localhost',
    '127.0.0.1',
    '[::1]',
    '169.254.169.254',
  ]) {
    expectProblem(await verify(`${host}/app:1`), 400, 'REGISTRY_NOT_ALLOWED', host);
  }
  equal(upstream.sent.length, before, 'nothing was fetched');
});

test('GET verify: a signature of another image, under this image’s signature tag, is refused', async (t) => {
  const { registry, verify, layer } = await makeWorld(t);
  const other = await makeImage('another');
  registry.push(REPOSITORY, other, '2');
  await registry.sign(REPOSITORY, other.digest, [layer]);
  expectSignature(await verify(`${registry.host}/app:2`), 'SUBJECT_MISMATCH', 'A7');
});

test('A33 for a reference with tag and digest, the verdict is about the digest alone', async (t) => {
  const { registry, verify, image, name } = await makeWorld(t);
  const unsigned = await makeImage('unsigned');
  registry.push(REPOSITORY, unsigned, '1');
  const signed = await verify(`${name}:1@${image.digest}`);
  expectVerdict(signed, 200, 'VERIFIED');
  equal(signed.json.subject.digest, image.digest);
  const refused = await verify(`${name}:1`);
  expectVerdict(refused, 403, 'NO_SIGNATURES');
  equal(refused.json.subject.digest, unsigned.digest);
  expectVerdict(await verify(`${name}:nothing@${unsigned.digest}`), 403, 'NO_SIGNATURES');
});

test('A32 a tag that alternates between two images is resolved once per call', async (t) => {
  const { registry, verify, image, name } = await makeWorld(t);
  const evil = await makeImage('evil');
  registry.push(REPOSITORY, evil);
  let turn = 0;
  registry.lie = ({ reference, repository }) => {
    if (reference !== '1' || repository !== REPOSITORY) return undefined;
    const { bytes, mediaType } = turn++ % 2 === 0 ? image : evil;
    return new Response(bytes, { headers: { 'content-type': mediaType } });
  };
  for (let i = 0; i < 20; i++) {
    const answer = await verify(`${name}:1`);
    const expected = i % 2 === 0 ? image.digest : evil.digest;
    equal([answer.status, answer.json.subject.digest], [i % 2 === 0 ? 200 : 403, expected]);
  }
  equal(turn, 20, 'one resolution per call');
});

test('GET verify: every kind of key verifies an image', async (t) => {
  for (const [algorithm, name] of [
    ['P-384', 'ecdsa-p384'],
    ['P-521', 'ecdsa-p521'],
    ['rsa-2048', 'rsa-2048'],
    ['ed25519', 'ed25519'],
  ] as const) {
    const { verify } = await makeWorld(t, { algorithm });
    const answer = await verify();
    expectVerdict(answer, 200, 'VERIFIED', name);
    const { key } = answer.json.signatures[0];
    equal([key.algorithm, key.hash], [name, algorithm === 'ed25519' ? 'none' : 'sha256']);
  }
});

test('GET verify: a good signature verifies beside a bad one and one by an untrusted key', async (t) => {
  const { registry, log, image, layer, verify } = await makeWorld(t);
  const outsider = await logged(log, await makeKey(), payloadFor(image.digest));
  const broken = { ...layer, signature: 'AAAA' };
  await registry.sign(REPOSITORY, image.digest, [outsider, broken, layer]);
  const answer = await verify();
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    answer.json.signatures.map(({ code }: { code: string }) => code),
    ['UNTRUSTED_KEY', 'SIGNATURE_MALFORMED', 'VERIFIED'],
  );
  equal(
    answer.json.signatures.map(({ source }: { source: { index: number } }) => source.index),
    [0, 1, 2],
  );
});

test('GET verify: three layers with one payload digest and different signatures count as three signatures', async (t) => {
  const { registry, log, image, layer, verify } = await makeWorld(t);
  const others = [
    await logged(log, await makeKey(), layer.payload),
    await logged(log, await makeKey(), layer.payload),
  ];
  await registry.sign(REPOSITORY, image.digest, [...others, layer]);
  registry.asked.length = 0;
  const answer = await verify();
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    answer.json.signatures.map(({ code }: { code: string }) => code),
    ['UNTRUSTED_KEY', 'UNTRUSTED_KEY', 'VERIFIED'],
  );
  equal(registry.asked.filter(({ what }) => what === 'blob').length, 1, 'one payload is fetched once');
});

test('A75 a reference of a hundred kilobytes is refused, and no registry is asked', async (t) => {
  const { service, upstream } = await makeWorld(t);
  for (const reference of [
    'a'.repeat(100_000),
    `ghcr.io/${'a/'.repeat(50_000)}b`,
    `a${'-'.repeat(100_000)}`,
    `${'a__'.repeat(30_000)}!`,
  ]) {
    expectProblem(await service.get(`/v1/verify/${reference}?key=release`), 400, 'BAD_REFERENCE');
  }
  equal(upstream.sent, []);
});

test('answers about trust have Cache-Control: no-store', async (t) => {
  const { service, verify, name } = await makeWorld(t);
  for (const answer of [
    await verify(),
    await verify(undefined, 'key=release&annotation=a=b'),
    await verify(`${name}:absent`),
    await verify(undefined, ''),
    await service.get('/v1/keys', { as: 'admin' }),
    await service.get(`/v1/inspect/${name}:1`, { as: 'admin' }),
  ]) {
    equal(answer.headers.get('cache-control'), 'no-store', answer.text.slice(0, 100));
  }
});
