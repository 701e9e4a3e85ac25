// Manifests and their descriptors: one form, exact names, and what Go writes for nothing.
import { describe, expect, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import {
  MANIFEST_MEDIA_TYPES,
  parseDescriptor,
  parseManifest,
  UnsupportedManifest,
} from '../../src/registry/manifest.ts';
import { utf8 } from '../support/bytes.ts';

const [OCI_IMAGE = '', DOCKER_IMAGE = ''] = MANIFEST_MEDIA_TYPES.image;
const [OCI_INDEX = ''] = MANIFEST_MEDIA_TYPES.index;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const item = { mediaType: 'text/plain', digest: DIGEST, size: 1 };
const image = { schemaVersion: 2, mediaType: OCI_IMAGE, config: item, layers: [item] };
const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [item] };
const parse = (document: object, header: string | null = null) =>
  parseManifest(utf8(JSON.stringify(document)), header);

describe('a manifest', () => {
  test('is an image or an index, with its media type', () => {
    expect(parse(image)).toEqual({ kind: 'image', mediaType: OCI_IMAGE, config: item, layers: [item] });
    expect(parse(index)).toEqual({ kind: 'index', mediaType: OCI_INDEX, manifests: [item] });
    expect(() => parse({ ...image, ...index })).toThrow(UnsupportedManifest);
    expect(() => parse({ schemaVersion: 2 })).toThrow('has neither layers nor manifests');
  });

  test.each(['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'subject'])(
    'with %s in another letter case is not supported',
    (name) => {
      for (const other of [name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)]) {
        expect(() => parse({ ...image, [other]: null }), other).toThrow(UnsupportedManifest);
        expect(() => parse({ ...index, [other]: null }), other).toThrow(other);
      }
    },
  );

  test('without a media type has that of the header, in any letter case, or of its form', () => {
    const { mediaType: _, ...untyped } = image;
    const typeBy = (header: string | null) => parse(untyped, header).mediaType;
    expect(typeBy(`${DOCKER_IMAGE.toUpperCase()} ; charset=utf-8`)).toBe(DOCKER_IMAGE);
    for (const header of [null, '', 'application/json']) expect(typeBy(header)).toBe(OCI_IMAGE);
    expect(() => typeBy(OCI_INDEX)).toThrow('does not have the form of its stated type');
    expect(() => parse(image, ` ${DOCKER_IMAGE};x`)).toThrow(/states the type .*, but the registry states/);
  });

  test('of an image has a maximum number of values', () => {
    const annotated = (count: number) => ({ ...image, annotations: Array(count).fill({}) });
    expect(parse(annotated(100_000 - 12)).kind).toBe('image');
    expect(() => parse(annotated(100_000 - 11))).toThrow('manifest: has more than 100000 values');
    expect(parse({ ...index, manifests: Array(100_001).fill(0) }).kind).toBe('index');
  });

  test('may have null for an empty list, and for no subject', () => {
    expect(parse({ ...index, manifests: null })).toMatchObject({ manifests: [] });
    const parsed = parse({ ...image, layers: null, subject: null });
    expect(parsed).toMatchObject({ layers: [] });
    expect(parsed).not.toHaveProperty('subject');
    expect(parse({ ...image, subject: item })).toMatchObject({ subject: DIGEST });
    for (const subject of [{}, { digest: 'x' }, 'x'])
      expect(() => parse({ ...image, subject })).toThrow(Malformed);
  });
});

describe('a descriptor', () => {
  const read = (more: object) => parseDescriptor({ ...item, ...more } as never, 'place');

  test('keeps what is used of it', () => {
    expect(read({})).toEqual({ ...item, annotations: {} });
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const more = { annotations: { a: 'b' }, artifactType: 'text/x', platform };
    expect(read({ ...more, urls: ['x'] })).toEqual({ ...item, ...more });
    expect(read({ annotations: null, artifactType: null, platform: null })).toEqual({
      ...item,
      annotations: {},
    });
    for (const variant of [null, ''])
      expect(read({ platform: { ...platform, variant } }).platform).toEqual({
        os: 'linux',
        architecture: 'arm64',
      });
  });

  test.each(['mediaType', 'digest', 'size', 'annotations', 'artifactType', 'platform'])(
    'with %s in another letter case cannot be read',
    (name) => {
      for (const other of [name.toUpperCase(), name.charAt(0).toUpperCase() + name.slice(1)])
        expect(() => read({ [other]: null }), other).toThrow(other);
    },
  );

  test.each([
    { mediaType: 1 },
    { digest: 'x' },
    { size: -1 },
    { size: 1.5 },
    { annotations: [] },
    { platform: {} },
  ])('with %j cannot be read', (wrong) => expect(() => read(wrong)).toThrow(/^place\./));
});
