// Evidence from a manifest's layers: by media type and in order, each payload fetched once, and a missing one does not hide others.
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { RepositoryClient } from '../../src/registry/client.ts';
import { isEvidenceLayer, type LayerKind, layersToEvidence } from '../../src/registry/layers.ts';
import { readListing } from '../../src/registry/listing.ts';
import { BUNDLE_TYPE } from '../support/bundles.ts';
import { type Content, content, INDEX_TYPE, MANIFEST_TYPE, SIMPLE_SIGNING } from '../support/sign_image.ts';

const ENVELOPE_TYPE = 'application/vnd.dsse.envelope.v1+json';
const SUBJECT = `sha256:${'ab'.repeat(32)}` as Digest;
const PLACE = { manifest: `sha256:${'cd'.repeat(32)}` as Digest, via: 'tag' as const };
const ALL: LayerKind[] = ['signature', 'envelope', 'bundle'];

const payload = await content({ payload: 1 }, SIMPLE_SIGNING);
const envelope = await content({ envelope: 1 }, ENVELOPE_TYPE);
const bundle = await content({ bundle: 1 }, BUNDLE_TYPE);

interface Fakes {
  contents?: Content[];
  fail?: Error;
}

function fakeRepository({ contents = [payload, envelope, bundle], fail }: Fakes = {}) {
  const asked: [string, number, string][] = [];
  const fault = (code: 'REGISTRY_MALFORMED' | 'LIMIT_EXCEEDED') => (step: string, problem: string) =>
    new Undecided(code, `${step} ${problem}`);
  const repository = {
    blob: async (digest: Digest, maxBytes: number, step: string) => {
      asked.push([digest, maxBytes, step]);
      const found = contents.find((one) => one.digest === digest);
      if (fail !== undefined && found === undefined) throw fail;
      if (found === undefined) throw fault('REGISTRY_MALFORMED')(step, 'is not there');
      return found.bytes;
    },
    malformed: fault('REGISTRY_MALFORMED'),
    tooMuch: fault('LIMIT_EXCEEDED'),
  } as unknown as RepositoryClient;
  return { repository, asked };
}

function layer({ digest, bytes, mediaType }: Content, more: object = {}) {
  return { mediaType, digest, size: bytes.length, ...more };
}

function read(layers: unknown[], { kinds = ALL, ...fakes }: { kinds?: LayerKind[] } & Fakes = {}) {
  const { repository, asked } = fakeRepository(fakes);
  const manifest = {
    kind: 'image' as const,
    mediaType: MANIFEST_TYPE,
    config: {},
    layers: layers as never[],
  };
  const evidence = layersToEvidence(
    { repository, subject: SUBJECT },
    manifest,
    { ...PLACE, step: 'signature manifest' },
    kinds,
  );
  return { evidence, asked };
}

const annotations = (signature: unknown, more: object = {}) => ({
  annotations: { 'dev.cosignproject.cosign/signature': signature, ...more },
});

describe('layers', () => {
  test('become signatures, envelopes and bundles by their media type, in order', async () => {
    const { evidence, asked } = read([
      layer(bundle),
      { ...layer(payload), mediaType: 'text/plain' },
      layer(envelope, annotations('')),
      layer(payload, annotations('c2ln')),
    ]);
    const common = { subject: { digests: { sha256: new Uint8Array(32).fill(0xab) } }, facts: new Map() };
    const place = ({ digest, bytes }: Content, index: number) => ({
      ...common,
      layer: { digest, size: bytes.length },
      source: { ...PLACE, index, layer: digest },
    });
    expect(await evidence).toEqual([
      { ...place(bundle, 0), format: 'sigstore-bundle', bundle: bundle.bytes },
      { ...place(envelope, 2), format: 'dsse', envelope: envelope.bytes, signature: '' },
      { ...place(payload, 3), format: 'simple-signing', payload: payload.bytes, signature: 'c2ln' },
    ]);
    expect(asked.map(([digest, , step]) => [digest, step])).toEqual([
      [bundle.digest, 'bundle'],
      [envelope.digest, 'attestation'],
      [payload.digest, 'signature payload'],
    ]);
  });

  test('of kinds that are not asked for are ignored', async () => {
    const { evidence } = read([layer(payload), layer(envelope), layer(bundle)], { kinds: ['envelope'] });
    expect((await evidence).map(({ format }) => format)).toEqual(['dsse']);
  });

  test.each([7, null, undefined, ['application']])(
    'with the media type %j are ignored',
    async (mediaType) => {
      expect(await read([{ ...layer(payload), mediaType }, 'text', null]).evidence).toEqual([]);
    },
  );

  test('yield cosign’s annotations: one that is not a string is malformed, an empty one counts as absent', async () => {
    const beside = (value: unknown) => ({
      'dev.sigstore.cosign/bundle': value,
      'dev.sigstore.cosign/certificate': value,
      'dev.sigstore.cosign/rfc3161timestamp': value,
    });
    const attached = async (signature: unknown, value: unknown) => {
      const [one] = await read([layer(payload, annotations(signature, beside(value)))]).evidence;
      const {
        signature: read_,
        logBundle,
        certificate,
        timestamp,
      } = one as unknown as Record<string, unknown>;
      return [read_, logBundle, certificate, timestamp];
    };
    const none = undefined;
    expect(await attached('a', 'b')).toEqual(['a', 'b', 'b', 'b']);
    expect(await attached(null, null)).toEqual(['', none, none, none]);
    expect(await attached('', '')).toEqual(['', none, none, none]);
    expect(await attached(7, {})).toEqual(Array(4).fill('(not a string)'));
    expect(await attached('a', 'null')).toEqual(['a', none, 'null', none]);
    expect(await attached('a', undefined)).toEqual(['a', none, none, none]);
  });

  test('that share a payload fetch it once', async () => {
    const { evidence, asked } = read([layer(payload, annotations('a')), layer(payload, annotations('b'))]);
    expect((await evidence).map((one) => (one as { signature?: string }).signature)).toEqual(['a', 'b']);
    expect(asked).toHaveLength(1);
  });

  test('that cannot be fetched are each undecided, and do not hide others', async () => {
    const gone = { digest: `sha256:${'0'.repeat(64)}` };
    const { evidence, asked } = read([
      layer(payload, gone),
      layer(envelope, gone),
      layer(bundle, gone),
      layer(payload, { size: 'much' }),
      layer(payload, { size: 64 * 1024 ** 2, digest: `sha256:${'1'.repeat(64)}` }),
      layer(payload),
    ]);
    const found = await evidence;
    expect(found.map((one) => [one.format, 'missing' in one ? one.missing.code : 'there'])).toEqual([
      ['simple-signing', 'REGISTRY_MALFORMED'],
      ['dsse', 'REGISTRY_MALFORMED'],
      ['sigstore-bundle', 'REGISTRY_MALFORMED'],
      ['simple-signing', 'REGISTRY_MALFORMED'],
      ['simple-signing', 'LIMIT_EXCEEDED'],
      ['simple-signing', 'there'],
    ]);
    expect(found[3]?.source).toEqual({ ...PLACE, index: 3 });
    expect(found[4]?.source).toEqual({ ...PLACE, index: 4, layer: `sha256:${'1'.repeat(64)}` });
    expect(asked.map(([digest]) => digest)).not.toContain(`sha256:${'1'.repeat(64)}`);
  });

  test('do not hide a defect', async () => {
    const fail = new TypeError('a fault');
    await expect(read([layer(payload)], { contents: [], fail }).evidence).rejects.toBe(fail);
  });

  test('may have at most 64 different payloads and 128 in all; layers of other types do not count', async () => {
    const different = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        layer(payload, { digest: `sha256:${String(at).padStart(64, '0')}` }),
      );
    const same = (count: number) => Array.from({ length: count }, () => layer(payload));
    const others = Array.from({ length: 200 }, () => ({ ...layer(payload), mediaType: 'text/plain' }));
    expect(await read([...others, ...different(64)]).evidence).toHaveLength(64);
    expect(await read([...others, ...same(128)]).evidence).toHaveLength(128);
    const tooMany = { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('signature manifest lists') };
    await expect(read(different(65)).evidence).rejects.toMatchObject(tooMany);
    await expect(read(same(129)).evidence).rejects.toMatchObject(tooMany);
  });
});

describe('a type of layers', () => {
  test.each([
    [SIMPLE_SIGNING, true],
    [ENVELOPE_TYPE, true],
    [BUNDLE_TYPE, true],
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', true],
    ['application/json', false],
    [`${BUNDLE_TYPE}+encrypted`, false],
    [`${BUNDLE_TYPE}; +encrypted`, false],
    ['application/vnd.dev.sigstore.bundle.v0.3+encrypted+json', false],
    ['application/vnd.dev.sigstore.bundle.v0.3+json-not', false],
    ['application/vnd.dev.sigstore.bundle.v0.3', false],
    [`${SIMPLE_SIGNING};version=1`, false],
    [`text/${SIMPLE_SIGNING}`, false],
    ['', false],
  ])('%s is one of evidence in JSON: %s', (mediaType, expected) => {
    expect(isEvidenceLayer(mediaType)).toBe(expected);
  });
});

describe('a listing', () => {
  const { repository } = fakeRepository();
  const raw = async (value: unknown, contentType: string) => ({
    bytes: (await content(value, contentType)).bytes,
    contentType,
  });

  test('is parsed as the required kind of manifest', async () => {
    const index = await raw({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] }, INDEX_TYPE);
    expect(readListing(repository, index, 'index', 'list').manifests).toEqual([]);
    expect(() => readListing(repository, index, 'image', 'manifest')).toThrow(
      expect.objectContaining({
        code: 'REGISTRY_MALFORMED',
        message: 'manifest is an index, but an image was expected',
      }),
    );
  });

  test.each([{}, { schemaVersion: 1 }, { manifests: [], layers: [], config: {} }])(
    'that is %j is undecided',
    async (value) => {
      const unread = await raw(value, MANIFEST_TYPE);
      expect(() => readListing(repository, unread, 'image', 'manifest')).toThrow(
        expect.objectContaining({ code: 'REGISTRY_MALFORMED' }),
      );
    },
  );
});
