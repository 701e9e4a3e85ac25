// What inspect shows of an image's evidence without trusting anybody: everything, as it states itself, and what could not be parsed.
import { beforeAll, describe, expect, test } from 'vitest';
import { parsePublicKeyPem } from '../../src/core/crypto/public_key.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import { putKey } from '../../src/store/keys.ts';
import { inspectImage } from '../../src/verify/inspect.ts';
import { makeBundle } from '../conformance/support/bundle_harness.ts';
import { LOGGED_AT } from '../conformance/support/harness.ts';
import { logged } from '../conformance/support/world.ts';
import { attach } from '../support/artifacts.ts';
import { utf8 } from '../support/bytes.ts';
import { type FakeLog, makeLog } from '../support/fake_log.ts';
import { makeKey, type Signer } from '../support/keys.ts';
import {
  type Content,
  content,
  makeImage,
  makeIndex,
  payloadFor,
  SIMPLE_SIGNING,
  type SignedLayer,
  signPayload,
} from '../support/sign_image.ts';
import { makeVerifier } from '../support/verifier.ts';

const HOST = 'registry.example';
const REPOSITORY = 'app';
const TIME = new Date(LOGGED_AT * 1000).toISOString().replace('.000Z', 'Z');

let log: FakeLog;
let signer: Signer;
let image: Content;
beforeAll(async () => {
  log = await makeLog();
  signer = await makeKey();
  image = await makeImage('inspected');
});

const parse = (item: Content) => parseImageReference(`${HOST}/${REPOSITORY}@${item.digest}`);

/** Inspects an image with these layers under its `.sig` tag and these bundles as referrers. */
async function inspected(layers: SignedLayer[], bundles: Uint8Array<ArrayBuffer>[] = []) {
  const world = makeVerifier(HOST);
  const { registry } = world;
  if (layers.length > 0) await registry.sign(REPOSITORY, image.digest, layers);
  registry.referrers = {};
  for (const bytes of bundles) await attach(registry, REPOSITORY, image, bytes);
  return { ...world, inspection: await inspectImage(world.session(), { reference: parse(image) }) };
}

/** What is shown of the only signature. */
async function shown(layers: SignedLayer[], bundles: Uint8Array<ArrayBuffer>[] = []) {
  const { signatures } = (await inspected(layers, bundles)).inspection;
  expect(signatures).toHaveLength(1);
  return signatures[0];
}

describe('an image', () => {
  test('without evidence is shown with its name and no signatures', async () => {
    const { inspection } = await inspected([]);
    expect(inspection).toEqual({
      subject: { reference: `${HOST}/${REPOSITORY}@${image.digest}`, digest: image.digest },
      signatures: [],
    });
  });

  test('for a platform is inspected together with its index', async () => {
    const { registry, session } = makeVerifier(HOST);
    const index = await makeIndex([{ image, platform: { os: 'linux', architecture: 'amd64' } }]);
    for (const item of [image, index]) registry.push(REPOSITORY, item);
    await registry.sign(REPOSITORY, image.digest, [await signPayload(signer, payloadFor(image.digest))]);
    expect((await inspectImage(session(), { reference: parse(index) })).signatures).toEqual([]);
    const { subject, signatures } = await inspectImage(session(), {
      reference: parse(index),
      platform: parsePlatform('linux/amd64'),
    });
    expect(subject.platform).toEqual({ name: 'linux/amd64', digest: image.digest });
    expect(signatures).toHaveLength(1);
  });

  test('is undecided if a place cannot be searched, since the list would not be complete', async () => {
    const { registry, session } = makeVerifier(HOST);
    registry.lie = ({ what }) => (what === 'referrers' ? new Response('', { status: 500 }) : undefined);
    await expect(inspectImage(session(), { reference: parse(image) })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
    });
  });

  test('is undecided if a listed artifact is missing', async () => {
    const { registry, session } = makeVerifier(HOST);
    registry.referrers = {};
    const artifact = await attach(registry, REPOSITORY, image, utf8('{}'));
    registry.lie = ({ reference }) =>
      reference === artifact.digest ? new Response('', { status: 404 }) : undefined;
    await expect(inspectImage(session(), { reference: parse(image) })).rejects.toMatchObject({
      code: 'REGISTRY_MALFORMED',
    });
  });
});

describe('a signature', () => {
  test('is shown with its payload, the key of its log entry, and the id under which that key is stored', async () => {
    const layer = await logged(log, signer, payloadFor(image.digest, { optional: { env: 'prod' } }));
    const { session, store, inspection } = await inspected([layer]);
    const [before] = inspection.signatures;
    expect(before).toMatchObject({
      format: 'simple-signing',
      source: { via: 'tag', index: 0 },
      claims: {
        digests: [image.digest],
        dockerReference: 'registry.example/app',
        annotations: { env: 'prod' },
      },
      namedKeys: [{ fingerprint: signer.fingerprint }],
      logEntries: [{ logId: log.id, integratedTime: TIME, kind: 'hashedrekord 0.0.1' }],
      timestamps: 0,
      hasCertificate: false,
      problems: [],
    });
    expect(typeof before?.logEntries[0]?.logIndex).toBe('number');
    expect(before).not.toHaveProperty('predicateType');
    await putKey(
      store,
      'release',
      await parsePublicKeyPem(signer.pem),
      {},
      {
        precondition: {},
        by: 'test',
        now: 0,
      },
    );
    const { signatures } = await inspectImage(session(), { reference: parse(image) });
    expect(signatures[0]?.namedKeys).toEqual([{ fingerprint: signer.fingerprint, storedAs: 'release' }]);
  });

  test('without annotations, log entry and key is shown without them', async () => {
    expect(await shown([await signPayload(signer, payloadFor(image.digest))])).toMatchObject({
      claims: { annotations: {} },
      namedKeys: [],
      logEntries: [],
      problems: [],
    });
  });

  test('that is listed but missing is shown as missing', async () => {
    const { registry, session } = makeVerifier(HOST);
    const layer = await signPayload(signer, payloadFor(image.digest));
    const blob = await content(layer.payload, SIMPLE_SIGNING);
    const manifest = await registry.sign(REPOSITORY, image.digest, [layer]);
    registry.lie = ({ reference }) =>
      reference === blob.digest ? new Response('', { status: 404 }) : undefined;
    const { signatures } = await inspectImage(session(), { reference: parse(image) });
    expect(signatures).toEqual([
      {
        format: 'simple-signing',
        source: { manifest: manifest.digest, via: 'tag', index: 0, layer: blob.digest },
        namedKeys: [],
        logEntries: [],
        timestamps: 0,
        hasCertificate: false,
        problems: [expect.stringContaining('payload')],
      },
    ]);
  });

  test('with other bytes than its digest says so, and shows what those bytes state', async () => {
    const { registry, session } = makeVerifier(HOST);
    const layer = await signPayload(signer, payloadFor(image.digest));
    await registry.sign(REPOSITORY, image.digest, [layer]);
    const other = payloadFor(image.digest, { reference: 'registry.example/other' });
    registry.lie = ({ what }) => (what === 'blob' ? new Response(other) : undefined);
    const { signatures } = await inspectImage(session(), { reference: parse(image) });
    expect(signatures[0]?.claims?.dockerReference).toBe('registry.example/other');
    expect(signatures[0]?.problems).toHaveLength(1);
  });

  test('that cannot be parsed names the part that cannot', async () => {
    const good = await logged(log, signer, payloadFor(image.digest));
    const payload = await shown([{ ...good, payload: utf8('{}') }]);
    expect(payload?.claims).toBeUndefined();
    expect(payload?.problems).toHaveLength(1);
    expect(payload?.logEntries).toHaveLength(1);
    const entry = await shown([{ ...good, bundle: '{}' }]);
    expect(entry?.logEntries).toEqual([]);
    expect(entry?.problems).toHaveLength(1);
    const { entry: odd } = await log.append('{"kind":"alpine","apiVersion":"0.0.1","spec":{}}', LOGGED_AT);
    const body = await shown([{ ...good, bundle: log.annotation(odd) }]);
    expect(body?.logEntries).toEqual([{ logId: log.id, logIndex: odd.logIndex, integratedTime: TIME }]);
    expect(body?.problems).toEqual([expect.stringContaining('alpine')]);
    const timestamp = await shown([{ ...good, timestamp: '{"SignedRFC3161Timestamp":"?"}' }]);
    expect(timestamp?.timestamps).toBe(0);
    expect(timestamp?.problems).toHaveLength(1);
    const stamped = await shown([{ ...good, timestamp: '{"SignedRFC3161Timestamp":"AAAA"}' }]);
    expect(stamped?.timestamps).toBe(1);
    expect(stamped?.problems).toEqual([]);
  });
});

describe('a bundle', () => {
  test('is shown with its statement, whatever its subject', async () => {
    const annotations = { ref: 'main' };
    const { evidence, digest } = await makeBundle({ signer, log, statement: { annotations } });
    expect(await shown([], [evidence.bundle])).toMatchObject({
      format: 'sigstore-bundle',
      source: { via: 'referrers' },
      claims: { digests: [digest], annotations },
      predicateType: expect.stringMatching(/^https:/),
      namedKeys: [{ fingerprint: signer.fingerprint }],
      logEntries: [{ kind: 'dsse 0.0.1' }],
      problems: [],
    });
  });

  test('with a bare signature is shown with the digest that it states', async () => {
    const { evidence, digest } = await makeBundle({ signer, log, isMessage: true });
    const shownBundle = await shown([], [evidence.bundle]);
    expect(shownBundle?.claims).toEqual({ digests: [digest], annotations: {} });
    expect(shownBundle).not.toHaveProperty('predicateType');
  });

  test('that cannot be parsed says so', async () => {
    const broken = await shown([], [utf8('{}')]);
    expect(broken).toMatchObject({ namedKeys: [], logEntries: [], timestamps: 0 });
    expect(broken).not.toHaveProperty('claims');
    expect(broken?.problems).toHaveLength(1);
  });

  test('with an entry of a Rekor v2 log is shown without a time', async () => {
    const { evidence } = await makeBundle({ signer, kind: 'v2' });
    const [entry] = (await shown([], [evidence.bundle]))?.logEntries ?? [];
    expect(entry).toMatchObject({ kind: 'hashedrekord 0.0.2' });
    expect(entry).not.toHaveProperty('integratedTime');
  });
});
