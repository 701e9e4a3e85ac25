// Resolving a reference to the one digest that everything after it is about.
import { describe, expect, test } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import type { RepositoryClient } from '../../src/registry/client.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import { resolveSubject } from '../../src/verify/subject.ts';
import {
  type Content,
  content,
  descriptor,
  INDEX_TYPE,
  imageConfig,
  MANIFEST_TYPE,
  makeImage,
  makeIndex,
} from '../support/sign_image.ts';

const NAME = 'registry.example/app';
const image = await makeImage('subject');
const config = await imageConfig('subject');
const arm = await makeImage('arm');
const amd64 = { os: 'linux', architecture: 'amd64' };
const index = await makeIndex([
  { image, platform: amd64 },
  { image: arm, platform: { os: 'linux', architecture: 'arm64' } },
]);

/** @param held the registry's content by tag or digest */
function resolve(reference: string, held: Record<string, Content>, platform?: string) {
  const asked: string[] = [];
  const fault = (code: 'REGISTRY_MALFORMED' | 'LIMIT_EXCEEDED') => (step: string, problem: string) =>
    new Undecided(code, `${step} ${problem}`);
  const repository = {
    manifest: async (name: string) => {
      asked.push(name);
      const found = held[name];
      return found && { bytes: found.bytes, contentType: found.mediaType };
    },
    blob: async (name: string) => {
      asked.push(name);
      return held[name]?.bytes;
    },
    malformed: fault('REGISTRY_MALFORMED'),
    tooMuch: fault('LIMIT_EXCEEDED'),
  } as unknown as RepositoryClient;
  const wanted = platform === undefined ? undefined : parsePlatform(platform);
  return { asked, subject: resolveSubject(repository, parseImageReference(reference), wanted) };
}

const code = (expected: string, text = '') => ({ code: expected, message: expect.stringContaining(text) });

describe('a digest', () => {
  test('is used unchanged, and nothing is requested', async () => {
    const { asked, subject } = resolve(`${NAME}@${image.digest}`, {});
    expect(await subject).toEqual({ digest: image.digest });
    expect(asked).toEqual([]);
  });

  test('must be the hash of its content, if that is fetched', async () => {
    const { subject } = resolve(`${NAME}@${index.digest}`, { [index.digest]: image }, 'linux/amd64');
    await expect(subject).rejects.toMatchObject(code('MANIFEST_DIGEST_MISMATCH', image.digest));
  });
});

describe('a tag', () => {
  test('resolves to the hash of the manifest that the registry has under it', async () => {
    const { asked, subject } = resolve(`${NAME}:v1`, { v1: index });
    expect(await subject).toEqual({ digest: index.digest, mediaType: INDEX_TYPE });
    expect(asked).toEqual(['v1']);
    expect(await resolve(NAME, { latest: image }).subject).toEqual({
      digest: image.digest,
      mediaType: MANIFEST_TYPE,
    });
  });

  test('that the registry does not have is IMAGE_NOT_FOUND', async () => {
    await expect(resolve(`${NAME}:v1`, {}).subject).rejects.toMatchObject(
      code('IMAGE_NOT_FOUND', `${NAME}:v1`),
    );
  });

  test.each([
    ['MANIFEST_UNSUPPORTED', { schemaVersion: 1 }],
    ['REGISTRY_MALFORMED', { schemaVersion: 2 }],
  ])('of an unsupported or malformed manifest is %s', async (expected, document) => {
    const v1 = await content(document, MANIFEST_TYPE);
    await expect(resolve(`${NAME}:v1`, { v1 }).subject).rejects.toMatchObject(code(expected));
  });
});

describe('a platform', () => {
  test('names a leaf of the index', async () => {
    expect(await resolve(`${NAME}:v1`, { v1: index }, 'linux/arm64').subject).toEqual({
      digest: index.digest,
      mediaType: INDEX_TYPE,
      platform: { name: 'linux/arm64', digest: arm.digest },
    });
  });

  test('that the index lacks or has twice is refused', async () => {
    await expect(resolve(`${NAME}:v1`, { v1: index }, 'linux/s390x').subject).rejects.toMatchObject(
      code('IMAGE_NOT_FOUND', 'no image for linux/s390x'),
    );
    const v1 = await makeIndex([
      { image, platform: amd64 },
      { image: arm, platform: amd64 },
    ]);
    await expect(resolve(`${NAME}:v1`, { v1 }, 'linux/amd64').subject).rejects.toMatchObject(
      code('BAD_REQUEST', 'Several images match linux/amd64'),
    );
  });

  test('is searched for in an index of at most 1024 entries', async () => {
    const of = (count: number) =>
      makeIndex(
        Array.from({ length: count }, (_, at) => ({
          image,
          platform: at === 0 ? amd64 : { os: 'linux', architecture: `other${at}` },
        })),
      );
    const most = await resolve(`${NAME}:v1`, { v1: await of(1024) }, 'linux/amd64').subject;
    expect(most.platform?.digest).toBe(image.digest);
    await expect(resolve(`${NAME}:v1`, { v1: await of(1025) }, 'linux/amd64').subject).rejects.toMatchObject(
      code('LIMIT_EXCEEDED'),
    );
  });

  test('matches a single image if its configuration states that platform', async () => {
    const held = { v1: image, [config.digest]: config };
    expect(await resolve(`${NAME}:v1`, held, 'linux/amd64').subject).toEqual({
      digest: image.digest,
      mediaType: MANIFEST_TYPE,
      platform: { name: 'linux/amd64', digest: image.digest },
    });
    await expect(resolve(`${NAME}:v1`, held, 'linux/arm64').subject).rejects.toMatchObject(
      code('IMAGE_NOT_FOUND', 'no image for linux/arm64'),
    );
  });

  test('does not match a single image whose configuration cannot be parsed, has another digest, or is not listed', async () => {
    const unread = await content('text', 'text/plain');
    const of = (described: object) => makeImage('x', { config: described });
    const wrong = { v1: image, [config.digest]: unread };
    await expect(resolve(`${NAME}:v1`, wrong, 'linux/amd64').subject).rejects.toMatchObject(
      code('REGISTRY_MALFORMED', 'does not match the digest'),
    );
    const v1 = await of(descriptor(unread));
    await expect(
      resolve(`${NAME}:v1`, { v1, [unread.digest]: unread }, 'linux/amd64').subject,
    ).rejects.toMatchObject(code('IMAGE_NOT_FOUND'));
    await expect(
      resolve(`${NAME}:v1`, { v1: await of({ digest: 'x' }) }, 'linux/amd64').subject,
    ).rejects.toMatchObject(code('REGISTRY_MALFORMED', 'cannot be fetched'));
  });
});
