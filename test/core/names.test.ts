// The exact syntax of references, repository names and patterns.
import { describe, expect, test } from 'vitest';
import {
  formatReference,
  isRegistryName,
  MAX_REFERENCE_LENGTH,
  normalizeRegistry,
  parseImageReference,
  parseReference,
  parseRepositoryName,
} from '../../src/core/reference.ts';
import { MAX_PATTERN_LENGTH, matchesName, parseNamePattern } from '../../src/core/trust/name_pattern.ts';
import { problem } from '../support/problem.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('a reference', () => {
  test.each<[string, object]>([
    ['a', { path: 'a' }],
    ['a/b', { domain: 'a', path: 'b' }],
    ['a.b:1/c:2', { domain: 'a.b:1', path: 'c', tag: '2' }],
    ['A.B/c', { domain: 'A.B', path: 'c' }],
    ['a-b.c-d/e', { domain: 'a-b.c-d', path: 'e' }],
    ['[::1]:5000/c', { domain: '[::1]:5000', path: 'c' }],
    ['[aF0:9]/c', { domain: '[aF0:9]', path: 'c' }],
    ['x/a.b_c__d-e--f/0', { domain: 'x', path: 'a.b_c__d-e--f/0' }],
    ['a:_', { path: 'a', tag: '_' }],
    ['a:Z.z-0', { path: 'a', tag: 'Z.z-0' }],
    [`a:${'t'.repeat(128)}`, { path: 'a', tag: 't'.repeat(128) }],
    [`a@${DIGEST}`, { path: 'a', digest: DIGEST }],
    [`a:1@${DIGEST}`, { path: 'a', tag: '1', digest: DIGEST }],
  ])('%s is split into its parts', (text, parts) => {
    const read = parseReference(text);
    expect(read).toEqual(parts);
    expect(Object.keys(read).sort()).toEqual(Object.keys(parts).sort());
  });

  test.each<[string, string]>([
    ['', 'is empty'],
    [`a@${DIGEST}@${DIGEST}`, 'contains more than one @'],
    ['a@sha256:x', 'has a digest that is not sha256: and 64 lower-case hexadecimal digits'],
    ['a@', 'has a digest that is not sha256: and 64 lower-case hexadecimal digits'],
    ['a:', 'has an invalid tag: use at most 128 letters, digits, "_", "." and "-"'],
    ['a:.x', 'has an invalid tag: use at most 128 letters, digits, "_", "." and "-"'],
    ['a:-x', 'has an invalid tag: use at most 128 letters, digits, "_", "." and "-"'],
    ['a:x y', 'contains white space'],
    [':x y', 'contains white space'],
    [' a', 'contains white space'],
    ['a ', 'contains white space'],
    ['a\n', 'contains white space'],
    ['docker://a', 'begins with a scheme: leave out "docker://"'],
    ['docker-daemon://a', 'begins with a scheme: leave out "docker-daemon://"'],
    ['OCI://a.b/c', 'begins with a scheme: leave out "OCI://"'],
    ['a.b/oci://c', 'is not of the form registry/repository:tag@digest'],
    ['a:x:y', 'has an invalid tag: use at most 128 letters, digits, "_", "." and "-"'],
    [`a:${'t'.repeat(129)}`, 'has an invalid tag: use at most 128 letters, digits, "_", "." and "-"'],
    ['a/B', 'has upper case in the repository; it is allowed only in tags'],
    ['x.y/A/b', 'has upper case in the repository; it is allowed only in tags'],
    ...[
      '/a',
      'a/',
      'a//b',
      'x/.a',
      'x/a.',
      'x/a..b',
      'x/a___b',
      'x/a_-b',
      'x/-a',
      'x/a-',
      '-a.b/c',
      'a-.b/c',
      'a..b/c',
      'a.b:/c',
      'a.b:x/c',
      '[::g]/c',
      '[]/c',
      '[::1/c',
      'x/é',
    ].map((text): [string, string] => [text, 'is not of the form registry/repository:tag@digest']),
  ])('%j is refused with the reason', (text, message) => {
    expect(problem(() => parseReference(text))).toBe(`reference: ${message}`);
  });

  test('has a maximum length', () => {
    const long = (length: number) => `${'a'.repeat(200)}.x/${'b'.repeat(length - 203)}`;
    expect(problem(() => parseReference(long(MAX_REFERENCE_LENGTH)))).toBe(
      'reference: has a repository longer than 255 characters',
    );
    expect(problem(() => parseReference(long(MAX_REFERENCE_LENGTH + 1)))).toBe(
      'reference: is longer than 512 characters',
    );
    const tagged = `${'a'.repeat(251)}.x/${'b'.repeat(255)}:${'t'.repeat(2)}`;
    expect(tagged).toHaveLength(MAX_REFERENCE_LENGTH);
    expect(parseReference(tagged).tag).toBe('tt');
  });
});

describe('an image', () => {
  test.each<[string, string]>([
    ['busybox', 'docker.io/library/busybox:latest'],
    ['a/b', 'docker.io/a/b:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['index.docker.io/a/b:1', 'docker.io/a/b:1'],
    ['registry-1.docker.io/a', 'docker.io/library/a:latest'],
    ['localhost/a', 'localhost/a:latest'],
    ['GHCR.io/a', 'ghcr.io/a:latest'],
    ['ghcr.io:443/a', 'ghcr.io/a:latest'],
    ['ghcr.io:0443/a', 'ghcr.io/a:latest'],
    ['ghcr.io:05000/a', 'ghcr.io:5000/a:latest'],
    ['ghcr.io:00443/a', 'ghcr.io/a:latest'],
    ['[::01]:5000/a', '[::1]:5000/a:latest'],
    ['1.2.3/a', '1.2.0.3/a:latest'],
    ['0x7f.1:5000/a', '127.0.0.1:5000/a:latest'],
    ['ghcr.io:4430/a', 'ghcr.io:4430/a:latest'],
    ['ghcr.io:1443/a', 'ghcr.io:1443/a:latest'],
    [`a@${DIGEST}`, `docker.io/library/a@${DIGEST}`],
    [`a:1@${DIGEST}`, `docker.io/library/a:1@${DIGEST}`],
    [`${'b'.repeat(64)}x`, `docker.io/library/${'b'.repeat(64)}x:latest`],
    ['a.b/c', 'a.b/c:latest'],
    ['a:1/c', 'a:1/c:latest'],
  ])('%s is normalised to %s', (text, whole) =>
    expect(formatReference(parseImageReference(text))).toBe(whole),
  );

  test('has only the fields that the reference states', () => {
    expect(parseImageReference(`a@${DIGEST}`)).toEqual({
      registry: 'docker.io',
      repository: 'library/a',
      digest: DIGEST,
    });
    expect(Object.keys(parseImageReference(`a@${DIGEST}`))).not.toContain('tag');
    expect(Object.keys(parseImageReference('a'))).not.toContain('digest');
  });

  test.each<[string, string]>([
    ['b'.repeat(64), 'is an image id, not a name; write name@sha256:…'],
    [DIGEST, 'is an image id, not a name; write name@sha256:…'],
    ['sha256:abcdef12', 'is an image id, not a name; write name@sha256:…'],
    ['blake3:abcdef12', 'is an image id, not a name; write name@sha256:…'],
    ['sha512:v1', 'is an image id, not a name; write name@sha256:…'],
    ['a_b.c/d', 'begins with what looks like a registry but is not a valid host: a_b.c'],
    ['Acme/app', 'has upper case in the repository; it is allowed only in tags'],
  ])('%s is refused with the reason', (text, message) => {
    expect(problem(() => parseImageReference(text))).toBe(`reference: ${message}`);
  });

  test.each([
    ['sha256', 'library/sha256'],
    ['docker.io/library/sha256:abcdef12', 'library/sha256'],
    ['acme/sha256:abcdef12', 'acme/sha256'],
    [`sha256@${DIGEST}`, 'library/sha256'],
    ['sha256sum:1', 'library/sha256sum'],
    ['b'.repeat(63), `library/${'b'.repeat(63)}`],
  ])('%s is a name, not an image id', (text, repository) => {
    expect(parseImageReference(text).repository).toBe(repository);
  });

  test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'Docker.IO:443'])(
    '%s is Docker Hub',
    (host) => expect(normalizeRegistry(host)).toBe('docker.io'),
  );
  test.each(['docker.io.evil', 'xindex.docker.io', 'index.docker.io.evil', 'docker.io:80', 'a:443x'])(
    '%s is not Docker Hub',
    (host) => expect(normalizeRegistry(host)).toBe(host),
  );
});

describe('a repository', () => {
  test('is a name without tag or digest', () => {
    expect(parseRepositoryName('ghcr.io/a/b')).toEqual({ registry: 'ghcr.io', repository: 'a/b' });
    expect(parseRepositoryName('latest')).toEqual({ registry: 'docker.io', repository: 'library/latest' });
    expect(parseRepositoryName('ghcr.io/latest')).toEqual({ registry: 'ghcr.io', repository: 'latest' });
    for (const text of ['a:1', 'a:latest', `a@${DIGEST}`, `a:1@${DIGEST}`])
      expect(problem(() => parseRepositoryName(text))).toBe(
        'reference: must be a repository: leave out the tag and digest',
      );
  });
});

describe('a pattern', () => {
  const segments = 'expected lower-case name segments between slashes, with * in a segment or ** as one';
  test.each<[string, string]>([
    ['x'.repeat(MAX_PATTERN_LENGTH + 1), 'longer than 512 characters'],
    ...[
      '',
      'ghcr.io//a',
      '/a',
      'ghcr.io/',
      'ghcr.io/A',
      'ghcr.io/a b',
      'ghcr.io/.',
      'ghcr.io/..',
      'ghcr.io/a@b',
      '../a',
      'ghcr.io/a$',
    ].map((text): [string, string] => [text, segments]),
    ['ghcr.io/***', '** must be a segment of its own'],
    ['ghcr.io/a**', '** must be a segment of its own'],
    ['nginx', 'must begin with the registry: docker.io/library/nginx, not nginx'],
    ['acme/app', 'must begin with the registry: docker.io/library/nginx, not nginx'],
    ['index.docker.io/a/b', 'write the registry as docker.io'],
    ['ghcr.io:443/a', 'write the registry as ghcr.io'],
    ['ghcr.io', 'a registry by itself matches no image; add /** for all of its images'],
    ['*', 'a registry by itself matches no image; add /** for all of its images'],
    ['docker.io/nginx', 'Docker Hub images without an owner are in docker.io/library'],
    ['docker.io/*', 'Docker Hub images without an owner are in docker.io/library'],
    ['ghcr.io/a:1', 'tags and digests are not part of a name'],
    ['ghcr.io/a/b:1', 'tags and digests are not part of a name'],
    ...['ghcr.io.', '.ghcr.io', 'ghcr..io', '-a.example', 'a.example:123456', '[::1'].map(
      (host): [string, string] => [`${host}/**`, `${host} is not a valid host`],
    ),
    ...['a..b', 'a-', '-a', 'a___b', '_a', 'a.-b', '[a]', '*-', '_*', 'a..*', '.*'].flatMap((odd) =>
      [`ghcr.io/${odd}`, `ghcr.io/x/${odd}/**`].map((text): [string, string] => [
        text,
        `no repository can have the segment ${odd}: use letters and digits, separated by ., _, __ or dashes`,
      ]),
    ),
  ])('%s is refused with the reason', (text, message) => {
    expect(problem(() => parseNamePattern(text))).toBe(`pattern: ${message}`);
  });

  test.each([
    '**',
    'ghcr.io/**',
    'docker.io/**',
    'docker.io/library/*',
    '*/a',
    'localhost/a',
    'reg:5000/a',
    '[::1]:5000/a',
    'ghcr.io/a_b.c-d*/**',
    'ghcr.io/a-*/*_b/a__*/a---b/*.*/**',
    '*.example/a',
    'reg.example:*/a',
    '[2001:*]:5000/a',
    `a.b/${'c'.repeat(MAX_PATTERN_LENGTH - 4)}`,
  ])('%s is accepted', (text) => expect(parseNamePattern(text)).toBe(text));

  test.each<[string, string, boolean]>([
    ['a/*/c', 'a/b/c', true],
    ['a/*/c', 'a/c', false],
    ['a/**', 'a', true],
    ['**/c', 'c', true],
    ['**/c', 'a/b/c', true],
    ['a/**/c', 'a/b/b/c', true],
    ['a/**/b/**/c', 'a/x/b/y/c', true],
    ['a/**/b/**/c', 'a/x/y/c', false],
    ['a/x*y*z', 'a/xyyyz', true],
    ['a/x*y*z', 'a/xz', false],
    ['a/*ab', 'a/aab', true],
    ['a/*', 'a/', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/b*', 'a/b', true],
    ['a/b**', 'a/b', true],
  ])('%s matches %s: %s', (pattern, name, matches) => expect(matchesName(pattern, name)).toBe(matches));
});

describe('the name of a registry', () => {
  test.each<[string, boolean]>([
    ['a', true],
    ['a:5000', true],
    ['a1.b-2.example', true],
    ['1.2.3.4:65535', true],
    ['[::1]', true],
    ['[2001:db8::1.2.3.4]:5000', true],
    ['', false],
    ['-a', false],
    ['a-', false],
    ['a..b', false],
    ['a.', false],
    ['A', false],
    ['a_b', false],
    ['a:', false],
    ['a:65536', false],
    ['a:123456', false],
    ['[x]', false],
    ['[]', false],
    ['::1', false],
    ['1.2.3.256', false],
    ['a/b', false],
  ])('%j is valid: %s', (text, isOne) => expect(isRegistryName(text)).toBe(isOne));
});
