// What cosign attaches to an image by tag, and which kinds of layers are read there.
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { attachmentTag, findAttached } from '../../src/registry/attachments.ts';
import type { RepositoryClient } from '../../src/registry/client.ts';
import { BUNDLE_TYPE, ENVELOPE_TYPE } from '../support/bundles.ts';
import { content, descriptor, MANIFEST_TYPE, SIMPLE_SIGNING } from '../support/sign_image.ts';

const SUBJECT = `sha256:${'ab'.repeat(32)}` as Digest;
const TAG = SUBJECT.replace(':', '-');

const layers = await Promise.all(
  [SIMPLE_SIGNING, ENVELOPE_TYPE, BUNDLE_TYPE].map((type) => content({ type }, type)),
);
const manifest = await content(
  { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: {}, layers: layers.map(descriptor) },
  MANIFEST_TYPE,
);

/** @param tag the only one that the repository has */
function repositoryWith(tag: string): RepositoryClient {
  return {
    manifest: async (name: string) =>
      name === tag ? { bytes: manifest.bytes, contentType: MANIFEST_TYPE } : undefined,
    blob: async (name: string) => layers.find(({ digest }) => digest === name)?.bytes,
  } as unknown as RepositoryClient;
}

test('attachments have the tag of their image, with a suffix', () => {
  expect(attachmentTag(SUBJECT)).toBe(TAG);
  expect(attachmentTag(SUBJECT, 'sig')).toBe(`${TAG}.sig`);
  expect(attachmentTag(SUBJECT, 'att')).toBe(`${TAG}.att`);
});

test.each([
  ['sig', ['simple-signing', 'sigstore-bundle']],
  ['att', ['dsse', 'sigstore-bundle']],
] as const)('.%s holds what is read as %j', async (suffix, expected) => {
  const search = { repository: repositoryWith(`${TAG}.${suffix}`), subject: SUBJECT };
  const found = await findAttached(search, suffix);
  expect(found.map(({ format }) => format)).toEqual(expected);
  expect(found.map(({ source: { manifest: of, via } }) => [of, via])).toEqual(
    expected.map(() => [manifest.digest, 'tag']),
  );
  const other = { repository: repositoryWith('another'), subject: SUBJECT };
  expect(await findAttached(other, suffix)).toEqual([]);
});
