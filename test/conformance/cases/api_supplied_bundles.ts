// POST /v1/verify/{digest} with evidence that the caller holds: Sigstore bundles and cosign's old blob bundles, by sha256, sha384 and
// sha512. Nothing is fetched, and what cannot be verified from a digest says so.
import { attach } from '../../support/artifacts.ts';
import { bundle, dsseBody, hintOf } from '../../support/bundles.ts';
import { base64, hex, utf8 } from '../../support/bytes.ts';
import { type Algorithm, certificatePem, type Hash, makeKey, type Signer } from '../../support/keys.ts';
import { logBody } from '../../support/sign_image.ts';
import { equal, ok } from '../support/assert.ts';
import { bundleHash } from '../support/bundle_harness.ts';
import { LOGGED_AT } from '../support/harness.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  makeWorld,
  trustKey,
  type WorldOptions,
} from '../support/world.ts';
import { PROVENANCE, post, signBundle, signEnvelope } from '../support/world_bundles.ts';
import { test } from '../table.ts';

const ARTIFACT = utf8('the bytes of an artifact');

async function digestBy(hash: Hash, bytes = ARTIFACT): Promise<string> {
  return `${hash.toLowerCase().replace('-', '')}:${hex(new Uint8Array(await crypto.subtle.digest(hash, bytes)))}`;
}

/** A bundle with a bare signature over the artifact and no log entry. */
async function messageBundle(signer: Signer, hash: Hash = bundleHash(signer.algorithm)) {
  const signature = base64(await signer.sign(ARTIFACT, hash));
  return bundle({ hint: hintOf(signer), content: { messageSignature: { signature } } });
}

const UNLOGGED: WorldOptions = { unsigned: true, terms: { transparency: 'unsafe-none' } };

test('a supplied bundle verifies without a fetch: an image signature, a statement, a bare signature over an artifact', async (t) => {
  const world = await makeWorld(t);
  const signed = JSON.parse(new TextDecoder().decode(await signBundle(world)));
  const answer = await post(world, world.image.digest, signed);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(
    [answer.json.signatures[0].format, answer.json.signatures[0].source],
    ['sigstore-bundle', { index: 0, via: 'request' }],
  );
  const provenance = JSON.parse(
    new TextDecoder().decode(await signBundle(world, { predicateType: PROVENANCE })),
  );
  expectSignature(await post(world, world.image.digest, provenance), 'PREDICATE_TYPE_MISMATCH');
  expectVerdict(
    await post(world, world.image.digest, provenance, 'key=release&attestation=slsaprovenance1'),
    200,
    'VERIFIED',
  );
  const bare = await messageBundle(world.signer);
  await trustKey(world.service, 'unlogged', await makeKey(), { transparency: 'unsafe-none' });
  expectSignature(await post(world, await digestBy('SHA-256'), bare), 'LOG_ENTRY_MISSING');
  equal(world.upstream.sent, []);
});

test('a digest stated in a bundle by another algorithm than the caller’s is not compared, and no check claims that it was', async (t) => {
  const world = await makeWorld(t, { ...UNLOGGED, algorithm: 'P-521' });
  const held = await messageBundle(world.signer);
  const names = (answer: { json: { signatures: { checks: { name: string }[] }[] } }) =>
    answer.json.signatures[0]?.checks.map(({ name }) => name) ?? [];
  const stating = (messageDigest: object) => ({
    ...held,
    messageSignature: { ...Object(held).messageSignature, messageDigest },
  });
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-512', ARTIFACT));
  const same = stating({ algorithm: 'SHA2_512', digest: base64(digest) });
  const compared = await post(world, await digestBy('SHA-512'), same);
  expectVerdict(compared, 200, 'VERIFIED');
  ok(names(compared).includes('subject-digest'), 'the control');
  const other = stating({ algorithm: 'SHA2_256', digest: base64(new Uint8Array(32)) });
  const answer = await post(world, await digestBy('SHA-512'), other);
  expectVerdict(answer, 200, 'VERIFIED');
  ok(!names(answer).includes('subject-digest'), 'not checked');
});

test('numbers in log entries must be written as integers, quoted or not', async (t) => {
  const world = await makeWorld(t);
  const { payload, signature, bundle: text = '' } = world.layer;
  const ask = (body: string) =>
    world.service.call('POST', `/v1/verify/${world.image.digest}?key=release`, {
      body,
      headers: { 'content-type': 'application/json' },
    });
  const layer = (bundle: string) =>
    `{"payload": "${base64(payload)}", "signature": "${signature}", "bundle": ${bundle}}`;
  expectVerdict(await ask(layer(text)), 200, 'VERIFIED');
  const sigstore = new TextDecoder().decode(await signBundle(world));
  expectVerdict(await ask(sigstore), 200, 'VERIFIED');
  for (const form of ['$1.0', '$1e0', '$1.00000000000000000000001']) {
    const loose = text.replace(/(?<="logIndex":)([0-9]+)/, form);
    expectProblem(await ask(layer(loose)), 400, 'BAD_REQUEST', form);
    expectSignature(await ask(layer(JSON.stringify(loose))), 'LOG_ENTRY_MALFORMED', form);
    const number = sigstore.replace(/(?<="logIndex":)"([0-9]+)"/, form);
    expectSignature(await ask(number), 'BUNDLE_MALFORMED', form);
  }
});

test('a supplied attestation, as an .att layer or as cosign attest-blob writes it, verifies for the subject it names', async (t) => {
  const world = await makeWorld(t);
  const { bytes, logBundle } = await signEnvelope(world, { predicateType: PROVENANCE });
  const forms = (envelope: Uint8Array) => [
    { payload: base64(envelope), signature: '', bundle: logBundle },
    { base64Signature: base64(envelope), cert: '', rekorBundle: JSON.parse(logBundle) },
  ];
  const query = 'key=release&attestation=slsaprovenance1';
  for (const form of forms(bytes)) {
    const answer = await post(world, world.image.digest, form, query);
    expectVerdict(answer, 200, 'VERIFIED');
    const [{ format, predicateType, transparency }] = answer.json.signatures;
    equal([format, predicateType, transparency.proof], ['dsse', PROVENANCE, 'set']);
    expectSignature(await post(world, world.image.digest, form), 'PREDICATE_TYPE_MISMATCH');
    expectSignature(await post(world, await digestBy('SHA-256'), form, query), 'SUBJECT_MISMATCH');
  }
  const changed = JSON.parse(new TextDecoder().decode(bytes));
  changed.payload = base64(utf8(`${atob(changed.payload)} `));
  for (const form of forms(utf8(JSON.stringify(changed))))
    expectSignature(await post(world, world.image.digest, form, query), 'SIGNATURE_INVALID');
  for (const form of forms(utf8('{"payloadType": 1}')))
    expectSignature(await post(world, world.image.digest, form, query), 'PAYLOAD_MALFORMED');
  const [layer, blob] = forms(bytes);
  const both = { ...world.layer, payload: utf8(JSON.stringify({ critical: {}, payloadType: 'x' })) };
  expectSignature(
    await post(world, world.image.digest, { payload: base64(both.payload), signature: 'AA==' }),
    'PAYLOAD_MALFORMED',
    'a payload of simple signing',
  );
  expectSignature(
    await post(world, world.image.digest, { ...layer, signature: 'AA==' }, query),
    'SIGNATURE_MALFORMED',
    'the annotation beside an envelope is empty',
  );
  expectSignature(
    await post(world, world.image.digest, { ...blob, rekorBundle: undefined }, query),
    'LOG_ENTRY_MISSING',
  );
  const large = await signEnvelope(world, {
    predicateType: PROVENANCE,
    predicate: { sbom: 'x'.repeat(1024 * 1024) },
  });
  const heavy = { payload: base64(large.bytes), signature: '', bundle: large.logBundle };
  expectVerdict(
    await post(world, world.image.digest, heavy, query),
    200,
    'VERIFIED',
    'larger than a signature may be',
  );
  const spaced = `\r\n\t ${new TextDecoder().decode(bytes)}\n`;
  const { entry } = await world.log.append(
    await dsseBody(JSON.parse(spaced), world.signer, spaced),
    LOGGED_AT,
  );
  const again = { payload: base64(utf8(spaced)), signature: '', bundle: world.log.annotation(entry) };
  expectVerdict(
    await post(world, world.image.digest, again, query),
    200,
    'VERIFIED',
    'with leading white space',
  );
  equal(world.upstream.sent, []);
});

test('a bundle is accepted under its own media type too', async (t) => {
  const world = await makeWorld(t);
  const body = new TextDecoder().decode(await signBundle(world));
  const headers = { 'content-type': 'application/vnd.dev.sigstore.bundle.v0.3+json' };
  const answer = await world.service.call('POST', `/v1/verify/${world.image.digest}?key=release`, {
    headers,
    body,
  });
  expectVerdict(answer, 200, 'VERIFIED');
});

test('a bare signature verifies for an ECDSA or RSA key with only the artifact’s digest, by the algorithm that the key prescribes and no other', async (t) => {
  const kinds: [Algorithm, Hash][] = [
    ['P-256', 'SHA-256'],
    ['P-384', 'SHA-384'],
    ['P-521', 'SHA-512'],
    ['rsa-2048', 'SHA-256'],
    ['rsa-3072', 'SHA-256'],
  ];
  for (const [algorithm, hash] of kinds) {
    const world = await makeWorld(t, { ...UNLOGGED, algorithm });
    const good = await messageBundle(world.signer);
    const answer = await post(world, await digestBy(hash), good);
    expectVerdict(answer, 200, 'VERIFIED', algorithm);
    equal(answer.json.signatures[0].key.hash, hash.toLowerCase().replace('-', ''));
    equal(answer.json.subject.digest, await digestBy(hash));
    expectSignature(
      await post(world, await digestBy(hash, utf8('other')), good),
      'SIGNATURE_INVALID',
      algorithm,
    );
    for (const other of (['SHA-256', 'SHA-384', 'SHA-512'] as const).filter((name) => name !== hash))
      expectSignature(
        await post(world, await digestBy(other), good),
        'ALGORITHM_NEEDS_ARTIFACT',
        `${algorithm} ${other}`,
      );
    const damaged = structuredClone(good) as { messageSignature?: { signature: string } };
    const bytes = atob(damaged.messageSignature?.signature ?? '').split('');
    bytes[bytes.length - 1] = String.fromCharCode((bytes.at(-1) ?? '').charCodeAt(0) ^ 1);
    if (damaged.messageSignature !== undefined) damaged.messageSignature.signature = btoa(bytes.join(''));
    expectSignature(
      await post(world, await digestBy(hash), damaged),
      'SIGNATURE_INVALID',
      `${algorithm}, damaged`,
    );
  }
});

test('a bare Ed25519 signature with only a digest is ALGORITHM_NEEDS_ARTIFACT, whatever the digest', async (t) => {
  const world = await makeWorld(t, { ...UNLOGGED, algorithm: 'ed25519' });
  const good = await messageBundle(world.signer);
  for (const hash of ['SHA-256', 'SHA-384'] as const)
    expectSignature(await post(world, await digestBy(hash), good), 'ALGORITHM_NEEDS_ARTIFACT', hash);
  // With a sha512 digest the signature could be Ed25519ph, which this one is not; plain Ed25519 needs the artifact.
  expectSignature(await post(world, await digestBy('SHA-512'), good), 'ALGORITHM_NEEDS_ARTIFACT');
});

test('cosign’s old blob bundle {base64Signature, cert, rekorBundle} verifies with its log entry', async (t) => {
  const world = await makeWorld(t);
  const { signer, log } = world;
  const signature = base64(await signer.sign(ARTIFACT));
  const layer = { payload: ARTIFACT, signature };
  const { entry } = await log.append(await logBody('hashedrekord', layer, signer), LOGGED_AT);
  const rekorBundle = JSON.parse(log.annotation(entry));
  const digest = await digestBy('SHA-256');
  const answer = await post(world, digest, { base64Signature: signature, rekorBundle });
  expectVerdict(answer, 200, 'VERIFIED');
  equal([answer.json.signatures[0].format, answer.json.signatures[0].transparency.proof], ['blob', 'set']);
  equal(answer.json.signatures[0].claims, undefined);
  for (const cert of ['', signer.pem, base64(signer.pem)])
    expectVerdict(
      await post(world, digest, { base64Signature: signature, cert, rekorBundle }),
      200,
      'VERIFIED',
      cert.slice(0, 20),
    );
  expectSignature(await post(world, digest, { base64Signature: signature }), 'LOG_ENTRY_MISSING');
  expectSignature(
    await post(world, digest, { base64Signature: signature, rekorBundle: null }),
    'LOG_ENTRY_MISSING',
  );
  expectSignature(
    await post(world, await digestBy('SHA-256', utf8('other')), { base64Signature: signature, rekorBundle }),
    'SIGNATURE_INVALID',
  );
  expectSignature(
    await post(world, digest, { base64Signature: signature, rekorBundle: {} }),
    'LOG_ENTRY_MALFORMED',
  );
  const other = { payload: utf8('other'), signature };
  const foreign = await log.append(await logBody('hashedrekord', other, signer), LOGGED_AT);
  const misbound = { base64Signature: signature, rekorBundle: JSON.parse(log.annotation(foreign.entry)) };
  expectSignature(await post(world, digest, misbound), 'ENTRY_PAYLOAD_MISMATCH');
  expectProblem(await post(world, digest, { base64Signature: signature, extra: 1 }), 400, 'BAD_REQUEST');
  expectProblem(await post(world, digest, { base64Signature: 7 }), 400, 'BAD_REQUEST');
});

test('A27 a key or certificate inside a blob bundle does not replace a trusted key', async (t) => {
  const world = await makeWorld(t, UNLOGGED);
  const stranger = await makeKey();
  const digest = await digestBy('SHA-256');
  const forged = base64(await stranger.sign(ARTIFACT));
  for (const cert of [stranger.pem, base64(stranger.pem)])
    expectSignature(await post(world, digest, { base64Signature: forged, cert }), 'UNTRUSTED_KEY');
  expectSignature(
    await post(world, digest, { base64Signature: forged, cert: certificatePem(stranger) }),
    'CERTIFICATE_UNSUPPORTED',
  );
  expectSignature(
    await post(world, digest, { base64Signature: forged, cert: certificatePem(world.signer) }),
    'CERTIFICATE_UNSUPPORTED',
  );
  const good = base64(await world.signer.sign(ARTIFACT));
  expectSignature(
    await post(world, digest, { base64Signature: good, cert: stranger.pem }),
    'CERTIFICATE_UNSUPPORTED',
    'another key in the bundle',
  );
  expectSignature(
    await post(world, digest, { base64Signature: good, cert: 'junk' }),
    'CERTIFICATE_UNSUPPORTED',
  );
});

test('A18 old blob bundles by P-384 keys verify for a sha256 digest, as cosign up to 2.5 made them, and for a sha384 digest', async (t) => {
  const world = await makeWorld(t, { ...UNLOGGED, algorithm: 'P-384' });
  for (const hash of ['SHA-256', 'SHA-384'] as const) {
    const base64Signature = base64(await world.signer.sign(ARTIFACT, hash));
    expectVerdict(await post(world, await digestBy(hash), { base64Signature }), 200, 'VERIFIED', hash);
    const other = hash === 'SHA-256' ? 'SHA-384' : 'SHA-256';
    expectSignature(
      await post(world, await digestBy(other), { base64Signature }),
      'ALGORITHM_NEEDS_ARTIFACT',
      hash,
    );
  }
});

test('A10 a digest of another length or algorithm is BAD_DIGEST; an image needs sha256', async (t) => {
  const world = await makeWorld(t);
  const held = { base64Signature: base64('x') };
  for (const digest of [
    `sha512:${'a'.repeat(64)}`,
    `sha384:${'a'.repeat(95)}`,
    `sha256:${'a'.repeat(128)}`,
    `sha1:${'a'.repeat(40)}`,
    `SHA512:${'a'.repeat(128)}`,
    'sha512:',
  ])
    expectProblem(await post(world, digest, held), 400, 'BAD_DIGEST', digest);
});

test('a statement may name an artifact by sha512 or by sha256', async (t) => {
  const world = await makeWorld(t);
  for (const hash of ['SHA-256', 'SHA-384', 'SHA-512'] as const) {
    const digest = await digestBy(hash);
    const signed = JSON.parse(
      new TextDecoder().decode(await signBundle(world, { about: digest, predicateType: PROVENANCE })),
    );
    const query = 'key=release&attestation=slsaprovenance1';
    expectVerdict(await post(world, digest, signed, query), 200, 'VERIFIED', hash);
    expectSignature(
      await post(world, await digestBy(hash, utf8('other')), signed, query),
      'SUBJECT_MISMATCH',
      hash,
    );
    const others = (['SHA-256', 'SHA-512'] as const).filter((name) => name !== hash);
    for (const other of others)
      expectSignature(await post(world, await digestBy(other), signed, query), 'SUBJECT_MISMATCH');
  }
});

test('format=cosign of a bundle prints what cosign 3 prints, with the name that the caller gave', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  world.registry.referrers = {};
  await attach(
    world.registry,
    'app',
    world.image,
    await signBundle(world, { annotations: { b: '<2>', a: '1' } }),
  );
  const answer = await world.verify(undefined, 'key=release&format=cosign');
  equal(answer.status, 200, answer.text);
  equal(answer.json, [
    {
      critical: {
        identity: { 'docker-reference': `${world.name}:1` },
        image: { 'docker-manifest-digest': world.image.digest },
        type: 'https://sigstore.dev/cosign/sign/v1',
      },
      optional: { a: '1', b: '<2>' },
    },
  ]);
});
