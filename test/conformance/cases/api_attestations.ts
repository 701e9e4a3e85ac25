// attestation= and include=predicate: attestations attached by tag and as referrers, asked for by short name or URI.
import { attach, tagAttestations } from '../../support/artifacts.ts';
import {
  bundle,
  type Envelope,
  intotoBody,
  envelope as signPayload,
  statement,
} from '../../support/bundles.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { LOGGED_AT } from '../support/harness.ts';
import {
  expectProblem,
  expectSignature,
  expectVerdict,
  makeWorld,
  REPOSITORY,
  type World,
} from '../support/world.ts';
import { PROVENANCE, signBundle, signEnvelope } from '../support/world_bundles.ts';
import { test } from '../table.ts';

const SPDX = 'https://spdx.dev/Document';
const ASK = 'key=release&attestation=';

async function attachTagged(world: World, options: Parameters<typeof signEnvelope>[1]): Promise<void> {
  const { bytes, logBundle } = await signEnvelope(world, options);
  await tagAttestations(world.registry, REPOSITORY, world.image, [{ envelope: bytes, bundle: logBundle }]);
}

test('an attestation attached by tag verifies, asked for by short name or URI, and its predicate is returned on request', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  const predicate = { SPDXID: 'SPDXRef-DOCUMENT', size: 9007199254740993n.toString() };
  await attachTagged(world, { predicateType: SPDX, predicate, type: 'https://in-toto.io/Statement/v0.1' });
  for (const type of ['spdx', 'spdxjson', encodeURIComponent(SPDX)]) {
    const answer = await world.verify(world.byDigest, ASK + type);
    expectVerdict(answer, 200, 'VERIFIED', type);
    const [signature] = answer.json.signatures;
    equal([signature.format, signature.source.via, signature.predicateType], ['dsse', 'tag', SPDX]);
    equal(signature.predicate, undefined);
  }
  const full = await world.verify(world.byDigest, `${ASK}spdx&include=predicate`);
  equal(full.json.signatures[0].predicate, predicate);
  const posted = await world.service.call('POST', '/v1/verify?include=predicate', {
    json: { image: world.byDigest, keys: ['release'], attestation: { type: 'spdx' } },
  });
  expectVerdict(posted, 200, 'VERIFIED');
  equal(posted.json.signatures[0].predicate, predicate);
  const batch = await world.service.call('POST', '/v1/verify/batch?include=predicate', {
    json: { items: [{ image: world.byDigest, keys: ['release'], attestation: { type: 'spdx' } }] },
  });
  const [result] = batch.json.results;
  equal([result.signatures[0].predicate, result.subject.reference], [predicate, world.byDigest]);
});

test('the .att tag is fetched only if attestations are asked for, and .sig only if signatures are', async (t) => {
  const world = await makeWorld(t);
  await attachTagged(world, { predicateType: SPDX });
  expectVerdict(await world.verify(world.byDigest), 200, 'VERIFIED');
  ok(!world.registry.asked.some(({ reference }) => reference.endsWith('.att')), 'a signature');
  world.registry.asked.length = 0;
  expectVerdict(await world.verify(world.byDigest, `${ASK}spdx`), 200, 'VERIFIED');
  ok(!world.registry.asked.some(({ reference }) => reference.endsWith('.sig')), 'an attestation');
});

test('A4 an attestation of another type does not count, in either format, and neither does a signature', async (t) => {
  const signed = await makeWorld(t);
  expectVerdict(await signed.verify(signed.byDigest, `${ASK}spdx`), 403, 'NO_SIGNATURES', 'only a .sig');
  const world = await makeWorld(t);
  world.registry.referrers = {};
  await attachTagged(world, { predicateType: 'https://cosign.sigstore.dev/attestation/vuln/v1' });
  await attach(
    world.registry,
    REPOSITORY,
    world.image,
    await signBundle(world, { predicateType: PROVENANCE }),
  );
  await attach(world.registry, REPOSITORY, world.image, await signBundle(world));
  for (const type of ['vuln', 'slsaprovenance1'])
    expectVerdict(await world.verify(world.byDigest, ASK + type), 200, 'VERIFIED', 'the control');
  const answer = await world.verify(world.byDigest, `${ASK}spdx`);
  expectVerdict(answer, 403, 'NO_TRUSTED_SIGNATURE');
  equal(
    answer.json.signatures.map(({ code }: { code: string }) => code),
    ['PREDICATE_TYPE_MISMATCH', 'PREDICATE_TYPE_MISMATCH', 'PREDICATE_TYPE_MISMATCH'],
  );
});

test('attestation= is BAD_REQUEST unless it is a short name or a URI', async (t) => {
  const { verify, byDigest } = await makeWorld(t);
  for (const type of ['', 'SPDX', 'nonsense', '__proto__', 'constructor', '%20', 'https://a b'])
    expectProblem(await verify(byDigest, ASK + encodeURIComponent(type)), 400, 'BAD_REQUEST', type);
  expectProblem(await verify(byDigest, 'key=release&include=everything'), 400, 'BAD_REQUEST');
});

test('A5 a signed envelope around anything but a statement is refused, in either format', async (t) => {
  for (const [payload, payloadType, code] of [
    ['not JSON', undefined, 'PAYLOAD_MALFORMED'],
    ['{}', undefined, 'PAYLOAD_MALFORMED'],
    ['null', undefined, 'PAYLOAD_MALFORMED'],
    ['{"_type":"https://in-toto.io/Statement/v1"}', 'text/plain', 'PAYLOAD_TYPE_MISMATCH'],
  ] as const) {
    const options = { unsigned: true, terms: { transparency: 'unsafe-none' } } as const;
    const world = await makeWorld(t, options);
    const signed = await signPayload(
      world.signer,
      utf8(payload),
      payloadType === undefined ? {} : { payloadType },
    );
    await tagAttestations(world.registry, REPOSITORY, world.image, [
      { envelope: utf8(JSON.stringify(signed)) },
    ]);
    expectSignature(await world.verify(world.byDigest, `${ASK}custom`), code, payload);
    const modern = await makeWorld(t, options);
    modern.registry.referrers = {};
    const dsseEnvelope = await signPayload(
      modern.signer,
      utf8(payload),
      payloadType === undefined ? {} : { payloadType },
    );
    const held = utf8(JSON.stringify(bundle({ content: { dsseEnvelope } })));
    await attach(modern.registry, REPOSITORY, modern.image, held);
    expectSignature(await modern.verify(modern.byDigest, `${ASK}custom`), code, `${payload} in a bundle`);
  }
});

test('A12 an envelope without signatures or with two is refused, whoever made them', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  const good = await signEnvelope(world, { predicateType: SPDX });
  const other = await signEnvelope(world, { predicateType: SPDX, signer: await makeKey() });
  const [a] = good.envelope.signatures;
  const [b] = other.envelope.signatures;
  for (const signatures of [[], [a, b], [b, a], [a, a]]) {
    const fresh = await makeWorld(t, { unsigned: true });
    const envelope = utf8(JSON.stringify({ ...good.envelope, signatures }));
    await tagAttestations(fresh.registry, REPOSITORY, fresh.image, [{ envelope, bundle: good.logBundle }]);
    expectSignature(await fresh.verify(fresh.byDigest, `${ASK}spdx`), 'PAYLOAD_MALFORMED');
  }
});

test('A2 an attached envelope verifies with an entry of each kind that Rekor has had, and not with another envelope’s entry', async (t) => {
  const world = await makeWorld(t, { unsigned: true, vars: { CACHE_SECONDS: '0' } });
  const { bytes, envelope, logBundle } = await signEnvelope(world, { predicateType: SPDX });
  const given = JSON.stringify(envelope);
  const other = await signEnvelope(world, { predicateType: SPDX, predicate: { other: true } });
  const entryOf = async (body: string) =>
    world.log.annotation((await world.log.append(body, LOGGED_AT)).entry);
  const intoto1 = await entryOf(await intotoBody('0.0.1', envelope, world.signer, given));
  const intoto2 = await entryOf(await intotoBody('0.0.2', envelope, world.signer, given));
  for (const bundle of [logBundle, intoto1, intoto2]) {
    await tagAttestations(world.registry, REPOSITORY, world.image, [{ envelope: bytes, bundle }]);
    expectVerdict(await world.verify(world.byDigest, `${ASK}spdx`), 200, 'VERIFIED');
  }
  const reformatted = utf8(JSON.stringify(envelope, undefined, 1));
  for (const [envelopeBytes, bundle, code] of [
    [bytes, other.logBundle, 'ENTRY_SIGNATURE_MISMATCH'],
    [other.bytes, intoto1, 'ENTRY_SIGNATURE_MISMATCH'],
    [other.bytes, intoto2, 'ENTRY_SIGNATURE_MISMATCH'],
    [reformatted, logBundle, 'ENTRY_PAYLOAD_MISMATCH'],
    [bytes, undefined, 'LOG_ENTRY_MISSING'],
  ] as const) {
    const layer = { envelope: envelopeBytes, ...(bundle !== undefined && { bundle }) };
    await tagAttestations(world.registry, REPOSITORY, world.image, [layer]);
    expectSignature(await world.verify(world.byDigest, `${ASK}spdx`), code);
  }
});

test('online: an attestation without an entry is searched for in the log, in the form in which cosign logs it', async (t) => {
  const world = await makeWorld(t, { unsigned: true, vars: { PUBLIC_LOG: 'off' } });
  const { bytes } = await signEnvelope(world, { predicateType: SPDX });
  await tagAttestations(world.registry, REPOSITORY, world.image, [{ envelope: bytes }]);
  world.log.lie = async () => [await world.log.get(1)];
  const answer = await world.verify(world.byDigest, `${ASK}spdx&transparency=online`);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.signatures[0].transparency.proof, 'online');
  const asked = world.upstream.sent.find(({ method }) => method === 'POST');
  const { entries } = JSON.parse(asked?.body ?? '{}');
  equal(
    entries.map(({ kind }: { kind: string }) => kind),
    ['dsse', 'intoto'],
  );
  equal(entries[0].spec.proposedContent.envelope, new TextDecoder().decode(bytes));
});

test('A18 attached envelopes by P-384 and P-521 keys verify with the curve’s own hash and with SHA-256, since cosign made both', async (t) => {
  for (const algorithm of ['P-384', 'P-521', 'rsa-2048', 'ed25519'] as const)
    for (const hash of [
      'SHA-256',
      algorithm === 'P-384' ? 'SHA-384' : algorithm === 'P-521' ? 'SHA-512' : 'SHA-256',
    ] as const) {
      const world = await makeWorld(t, { unsigned: true, algorithm, terms: { transparency: 'unsafe-none' } });
      const signed = await signPayload(world.signer, statement(world.image.digest, { predicateType: SPDX }), {
        hash,
      });
      await tagAttestations(world.registry, REPOSITORY, world.image, [
        { envelope: utf8(JSON.stringify(signed)) },
      ]);
      expectVerdict(
        await world.verify(world.byDigest, `${ASK}spdx`),
        200,
        'VERIFIED',
        `${algorithm} ${hash}`,
      );
    }
});

test('A19 validly signed statements that parsers read differently are refused', async (t) => {
  const base = await makeWorld(t, { unsigned: true });
  const right = new TextDecoder().decode(statement(base.image.digest, { predicateType: SPDX }));
  const wrong = `"subject":[{"digest":{"sha256":"${'0'.repeat(64)}"}}]`;
  const twice = {
    'subject twice': right.replace('"subject"', `${wrong},"subject"`),
    'Subject in other case': right.replace('"subject"', `${wrong.replace('subject', 'Subject')},"subject"`),
    'predicateType twice': right.replace('"predicateType"', '"predicateType":"x","predicateType"'),
    'predicatetype in other case': right.replace('"predicateType"', '"predicatetype":"x","predicateType"'),
    'an escape': right.replace('"predicateType"', '"predic\\u0061teType":"x","predicateType"'),
    '_type twice': right.replace('"_type"', '"_type":"x","_type"'),
    'digest twice': right.replace('"sha256"', `"sha256":"${'0'.repeat(64)}","sha256"`),
    'digest in upper case': right.replace('"sha256"', `"SHA256":"${'0'.repeat(64)}","sha256"`),
    'byte-order mark': `\ufeff${right}`,
  };
  for (const [what, text] of Object.entries(twice)) {
    const world = await makeWorld(t, { unsigned: true, terms: { transparency: 'unsafe-none' } });
    const payload = utf8(text.replaceAll(base.image.digest.slice(7), world.image.digest.slice(7)));
    const signed = await signPayload(world.signer, payload);
    await tagAttestations(world.registry, REPOSITORY, world.image, [
      { envelope: utf8(JSON.stringify(signed)) },
    ]);
    expectSignature(await world.verify(world.byDigest, `${ASK}spdx`), 'PAYLOAD_MALFORMED', what);
  }
});

test('A10 A16 A21 subjects of the wrong type are malformed; a subject’s digests decide, not its name', async (t) => {
  const world = await makeWorld(t, {
    unsigned: true,
    terms: { transparency: 'unsafe-none' },
    vars: { CACHE_SECONDS: '0' },
  });
  const hex = world.image.digest.slice('sha256:'.length);
  const good = { name: 'x', digest: { sha256: hex } };
  const ask = async (subject: unknown) => {
    const signed = await signPayload(
      world.signer,
      statement(world.image.digest, { predicateType: SPDX, subject }),
    );
    await tagAttestations(world.registry, REPOSITORY, world.image, [
      { envelope: utf8(JSON.stringify(signed)) },
    ]);
    return world.verify(world.byDigest, `${ASK}spdx`);
  };
  for (const subject of [
    null,
    [],
    {},
    'x',
    [null],
    [good, null],
    [7],
    ['x'],
    [{ digest: 'x' }],
    [{ digest: { sha256: 7 } }],
    [{ digest: { sha256: null } }],
    [{ digest: { sha256: hex.slice(1) } }],
    [{ digest: { sha256: hex.toUpperCase() } }],
    [good, { digest: { sha256: 'zz' } }],
    [{ digest: { sha512: hex } }],
    Array.from({ length: 1025 }, () => good),
    [{ ...good, annotations: [] }],
  ])
    expectSignature(await ask(subject), 'PAYLOAD_MALFORMED', JSON.stringify(subject)?.slice(0, 80));
  for (const subject of [
    [{ name: 'x' }],
    [{ digest: {} }],
    [{ digest: { gitCommit: hex } }],
    [{ digest: { sha256: '0'.repeat(64) } }],
    [{ digest: { sha512: hex + hex } }],
  ])
    expectSignature(await ask(subject), 'SUBJECT_MISMATCH', JSON.stringify(subject));
  for (const subject of [
    [good],
    [{ digest: { sha256: '0'.repeat(64) } }, good],
    [{ digest: { gitCommit: 'abc', sha256: hex } }],
    Array.from({ length: 1024 }, () => good),
  ])
    expectVerdict(await ask(subject), 200, 'VERIFIED', JSON.stringify(subject).slice(0, 80));
});

test('A20 an envelope’s base64 has one accepted encoding in each alphabet, and unsigned fields are not read', async (t) => {
  const world = await makeWorld(t, {
    unsigned: true,
    terms: { transparency: 'unsafe-none' },
    vars: { CACHE_SECONDS: '0' },
  });
  const { envelope } = await signEnvelope(world, { predicateType: SPDX });
  const ask = async (changed: object) => {
    await tagAttestations(world.registry, REPOSITORY, world.image, [
      { envelope: utf8(JSON.stringify(changed)) },
    ]);
    return world.verify(world.byDigest, `${ASK}spdx`);
  };
  const payload = envelope.payload;
  for (const spelled of [
    payload.replace(/=*$/, '') + (payload.endsWith('=') ? '' : '='),
    ` ${payload}`,
    payload.replace(/^.{4}/, '+-+-'),
  ])
    expectSignature(await ask({ ...envelope, payload: spelled }), 'PAYLOAD_MALFORMED', spelled.slice(-8));
  const beside = {
    ...envelope,
    subject: 'somebody',
    predicateType: PROVENANCE,
    signatures: [{ ...envelope.signatures[0], cert: 'x' }],
  };
  const answer = await ask(beside);
  expectVerdict(answer, 200, 'VERIFIED');
  equal(answer.json.signatures[0].predicateType, SPDX);
  for (const doubled of ['Payload', 'payloadtype', 'SIGNATURES'])
    expectSignature(await ask({ ...envelope, [doubled]: 'x' }), 'PAYLOAD_MALFORMED', doubled);
});

test('format=cosign prints the envelopes, one per line', async (t) => {
  const world = await makeWorld(t, { unsigned: true });
  const { envelope } = await signEnvelope(world, { predicateType: SPDX });
  await tagAttestations(world.registry, REPOSITORY, world.image, [
    {
      envelope: utf8(JSON.stringify(envelope)),
      bundle: world.log.annotation((await world.log.get(1)).entry),
    },
  ]);
  const answer = await world.verify(world.byDigest, `${ASK}spdx&format=cosign`);
  equal(answer.status, 200, answer.text);
  const printed = JSON.parse(answer.text) as Envelope;
  equal([printed.payload, printed.payloadType], [envelope.payload, envelope.payloadType]);
  equal(printed.signatures, [{ sig: envelope.signatures[0]?.sig }]);
});

test('inspect shows format, predicate type and problems of attestations and bundles', async (t) => {
  const world = await makeWorld(t);
  world.registry.referrers = {};
  await attachTagged(world, { predicateType: SPDX });
  await attach(
    world.registry,
    REPOSITORY,
    world.image,
    await signBundle(world, { predicateType: PROVENANCE }),
  );
  await attach(world.registry, REPOSITORY, world.image, utf8('{}'));
  const { json, status } = await world.service.get(`/v1/inspect/${world.byDigest}`, { as: 'admin' });
  equal(status, 200);
  equal(
    json.signatures.map(
      ({
        format,
        predicateType,
        problems,
      }: {
        format: string;
        predicateType?: string;
        problems: string[];
      }) => [format, predicateType ?? null, problems.length],
    ),
    [
      ['simple-signing', null, 0],
      ['dsse', SPDX, 0],
      ['sigstore-bundle', PROVENANCE, 0],
      ['sigstore-bundle', null, 1],
    ],
  );
  equal(json.signatures[2].namedKeys, [{ fingerprint: world.signer.fingerprint, storedAs: 'release' }]);
});
