// Lists of referrers, and which of the listed artifacts are opened, in which order.
import { describe, expect, test, vi } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';
import type { RepositoryClient } from '../../src/registry/client.ts';
import { referrersToEvidence } from '../../src/registry/open_referrers.ts';
import { listFallbackTag, listReferrers, type Referrer } from '../../src/registry/referrers.ts';
import { BUNDLE_TYPE } from '../support/bundles.ts';
import { type Content, content, descriptor, INDEX_TYPE, MANIFEST_TYPE } from '../support/sign_image.ts';

const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}` as Digest;
const SUBJECT = digest(0xabc);
const FALLBACK_TAG = SUBJECT.replace(':', '-');
const PREDICATE_TYPE = 'dev.sigstore.bundle.predicateType';
const KIND = ['bundle'] as const;

interface Fakes {
  pages?: { manifests: unknown[]; next?: string }[];
  tagged?: Content;
  contents?: Content[];
  /** Called before each manifest or blob is answered. */
  before?: (reference: string) => Promise<void> | void;
}

function fakeRepository({ pages = [], tagged, contents = [], before = () => undefined }: Fakes) {
  const asked: string[] = [];
  const byDigest = new Map(contents.map((one) => [one.digest, one]));
  const fault = (code: 'REGISTRY_MALFORMED' | 'LIMIT_EXCEEDED') => (step: string, problem: string) =>
    new Undecided(code, `${step} ${problem}`);
  const answer = async (reference: string) => {
    asked.push(reference);
    await before(reference);
    return reference === FALLBACK_TAG ? tagged : byDigest.get(reference);
  };
  const repository = {
    referrers: async (_: Digest, __: string, page?: { next: string }) => {
      const one = pages[page === undefined ? 0 : Number(page.next)];
      if (one === undefined) return undefined;
      const { manifests, next } = one;
      const index = await content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }, INDEX_TYPE);
      return { bytes: index.bytes, contentType: INDEX_TYPE, ...(next !== undefined && { next }) };
    },
    manifest: async (reference: string) => {
      const found = await answer(reference);
      return found && { bytes: found.bytes, contentType: found.mediaType };
    },
    blob: async (reference: Digest) => {
      const found = await answer(reference);
      if (found === undefined) throw fault('REGISTRY_MALFORMED')('bundle', 'is not there');
      return found.bytes;
    },
    malformed: fault('REGISTRY_MALFORMED'),
    tooMuch: fault('LIMIT_EXCEEDED'),
  } as unknown as RepositoryClient;
  return { repository, asked };
}

describe('a list', () => {
  const usual = { mediaType: MANIFEST_TYPE, size: 1 };

  test('yields the artifacts of all pages, with their listed types', async () => {
    const { repository } = fakeRepository({
      pages: [
        {
          manifests: [
            { ...usual, digest: digest(1), artifactType: BUNDLE_TYPE },
            { ...usual, digest: digest(2), artifactType: 'text/plain' },
          ],
          next: '1',
        },
        { manifests: [{ ...usual, digest: digest(3), annotations: { [PREDICATE_TYPE]: 'a' } }] },
      ],
    });
    expect(await listReferrers(repository, SUBJECT)).toEqual([
      { digest: digest(1), via: 'referrers', isLikely: true },
      { digest: digest(2), via: 'referrers', isLikely: false },
      { digest: digest(3), via: 'referrers', isLikely: true, predicateType: 'a' },
    ]);
  });

  test('keeps what it states as the type only if it may be one: it may have megabytes, and is remembered', async () => {
    const stated = ['x'.repeat(1024), 'x'.repeat(1025), '', {}, [{}], null, 1];
    const manifests = stated.map((type, at) => ({
      ...usual,
      digest: digest(at),
      annotations: { [PREDICATE_TYPE]: type },
    }));
    const { repository } = fakeRepository({ pages: [{ manifests }] });
    const listed = await listReferrers(repository, SUBJECT);
    expect(listed.map(({ predicateType }) => predicateType)).toEqual([stated[0], '', '', '', '', '', '']);
  });

  test.each<[unknown, boolean]>([
    [undefined, true],
    ['', true],
    [7, true],
    [BUNDLE_TYPE, true],
    ['application/vnd.dev.sigstore.bundle+json;version=0.1', true],
    ['application/vnd.dev.cosign.artifact.sig.v1+json', true],
    ['application/vnd.dev.cosign.artifact.att.v1+json', true],
    ['application/vnd.dev.cosign.artifact.sbom.v1+json', false],
    ['application/vnd.oci.empty.v1+json', true],
    ['application/vnd.oci.image.config.v1+json', true],
    ['application/vnd.docker.container.image.v1+json', true],
    ['x/application/vnd.oci.empty.v1+json', false],
    ['application/vnd.oci.empty.v1+json2', false],
    ['application/spdx+json', false],
  ])('gives an artifact the type %s: likely evidence is %s', async (artifactType, expected) => {
    const { repository } = fakeRepository({
      pages: [{ manifests: [{ ...usual, digest: digest(1), artifactType }] }],
    });
    expect((await listReferrers(repository, SUBJECT)).map(({ isLikely }) => isLikely)).toEqual([expected]);
  });

  test('ignores items that are not artifacts, and keeps one with another digest algorithm as unreadable', async () => {
    const other = `sha512:${'ab'.repeat(64)}`;
    const { repository } = fakeRepository({
      pages: [{ manifests: [7, null, {}, { ...usual, digest: 'sha256:1' }, { ...usual, digest: other }] }],
    });
    const [only, ...more] = await listReferrers(repository, SUBJECT);
    expect(more).toEqual([]);
    expect(only?.digest).toMatchObject({ message: expect.stringContaining('digest') });
    const index = { mediaType: INDEX_TYPE, digest: digest(1), size: 1 };
    const { repository: second } = fakeRepository({ pages: [{ manifests: [index] }] });
    expect((await listReferrers(second, SUBJECT))[0]?.isLikely).toBe(false);
  });

  test('has at most eight pages and ten thousand artifacts; without the API there is none', async () => {
    const page = (count: number, next?: string) => ({
      manifests: Array.from({ length: count }, (_, at) => ({ ...usual, digest: digest(at) })),
      ...(next !== undefined && { next }),
    });
    const pages = (count: number, last?: string) =>
      Array.from({ length: count }, (_, at) => page(1, at === count - 1 ? last : String(at + 1)));
    const list = (all: NonNullable<Fakes['pages']>) =>
      listReferrers(fakeRepository({ pages: all }).repository, SUBJECT);
    expect(await list([])).toEqual([]);
    expect(await list(pages(8))).toHaveLength(8);
    await expect(list(pages(8, '7'))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await list([page(5000, '1'), page(5000)])).toHaveLength(10_000);
    await expect(list([page(5000, '1'), page(5001)])).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('is also read from the fallback tag, if that holds an index', async () => {
    const index = (count: number) =>
      content(
        {
          schemaVersion: 2,
          mediaType: INDEX_TYPE,
          manifests: Array.from({ length: count }, (_, at) => ({ ...usual, digest: digest(at) })),
        },
        INDEX_TYPE,
      );
    const list = async (tagged?: Content) =>
      listFallbackTag(fakeRepository({ ...(tagged !== undefined && { tagged }) }).repository, SUBJECT);
    expect(await list()).toEqual([]);
    expect(await list(await index(2))).toEqual([
      { digest: digest(0), via: 'fallback-tag', isLikely: true },
      { digest: digest(1), via: 'fallback-tag', isLikely: true },
    ]);
    const image = await content(
      { schemaVersion: 2, mediaType: MANIFEST_TYPE, config: {}, layers: [] },
      MANIFEST_TYPE,
    );
    expect(await list(image)).toEqual([]);
    await expect(list(await index(10_001))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('is not the image itself, which GitLab returns for the fallback tag', async () => {
    const manifests = [{ ...usual, digest: digest(1) }];
    const image = await content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }, INDEX_TYPE);
    const repository = { manifest: async () => ({ bytes: image.bytes, contentType: INDEX_TYPE }) };
    expect(await listFallbackTag(repository as unknown as RepositoryClient, image.digest as Digest)).toEqual(
      [],
    );
  });
});

describe('artifacts', () => {
  /** An artifact with one bundle, and the bundle. */
  async function artifact(at: number, subject: string | null = SUBJECT) {
    const blob = await content({ at }, BUNDLE_TYPE);
    const manifest = await content(
      {
        schemaVersion: 2,
        mediaType: MANIFEST_TYPE,
        config: { ...descriptor(blob), mediaType: 'any' },
        layers: [descriptor(blob)],
        ...(subject !== null && { subject: { mediaType: MANIFEST_TYPE, digest: subject, size: 1 } }),
      },
      MANIFEST_TYPE,
    );
    return { manifest, blob };
  }
  const item = (manifest: Content, more: Partial<Referrer> = {}): Referrer => ({
    digest: manifest.digest as Digest,
    via: 'referrers',
    isLikely: true,
    ...more,
  });
  const open = async (
    repository: RepositoryClient,
    referrers: Referrer[],
    wanted: string[] = [],
    beside: Promise<unknown> = Promise.resolve(),
  ) =>
    (await referrersToEvidence({ repository, subject: SUBJECT }, referrers, [...KIND], wanted, beside))
      .evidence;
  const codes = (evidence: Awaited<ReturnType<typeof open>>) =>
    evidence.map((one) => ('missing' in one ? one.missing.code : one.format));

  test('are opened once each, and keep the place where they were listed', async () => {
    const { manifest, blob } = await artifact(1);
    const { repository, asked } = fakeRepository({ contents: [manifest, blob] });
    const evidence = await open(repository, [item(manifest), item(manifest, { via: 'fallback-tag' })]);
    expect(codes(evidence)).toEqual(['sigstore-bundle']);
    expect(evidence[0]?.source).toEqual({
      manifest: manifest.digest,
      via: 'referrers',
      index: 0,
      layer: blob.digest,
    });
    expect(asked).toEqual([manifest.digest, blob.digest]);
  });

  test('about another subject are ignored; one without a subject is about the image whose list has it', async () => {
    const [own, other] = [await artifact(1, null), await artifact(2, digest(5))];
    const { repository } = fakeRepository({
      contents: [own.manifest, own.blob, other.manifest, other.blob],
    });
    const evidence = await open(repository, [item(other.manifest), item(own.manifest)]);
    expect(evidence.map(({ source }) => source.manifest)).toEqual([own.manifest.digest]);
  });

  test('that are missing, changed or unreadable are undecided if they are likely evidence, and skipped if listed as something else', async () => {
    const { manifest } = await artifact(1);
    const text = await content(new TextEncoder().encode('no JSON'), MANIFEST_TYPE);
    const index = await content({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [] }, INDEX_TYPE);
    const { repository } = fakeRepository({ contents: [text, index] });
    const swapped = fakeRepository({ contents: [{ ...text, digest: manifest.digest }] }).repository;
    const unreadable = (await listReferrers(
      fakeRepository({
        pages: [{ manifests: [{ mediaType: MANIFEST_TYPE, digest: `sha512:${'ab'.repeat(64)}`, size: 1 }] }],
      }).repository,
      SUBJECT,
    )) as [Referrer];
    for (const [from, listed] of [
      [repository, item(manifest)],
      [repository, item(text)],
      [repository, unreadable[0]],
    ] as const) {
      const [missing] = await open(from, [listed]);
      expect(missing).toMatchObject({ format: 'sigstore-bundle', missing: { code: 'REGISTRY_MALFORMED' } });
      const { digest: of } = listed;
      expect(missing?.source).toEqual({
        index: 0,
        via: 'referrers',
        ...(typeof of === 'string' && { manifest: of }),
      });
      expect(await open(from, [{ ...listed, isLikely: false }])).toEqual([]);
    }
    for (const isLikely of [true, false])
      expect(codes(await open(swapped, [item(manifest, { isLikely })]))).toEqual(['REGISTRY_MALFORMED']);
    expect(await open(repository, [item(index)])).toEqual([]);
  });

  test('beyond sixty-four are one undecided result; a defect is thrown', async () => {
    const all = await Promise.all(Array.from({ length: 66 }, (_, at) => artifact(at)));
    const { repository } = fakeRepository({
      contents: all.flatMap(({ manifest, blob }) => [manifest, blob]),
    });
    const listed = all.map(({ manifest }) => item(manifest));
    expect(codes(await open(repository, listed.slice(0, 64)))).toEqual(
      Array.from({ length: 64 }, () => 'sigstore-bundle'),
    );
    for (const count of [65, 66]) {
      const evidence = codes(await open(repository, listed.slice(0, count)));
      expect(evidence).toHaveLength(65);
      expect(evidence.at(-1)).toBe('LIMIT_EXCEEDED');
    }
    const broken = fakeRepository({
      before: () => {
        throw new TypeError('a defect');
      },
    }).repository;
    await expect(open(broken, listed.slice(0, 1))).rejects.toThrow('a defect');
  });

  test('beyond the first eight stay closed once what was found is enough, which is asked after eight and after as many more', async () => {
    const all = await Promise.all(Array.from({ length: 70 }, (_, at) => artifact(at)));
    const listed = all.map(({ manifest }) => item(manifest));
    for (const [from, opened] of [
      [1, 8],
      [9, 16],
    ] as const) {
      const { repository, asked } = fakeRepository({
        contents: all.flatMap(({ manifest, blob }) => [manifest, blob]),
      });
      const found: unknown[] = [];
      const isEnough = vi.fn(async () => found.length >= from);
      const search = {
        repository,
        subject: SUBJECT,
        onFound: (one: unknown) => void found.push(one),
        isEnough,
      };
      const { evidence, unopened } = await referrersToEvidence(search, listed, [...KIND], []);
      expect(codes(evidence)).toEqual(Array.from({ length: opened }, () => 'sigstore-bundle'));
      expect(asked).toHaveLength(2 * opened);
      expect(unopened).toEqual(listed.slice(opened));
      expect(isEnough).toHaveBeenCalledTimes(opened / 8);
    }
  });

  test('of a wanted type are finished first, then, after the image’s other places, those without a type, and last those of other types', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, (_, at) => artifact(at)));
    const types = ['other', undefined, 'other', 'wanted', 'also', undefined];
    const name = new Map(
      all.flatMap(({ manifest, blob }, at) => [manifest, blob].map((one) => [one.digest, at])),
    );
    const listed = all.map(({ manifest }, at) =>
      item(manifest, types[at] === undefined ? {} : { predicateType: types[at] as string }),
    );
    const events: (number | string)[] = [];
    let release: () => void = () => undefined;
    const beside = new Promise<void>((resolve) => {
      release = () => {
        events.push('beside');
        resolve();
      };
    });
    const { repository } = fakeRepository({
      contents: all.flatMap(({ manifest, blob }) => [manifest, blob]),
      before: async (reference) => {
        events.push(name.get(reference as Digest) ?? reference);
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
    });
    setTimeout(release, 50);
    const evidence = await open(repository, listed, ['wanted', 'also'], beside);
    const at = events.indexOf('beside');
    expect(events.slice(0, at).toSorted()).toEqual([3, 3, 4, 4]);
    expect(events.slice(at + 1, at + 5).toSorted()).toEqual([1, 1, 5, 5]);
    expect(events.slice(at + 5).toSorted()).toEqual([0, 0, 2, 2]);
    expect(evidence.map(({ source }) => name.get(source.manifest as Digest))).toEqual([3, 4, 1, 5, 0, 2]);
  });

  test('that can all run at once do not wait for each other, wanted types first', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, (_, at) => artifact(at)));
    const events: string[] = [];
    const { repository } = fakeRepository({
      contents: all.flatMap(({ manifest, blob }) => [manifest, blob]),
      before: async (reference) => {
        events.push(reference);
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
    });
    const listed = all.map(({ manifest }, at) =>
      item(manifest, { predicateType: at === 3 ? 'wanted' : 'other' }),
    );
    await open(repository, listed, ['wanted']);
    const manifests = new Set(all.map(({ manifest }) => manifest.digest));
    expect(events.slice(0, 4).every((one) => manifests.has(one as Digest))).toBe(true);
    expect(events[0]).toBe(all[3]?.manifest.digest);
  });
});
