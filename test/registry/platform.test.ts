// Platforms: their syntax, which leaf of an index matches, and the platform in an image's configuration. docs/abuse.md: A34.
import { describe, expect, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { formatPlatform, isConfigFor, parsePlatform, selectLeaf } from '../../src/registry/platform.ts';
import { utf8 } from '../support/bytes.ts';

test.each(['linux/amd64', 'linux/arm/v7', 'windows/amd64', 'linux/arm64/v8', 'wasip1/wasm'])(
  '%s is parsed and written back',
  (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  },
);

test.each([
  ['linux/x86_64', 'linux/amd64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/aarch64/v8', 'linux/arm64/v8'],
  ['linux/i386', 'linux/386'],
])('%s, as uname -m has it, is %s', (text, platform) => {
  expect(formatPlatform(parsePlatform(text))).toBe(platform);
});

test.each([
  '',
  'linux',
  'linux/',
  '/amd64',
  'linux/amd64/',
  'linux/amd64/v1/x',
  'Linux/amd64',
  'linux/amd64\n',
  ' linux/amd64',
  '*/*',
  `linux/${'a'.repeat(33)}`,
])('%j is not a platform', (text) => {
  expect(() => parsePlatform(text)).toThrow(Malformed);
});

const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
const entry = (n: number, architecture: string, variant?: string) => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digest(n),
  size: 1,
  platform: { os: 'linux', architecture, ...(variant !== undefined && { variant }) },
});
const chosen = (manifests: Parameters<typeof selectLeaf>[0], wanted: string) => {
  const leaf = selectLeaf(manifests, parsePlatform(wanted));
  return typeof leaf === 'object' ? leaf.digest : leaf;
};

describe('the matching leaf of an index', () => {
  test('is chosen by architecture, and by variant if one is named', () => {
    const index = [entry(1, 'amd64'), entry(2, 'arm64', 'v8'), entry(3, 'arm', 'v6'), entry(4, 'arm', 'v7')];
    expect(chosen(index, 'linux/amd64')).toBe(digest(1));
    expect(chosen(index, 'linux/arm64')).toBe(digest(2));
    expect(chosen(index, 'linux/arm/v6')).toBe(digest(3));
    expect(chosen(index, 'linux/arm/v7')).toBe(digest(4));
    expect(chosen(index, 'linux/arm')).toBe('ambiguous');
    expect(chosen(index, 'linux/riscv64')).toBeUndefined();
    expect(chosen(index, 'windows/amd64')).toBeUndefined();
    expect(chosen(index, 'linux/amd64/v3')).toBeUndefined();
  });

  test('has the architecture’s default variant if none or an empty one is named', () => {
    for (const variant of ['', null] as string[])
      expect(chosen([entry(1, 'arm64', variant)], 'linux/arm64/v8')).toBe(digest(1));
    expect(chosen([entry(1, 'arm', ''), entry(2, 'arm', 'v6')], 'linux/arm')).toBe(digest(1));
    expect(chosen([{ ...entry(1, 'arm'), platform: null }, entry(2, 'arm')], 'linux/arm')).toBe(digest(2));
    expect(chosen([entry(1, 'arm64')], 'linux/arm64/v8')).toBe(digest(1));
    expect(chosen([entry(1, 'arm64', 'v8')], 'linux/arm64')).toBe(digest(1));
    expect(chosen([entry(1, 'arm')], 'linux/arm/v7')).toBe(digest(1));
    expect(chosen([entry(1, 'arm')], 'linux/arm/v6')).toBeUndefined();
    expect(chosen([entry(1, 'arm64')], 'linux/arm64/v9')).toBeUndefined();
  });

  test('may be described as uname -m names it', () => {
    const index = [entry(1, 'x86_64'), entry(2, 'aarch64'), entry(3, 'arm64', 'v8')];
    expect(chosen(index, 'linux/amd64')).toBe(digest(1));
    expect(chosen(index, 'linux/x86_64')).toBe(digest(1));
    expect(chosen(index, 'linux/arm64')).toBe('ambiguous');
    expect(chosen([entry(2, 'aarch64')], 'linux/arm64/v8')).toBe(digest(2));
  });

  test('is the one without a variant if several match; one digest listed twice counts once', () => {
    expect(chosen([entry(1, 'amd64', 'v3'), entry(2, 'amd64'), entry(3, 'amd64', 'v2')], 'linux/amd64')).toBe(
      digest(2),
    );
    expect(chosen([entry(1, 'amd64'), entry(2, 'amd64')], 'linux/amd64')).toBe('ambiguous');
    expect(chosen([entry(1, 'amd64', 'v3'), entry(2, 'amd64', 'v2')], 'linux/amd64')).toBe('ambiguous');
    expect(chosen([entry(1, 'amd64'), entry(1, 'amd64')], 'linux/amd64')).toBe(digest(1));
  });

  test('A34 is ambiguous, not the first, if two entries spell one platform differently', () => {
    for (const [architecture, variant] of [
      ['arm64', 'v8'],
      ['arm', 'v7'],
      ['amd64', 'v1'],
    ] as const) {
      const twice = [entry(1, architecture), entry(2, architecture, variant)];
      for (const index of [twice, twice.toReversed()]) {
        expect(chosen(index, `linux/${architecture}`)).toBe('ambiguous');
        expect(chosen(index, `linux/${architecture}/${variant}`)).toBe('ambiguous');
      }
      const same = [entry(1, architecture), entry(1, architecture, variant)];
      expect(chosen(same, `linux/${architecture}`)).toBe(digest(1));
      expect(chosen([entry(1, architecture), entry(2, architecture, 'v9')], `linux/${architecture}`)).toBe(
        digest(1),
      );
    }
  });
});

test.each([
  [{ os: 'linux', architecture: 'amd64' }, 'linux/amd64', true],
  [{ os: 'linux', architecture: 'arm', variant: 'v6' }, 'linux/arm/v6', true],
  [{ os: 'linux', architecture: 'arm', variant: 'v6' }, 'linux/arm/v7', false],
  [{ os: 'linux', architecture: 'arm', variant: 'v6' }, 'linux/arm', true],
  [{ os: 'linux', architecture: 'arm', variant: 7 }, 'linux/arm/v7', true],
  [{ os: 'linux', architecture: 'arm64' }, 'linux/amd64', false],
  [{ os: 'linux' }, 'linux/amd64', false],
  [{ architecture: 'amd64' }, 'linux/amd64', false],
  [{ os: 7, architecture: 'amd64' }, 'linux/amd64', false],
  [{ os: 'linux', architecture: ['amd64'] }, 'linux/amd64', false],
  [{ os: 'linux', architecture: 'arm64', variant: '' }, 'linux/arm64/v8', true],
  [{ os: 'linux', architecture: 'arm64', variant: null }, 'linux/arm64/v8', true],
  [{}, 'linux/amd64', false],
])('the configuration %j matches %s: %s', (config, wanted, fits) => {
  expect(isConfigFor(utf8(JSON.stringify(config)), parsePlatform(wanted))).toBe(fits);
});

test.each(['', 'null', '[]', '{', '"linux/amd64"'])('the configuration %j has no platform', (text) => {
  expect(() => isConfigFor(utf8(text), parsePlatform('linux/amd64'))).toThrow(Malformed);
});
