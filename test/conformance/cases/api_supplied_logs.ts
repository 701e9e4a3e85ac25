// POST /v1/verify/{digest}: what logs and timestamps prove about evidence that the caller holds.
import { bundle, hashedBodyV2, pae, statement } from '../../support/bundles.ts';
import { randomHex, utf8 } from '../../support/bytes.ts';
import { makeLogV2 } from '../../support/fake_log_v2.ts';
import { makeTsa } from '../../support/fake_tsa.ts';
import { makeKey, pem } from '../../support/keys.ts';
import { equal, ok } from '../support/assert.ts';
import { expectSignature, expectVerdict, makeWorld, trustKey } from '../support/world.ts';
import { post, signEnvelope } from '../support/world_bundles.ts';
import { test } from '../table.ts';

test('A22 A24 for a key with a window and a v2 log, a timestamp by a stored authority proves the time, one by an unknown authority does not', async (t) => {
  const world = await makeWorld(t);
  const { service } = world;
  const log = await makeLogV2({ name: `v2-${randomHex(4)}.example` });
  const terms = { url: log.url, version: 2, publicKey: log.signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  equal((await service.call('PUT', '/v1/logs/v2', { as: 'admin', json: terms })).status, 201);
  const signer = await makeKey();
  await trustKey(service, 'windowed', signer, {
    validFrom: '2025-03-01T00:00:00Z',
    validUntil: '2025-12-31T00:00:00Z',
  });
  const { envelope } = await signEnvelope(world, { signer });
  const sig = envelope.signatures[0]?.sig ?? '';
  const signature = Uint8Array.from(atob(sig), (character) => character.charCodeAt(0));
  const payload = statement(world.image.digest);
  const message = utf8(
    `DSSEv1 28 application/vnd.in-toto+json ${payload.length} ${new TextDecoder().decode(payload)}`,
  );
  const entry = await log.append(await hashedBodyV2(message, sig, signer));
  const tsa = await makeTsa();
  const stamped = (time: string) => tsa.stamp(signature, { time: time.replace(/[-:T]/g, '') });
  const ask = async (timestamps: Uint8Array<ArrayBuffer>[]) =>
    post(
      world,
      world.image.digest,
      bundle({ content: { dsseEnvelope: envelope }, tlogEntries: [entry], timestamps }),
      'key=windowed',
    );
  expectSignature(
    await ask([await stamped('2025-06-01T12:00:00Z')]),
    'NO_TRUSTED_TIME',
    'an untrusted authority',
  );
  const certificates = tsa.chain.map((der) => pem('CERTIFICATE', der));
  const stored = await service.call('PUT', '/v1/logs/tsa', {
    as: 'admin',
    json: { certificates, validFrom: '2021-01-01T00:00:00Z' },
  });
  equal(stored.status, 201, stored.text);
  const good = await ask([await stamped('2025-06-01T12:00:00Z')]);
  expectVerdict(good, 200, 'VERIFIED');
  const [verified] = good.json.signatures;
  equal(verified.signedAt, '2025-06-01T12:00:00Z');
  equal([verified.transparency.proof, verified.transparency.integratedTime], ['inclusion', undefined]);
  ok(
    verified.checks.some(
      ({ name, result }: { name: string; result: string }) => name === 'timestamp' && result === 'pass',
    ),
  );
  expectSignature(await ask([]), 'NO_TRUSTED_TIME');
  expectSignature(await ask([await stamped('2025-02-01T12:00:00Z')]), 'KEY_NOT_YET_VALID');
  expectSignature(await ask([await stamped('2026-01-01T12:00:00Z')]), 'KEY_EXPIRED');
  const both = [await stamped('2025-06-01T12:00:00Z'), await stamped('2026-01-01T12:00:00Z')];
  expectSignature(await ask(both), 'KEY_EXPIRED', 'one valid time among others is not enough');
  expectSignature(await ask([await stamped('2031-01-01T00:00:00Z')]), 'TIMESTAMP_INVALID', 'from the future');
  const foreign = await tsa.stamp(utf8('something else'), { time: '20250601120000Z' });
  expectSignature(await ask([foreign]), 'TIMESTAMP_INVALID', 'over something else');
  expectSignature(await ask([utf8('junk')]), 'TIMESTAMP_INVALID', 'no timestamp');
  const revoke = (compromisedAt: string) =>
    service.call('POST', '/v1/keys/windowed/revoke', {
      as: 'admin',
      json: { reason: 'test', compromisedAt },
    });
  equal((await revoke('2025-06-01T12:00:01Z')).status, 200);
  expectVerdict(await ask([await stamped('2025-06-01T12:00:00Z')]), 200, 'VERIFIED', 'signed before');
  equal((await revoke('2025-06-01T12:00:00Z')).status, 200);
  expectSignature(await ask([await stamped('2025-06-01T12:00:00Z')]), 'KEY_REVOKED');
});

test('transparency=online for an entry of a v2 log is undecided: such a log cannot be asked', async (t) => {
  const world = await makeWorld(t);
  const log = await makeLogV2({ name: `v2-${randomHex(4)}.example` });
  const terms = { url: log.url, version: 2, publicKey: log.signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  await world.service.call('PUT', '/v1/logs/v2', { as: 'admin', json: terms });
  const { envelope, signer } = await signEnvelope(world);
  const sig = envelope.signatures[0]?.sig ?? '';
  const payload = statement(world.image.digest);
  const message = utf8(
    `DSSEv1 28 application/vnd.in-toto+json ${payload.length} ${new TextDecoder().decode(payload)}`,
  );
  const entry = await log.append(await hashedBodyV2(message, sig, signer));
  const held = bundle({ content: { dsseEnvelope: envelope }, tlogEntries: [entry] });
  expectVerdict(await post(world, world.image.digest, held), 200, 'VERIFIED');
  expectSignature(
    await post(world, world.image.digest, held, 'key=release&transparency=online'),
    'LOG_ENTRY_KIND_UNSUPPORTED',
  );
});

test('A61 a second root for one tree size is refused and reported while the first is remembered', async (t) => {
  const world = await makeWorld(t);
  const lines: string[] = [];
  const { log: print } = console;
  console.log = (line: string) => void lines.push(line);
  t.after(() => {
    console.log = print;
  });
  const signer = await makeKey('ed25519');
  const name = `v2-${randomHex(4)}.example`;
  const [one, two] = [await makeLogV2({ name, signer }), await makeLogV2({ name, signer })];
  const terms = { url: one.url, version: 2, publicKey: signer.pem, validFrom: '2021-01-01T00:00:00Z' };
  equal((await world.service.call('PUT', '/v1/logs/v2', { as: 'admin', json: terms })).status, 201);
  const held = async (log: typeof one, annotations: object) => {
    const { envelope, signer: by } = await signEnvelope(world, { annotations });
    const message = pae(
      envelope.payloadType,
      Uint8Array.from(atob(envelope.payload), (character) => character.charCodeAt(0)),
    );
    const entry = await log.append(await hashedBodyV2(message, envelope.signatures[0]?.sig ?? '', by));
    return bundle({ content: { dsseEnvelope: envelope }, tlogEntries: [entry] });
  };
  const [first, other] = [await held(one, { n: '1' }), await held(two, { n: '2' })];
  expectVerdict(await post(world, world.image.digest, first), 200, 'VERIFIED');
  expectVerdict(await post(world, world.image.digest, first), 200, 'VERIFIED', 'the same root again');
  expectSignature(
    await post(world, world.image.digest, other),
    'CHECKPOINT_INVALID',
    'another tree of that size',
  );
  const alert = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'log-split-view');
  equal([alert?.level, alert?.log, alert?.size, alert?.roots.length], ['alert', name, '1', 2]);
  expectVerdict(
    await post(world, world.image.digest, await held(one, { n: '3' })),
    200,
    'VERIFIED',
    'a larger tree',
  );
});
