// Which file of an artifact is served, and why none is.
import { expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { findArtifactFile } from '../../src/gate/artifact_file.ts';
import type { RepositoryClient } from '../../src/registry/client.ts';
import { type Content, content, INDEX_TYPE, MANIFEST_TYPE } from '../support/sign_image.ts';

const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}`;
const layer = (at: number, title?: unknown) => ({
  mediaType: 'any',
  digest: digest(at),
  size: at,
  ...(title !== undefined && { annotations: { 'org.opencontainers.image.title': title } }),
});
const artifact = (layers: unknown[]) =>
  content({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config: layer(0), layers }, MANIFEST_TYPE);

function find(manifest: Content, title?: string, answer: Content | undefined = manifest) {
  const repository = {
    manifest: async () => answer && { bytes: answer.bytes, contentType: answer.mediaType },
    malformed: (_: string, problem: string) => new Undecided('REGISTRY_MALFORMED', problem),
  } as unknown as RepositoryClient;
  return findArtifactFile(repository, manifest.digest as Digest, title);
}

test('a file is found by its title, by its digest if it has none of its own, and without either if it is the only one', async () => {
  const files = await artifact([layer(1, 'a.txt'), layer(2), layer(3, 7)]);
  expect(await find(files, 'a.txt')).toEqual({ digest: digest(1), size: 1, title: 'a.txt' });
  expect(await find(files, digest(2))).toEqual({ digest: digest(2), size: 2 });
  expect(await find(files, digest(3))).toEqual({ digest: digest(3), size: 3 });
  expect(await find(await artifact([layer(1, 'a.txt')]))).toEqual({
    digest: digest(1),
    size: 1,
    title: 'a.txt',
  });
  await expect(find(files, digest(1))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  const twins = await artifact([layer(1, 'a.txt'), layer(2, 'a.txt')]);
  expect(await find(twins, digest(2))).toEqual({ digest: digest(2), size: 2, title: 'a.txt' });
});

test('if no file or several match, the message lists the artifact’s files', async () => {
  const files = await artifact([layer(1, 'a'), layer(2, 'a'), layer(3)]);
  const twins = `${digest(1)}, ${digest(2)}`;
  const all = `${twins}, ${digest(3)}`;
  await expect(find(files, 'b')).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: `The artifact has no such file. Its files: ${all}.`,
  });
  for (const [title, choice] of [
    ['a', twins],
    [undefined, all],
  ])
    await expect(find(files, title)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: `The artifact has several files; choose one with title=: ${choice}.`,
    });
  await expect(find(await artifact([]))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: 'The artifact has no such file. Its files: none.',
  });
});

test('a manifest that is missing, has another digest, is an index or cannot be parsed has its own code', async () => {
  const files = await artifact([layer(1, 'a')]);
  const repository = { manifest: async () => undefined } as unknown as RepositoryClient;
  await expect(findArtifactFile(repository, files.digest as Digest, 'a')).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
  });
  await expect(find(files, 'a', await artifact([layer(2, 'a')]))).rejects.toMatchObject({
    code: 'MANIFEST_DIGEST_MISMATCH',
  });
  const index = await content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] }, INDEX_TYPE);
  await expect(find(index)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: 'This is an index of several images; choose one with platform=.',
  });
  await expect(find(await artifact([layer(1), {}]))).rejects.toMatchObject({
    code: 'REGISTRY_MALFORMED',
    message: expect.stringContaining('layers[1]'),
  });
});
