// Docker's config.json: one credential per host and port, no default, and errors that name the place but not the value. docs/abuse.md: A37,
// A38, A107.
import { expect, test } from 'vitest';
import { Malformed } from '../../src/core/encoding/malformed.ts';
import { parseDockerConfig } from '../../src/registry/credentials.ts';

const config = (auths: unknown) => JSON.stringify({ auths });
const auth = (pair: string) => ({ auth: btoa(pair) });

test('hosts are accepted as Docker writes them', () => {
  const credentials = parseDockerConfig(
    config({
      'https://index.docker.io/v1/': auth('hub:a'),
      'GHCR.io': { username: 'gh', password: 'b' },
      'https://reg.example:5000/v2/': auth('reg:c:with:colons'),
      'quay.io:443': auth(':d'),
      'http://plain.example/': auth('e:f'),
      'https://one.example/v1': auth('g:h'),
    }),
  );
  expect(Object.fromEntries(credentials)).toEqual({
    'docker.io': { username: 'hub', password: 'a' },
    'ghcr.io': { username: 'gh', password: 'b' },
    'reg.example:5000': { username: 'reg', password: 'c:with:colons' },
    'quay.io': { username: '', password: 'd' },
    'plain.example': { username: 'e', password: 'f' },
    'one.example': { username: 'g', password: 'h' },
  });
  expect(parseDockerConfig('{}').size).toBe(0);
});

test('a host may occur twice with the same credential, and name its token service', () => {
  const entry = { ...auth('robot:a'), tokenService: 'https://GitLab.example' };
  const credentials = parseDockerConfig(
    config({ 'registry.gitlab.example': entry, 'https://registry.gitlab.example/v2': entry }),
  );
  expect([...credentials]).toEqual([
    ['registry.gitlab.example', { username: 'robot', password: 'a', tokenService: 'https://gitlab.example' }],
  ]);
});

test('an error names the place', () => {
  expect(() => parseDockerConfig(config({ 'quay.io': { auth: 7 } }))).toThrow('auths["quay.io"].auth');
  expect(() => parseDockerConfig(config({ 'quay.io/a': auth('b:c') }))).toThrow('auths["quay.io/a"]');
});

test.each([
  'canary',
  '[]',
  config([]),
  config({ x: null }),
  config({ x: 'canary' }),
  config({ x: {} }),
  config({ x: { auth: 'canary!' } }),
  config({ x: auth('canary-without-colon') }),
  config({ x: { auth: 7 } }),
  config({ x: { username: 'canary' } }),
  config({ x: { identitytoken: 'canary' } }),
  config({ x: { ...auth('robot:canary'), identitytoken: 'canary' } }),
  config({ '*': auth('robot:canary') }),
  config({ '*.azurecr.io': auth('robot:canary') }),
  config({ '': auth('robot:canary') }),
  config({ 'quay.io/orga': auth('robot:canary') }),
  config({ 'https://quay.io/v2/orga': auth('robot:canary') }),
  config({ 'quay.io/v3/': auth('robot:canary') }),
  config({ 'quay.io//': auth('robot:canary') }),
  config({ 'quay.io/\n': auth('robot:canary') }),
  config({ 'a https://quay.io': auth('robot:canary') }),
  config({ 'ftp://quay.io': auth('robot:canary') }),
  config({ 'quay.io': auth('a:canary'), 'https://quay.io': auth('b:canary') }),
  config({ 'quay.io': auth('a:canary'), 'https://quay.io': auth('a:other') }),
  config({
    'quay.io': auth('a:canary'),
    'https://quay.io': { ...auth('a:canary'), tokenService: 'https://x.example' },
  }),
  config({ x: { ...auth('robot:canary'), tokenService: 7 } }),
  config({ x: { ...auth('robot:canary'), tokenService: 'x.example' } }),
  config({ x: { ...auth('robot:canary'), tokenService: 'http://x.example' } }),
  config({ x: { ...auth('robot:canary'), tokenService: 'https://x.example/jwt/auth' } }),
  config({ x: { ...auth('robot:canary'), tokenService: 'https://robot@x.example' } }),
  '{"auths":{"x":{"auth":"YTpi"},"x":{"auth":"canary"}}}',
])('%s is refused, and its value is not shown', (text) => {
  let error: unknown;
  try {
    parseDockerConfig(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(Malformed);
  expect(String(error)).not.toContain('canary');
});
