// What the gate treats as a signature or attestation: by its tag or subject, and only if it holds nothing else.
import { describe, expect, test } from 'vitest';
import { isEvidenceOnly, isListOfReferrers, subjectOf } from '../../src/gate/evidence_artifact.ts';
import type { Manifest } from '../../src/registry/manifest.ts';

const HEX = 'ab'.repeat(32);
const MAX = 16 * 1024 * 1024;
const SIGNATURE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const OLD_BUNDLE = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
const layer = (mediaType: string, size = 10, digest = `sha256:${HEX}`) => ({ mediaType, digest, size });
const image = (layers: object[], config: object = layer('application/vnd.oci.image.config.v1+json')) =>
  ({ kind: 'image', mediaType: '', config, layers, subject: `sha256:${HEX}` }) as unknown as Manifest;
const index: Manifest = { kind: 'index', mediaType: '', manifests: [] };

describe('the subject', () => {
  test.each<[string, string | undefined]>([
    [`sha256-${HEX}.sig`, `sha256:${HEX}`],
    [`sha256-${HEX}.att`, `sha256:${HEX}`],
    [`sha256-${HEX}`, `sha256:${HEX}`],
    [`sha256-${HEX}.sbom`, undefined],
    [`xsha256-${HEX}.sig`, undefined],
    [`sha256-${HEX}.sig.x`, undefined],
    [`sha256-${HEX}.sigx`, undefined],
    [`sha256-${HEX}0.sig`, undefined],
    [`sha256-${HEX.slice(2)}.sig`, undefined],
    [`sha256-${HEX.toUpperCase()}.sig`, undefined],
    ['1.0', undefined],
  ])('under the tag %s is %s, whatever the manifest states', (tag, expected) => {
    expect(subjectOf(image([layer(SIGNATURE)]), tag)).toBe(expected);
    expect(subjectOf(index, tag)).toBe(expected);
  });

  test('by digest is the one in the manifest; an index has none', () => {
    expect(subjectOf(image([]), undefined)).toBe(`sha256:${HEX}`);
    expect(subjectOf(index, undefined)).toBeUndefined();
  });
});

test.each<[string | undefined, boolean]>([
  [`sha256-${HEX}`, true],
  [`sha256-${HEX}.sig`, false],
  [`sha256-${HEX}x`, false],
  [`x-sha256-${HEX}`, false],
  ['latest', false],
  [undefined, false],
])('an index under %s is a list of referrers: %s; an image never is', (tag, expected) => {
  expect(isListOfReferrers(index, tag)).toBe(expected);
  expect(isListOfReferrers(image([layer(SIGNATURE)]), tag)).toBe(false);
});

describe('evidence and nothing else', () => {
  test.each([SIGNATURE, ENVELOPE, BUNDLE, OLD_BUNDLE])(
    'is a manifest with only layers of the type %s',
    (type) => {
      expect(isEvidenceOnly(image([layer(type)]))).toBe(true);
      expect(isEvidenceOnly(image([layer(type), layer(SIGNATURE), layer(type)]))).toBe(true);
      expect(isEvidenceOnly(image([layer(type, MAX)]))).toBe(true);
      expect(isEvidenceOnly(image([layer(type)], layer('any', MAX)))).toBe(true);
    },
  );

  test.each<[string, Manifest]>([
    ['manifests in place of layers', index],
    ['no layers', image([])],
    ['a layer of another type', image([layer('application/vnd.oci.image.layer.v1.tar+gzip')])],
    ['a layer of another type after evidence', image([layer(SIGNATURE), layer('text/plain')])],
    ['a layer of another type before evidence', image([layer('text/plain'), layer(SIGNATURE)])],
    ['a layer that some clients decrypt', image([layer(`${BUNDLE}+encrypted`)])],
    ['a layer that some clients decrypt, with a version', image([layer(`${BUNDLE};version=0.3+encrypted`)])],
    ['a layer in an archive', image([layer('application/vnd.dev.sigstore.bundle.v0.3.tar+gzip')])],
    ['too large a layer', image([layer(SIGNATURE, MAX + 1)])],
    ['too large a configuration', image([layer(SIGNATURE)], layer('any', MAX + 1))],
    ['a malformed layer', image([layer(SIGNATURE, 10, 'sha256:1')])],
    ['a malformed configuration', image([layer(SIGNATURE)], {})],
  ])('is not a manifest with %s', (_, manifest) => expect(isEvidenceOnly(manifest)).toBe(false));

  const named = (title: unknown) => ({
    ...layer(BUNDLE),
    annotations: { 'org.opencontainers.image.title': title },
  });

  test.each(['app.sigstore.json', 'dist/a.b/app 1.0.intoto.jsonl', 'app.sig', 'app.bundle', '', null])(
    'may have a file %j',
    (title) => expect(isEvidenceOnly(image([named(title)], named(title)))).toBe(true),
  );

  test.each([
    ...[
      'Makefile',
      'build.sh',
      'a.json/build.sh',
      'json',
      '.json',
      '.bashrc',
      '.git/hooks/a.json',
      'a/.b.json',
    ],
    ...['/etc/a.json', '../a.json', 'a/../../b.json', 'a//b.json', 'a\\b.json', 'a.json\n', 'a.json ', 1],
  ])('has no file %j', (title) => {
    expect(isEvidenceOnly(image([named(title)]))).toBe(false);
    expect(isEvidenceOnly(image([layer(BUNDLE)], named(title)))).toBe(false);
  });

  test('may have any number of layers', () => {
    expect(isEvidenceOnly(image(Array.from({ length: 1000 }, () => layer(ENVELOPE))))).toBe(true);
  });
});
