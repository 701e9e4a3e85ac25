// Image names, and patterns that match them.
import { parseImageReference } from '../../../src/core/reference.ts';
import { matchesName, parseNamePattern } from '../../../src/core/trust/name_pattern.ts';
import { equal, throws } from '../support/assert.ts';
import { test } from '../table.ts';

test('A64 a pattern matches a whole name segment by segment, never a prefix', () => {
  const table: [pattern: string, name: string, matches: boolean][] = [
    ['ghcr.io/acme/*', 'ghcr.io/acme/app', true],
    ['ghcr.io/acme/*', 'ghcr.io/acme-evil/x', false],
    ['ghcr.io/acme/*', 'evil.com/ghcr.io/acme/x', false],
    ['ghcr.io/acme/*', 'ghcr.io/acme/../evil/x', false],
    ['ghcr.io/acme/*', 'ghcr.io/acme/a/b', false],
    ['ghcr.io/acme/*', 'ghcr.io/acme', false],
    ['ghcr.io/acme/*', 'xghcr.io/acme/app', false],
    ['ghcr.io/acme/*', 'ghcr.io/acme/app\nx/y', false],
    ['ghcr.io/acme/**', 'ghcr.io/acme/a/b', true],
    ['ghcr.io/acme/**', 'ghcr.io/acme', true],
    ['ghcr.io/acme/**', 'ghcr.io/acme-evil', false],
    ['**', 'docker.io/library/busybox', true],
    ['**/app', 'ghcr.io/acme/app', true],
    ['**/app', 'ghcr.io/acme/app2', false],
    ['ghcr.io/**/app', 'ghcr.io/app', true],
    ['ghcr.io/**/app', 'ghcr.io/a/b/c/app', true],
    ['ghcr.io/**/app', 'ghcr.io/a/b/c/app/x', false],
    ['ghcr.io/acme/app', 'ghcrxio/acme/app', false],
    ['ghcr.io/acme/app-*', 'ghcr.io/acme/app-1', true],
    ['ghcr.io/acme/app-*', 'ghcr.io/acme/app-', true],
    ['ghcr.io/acme/*-prod', 'ghcr.io/acme/a-prod', true],
    ['ghcr.io/acme/*-prod', 'ghcr.io/acme/a-prod-x', false],
    ['ghcr.io/*/*', 'ghcr.io/a/b', true],
    ['ghcr.io/*/*', 'ghcr.io/a', false],
    ['*.io/**', 'ghcr.io/a', true],
    ['reg.example:5000/a', 'reg.example:5000/a', true],
    ['reg.example:5000/a', 'reg.example/a', false],
    ['', '', true],
  ];
  for (const [pattern, name, matches] of table)
    equal(matchesName(pattern, name), matches, `${pattern} and ${name}`);
});

test('A64 an invalid pattern is refused', async () => {
  for (const bad of [
    '',
    '/',
    'a//b',
    '/a',
    'a/',
    'ghcr.io/acme/***',
    'ghcr.io/a**',
    'a**b/c',
    'Ghcr.io/a',
    'a b',
    'a\n',
    'ghcr.io/(a+)+$',
    'a?b',
    'a\\*',
    'a@b',
    'ä',
    '*'.repeat(600),
  ]) {
    await throws(() => parseNamePattern(bad), 'Malformed', JSON.stringify(bad));
  }
  for (const good of ['**', '*.example/**', 'ghcr.io/acme/*', 'reg.example:5000/**/x', 'localhost/a_b'])
    equal(parseNamePattern(good), good);
});

test('A65 a first segment with a dot or colon is a registry; if it is not a valid host, the name is refused, not read as one at Docker Hub', async () => {
  for (const bad of [
    'a__b.c/app',
    'a_b.example/x/y',
    '-a.example/app',
    'a-.example/app',
    'a..b/app',
    '.a/app',
  ])
    await throws(() => parseImageReference(bad), 'Malformed', bad);
  equal(parseImageReference('a__b/app').registry, 'docker.io', 'a user of Docker Hub');
});

test('a repository may have 255 characters, including the library/ that Docker Hub implies; 256 are refused', async () => {
  for (const [name, before] of [
    ['', 'library/'],
    ['ghcr.io/', ''],
  ] as const) {
    const longest = 'a'.repeat(255 - before.length);
    equal(parseImageReference(`${name}${longest}`).repository, `${before}${longest}`);
    await throws(() => parseImageReference(`${name}${longest}a`), 'Malformed');
  }
});

test('A75 long references are refused, and matching a hostile pattern ends', async () => {
  const long = 'a'.repeat(100_000);
  for (const reference of [
    long,
    `ghcr.io/${'a/'.repeat(50_000)}b`,
    `a${'-'.repeat(100_000)}`,
    `${'a_'.repeat(50_000)}`,
    `ghcr.io/a:${long}`,
    `ghcr.io/a@sha256:${long}`,
    '@'.repeat(100_000),
    `${'a.'.repeat(50_000)}!/a`,
  ]) {
    await throws(() => parseImageReference(reference), 'Malformed', reference.slice(0, 20));
  }
  for (const shape of ['a', 'a-', 'a__', '.a', 'a.', '--']) {
    const almost = `${shape.repeat(250).slice(0, 250)}!`;
    await throws(() => parseImageReference(almost), 'Malformed', almost.slice(0, 20));
  }
  const hostile = `${'*a'.repeat(250)}b`;
  equal(matchesName(hostile, 'a'.repeat(500)), false);
  equal(matchesName(`${'**/'.repeat(150)}x`, 'a/'.repeat(250).slice(0, -1)), false);
});
