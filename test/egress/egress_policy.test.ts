// Where a call may go: to listed registries, by redirect to any public host, and to origins that the call itself names.
import { describe, expect, test } from 'vitest';
import {
  type EgressPolicy,
  hopProblem,
  isRegistryAllowed,
  listedHopProblem,
} from '../../src/egress/egress_policy.ts';

const policy: EgressPolicy = {
  registries: new Set(['docker.io', 'reg.internal', 'reg.example:5000', 'localhost:5000']),
  anyPublicRegistry: false,
  insecure: new Set(['localhost:5000']),
};
const CREDENTIALS = 'a URL with credentials in it';
const PRIVATE = 'a private or internal host';

test.each([
  ['docker.io', true, true],
  ['reg.internal', true, true],
  ['ghcr.io', false, true],
  ['ghcr.io:8443', false, true],
  ['reg.example', false, true],
  ['other.internal', false, false],
  ['127.0.0.1:5000', false, false],
  ['localhost', false, false],
  ['a b', false, false],
])('the registry %s: allowed by the list %s, by REGISTRIES=* %s', (registry, isListed, isPublic) => {
  expect(isRegistryAllowed(policy, registry)).toBe(isListed);
  expect(isRegistryAllowed({ ...policy, anyPublicRegistry: true }, registry)).toBe(isPublic);
});

describe('a hop', () => {
  const named = new Set(['http://localhost:5000', 'https://10.0.0.1']);
  test.each([
    ['https://cdn.example/a', undefined],
    ['https://reg.internal/a', undefined],
    ['https://reg.internal:8443/a', PRIVATE],
    ['https://10.0.0.1/a', undefined],
    ['https://10.0.0.1:8443/a', PRIVATE],
    ['http://localhost:5000/a', undefined],
    ['https://localhost:5000/a', undefined],
    ['http://cdn.example/a', 'the scheme http:'],
    ['http://reg.internal/a', 'the scheme http:'],
    ['file:///etc/passwd', 'the scheme file:'],
    ['https://user@cdn.example/a', CREDENTIALS],
    ['https://:password@cdn.example/a', CREDENTIALS],
    ['http://user@localhost:5000/a', CREDENTIALS],
  ])('to %s: %s', (url, problem) => {
    expect(hopProblem(policy, new URL(url), named)).toBe(problem);
  });
});

describe('a hop of a download', () => {
  const hosts = new Set(['files.example', 'localhost:5000', 'nas.internal']);
  const elsewhere = 'a host that is not in DOWNLOAD_HOSTS';
  test.each([
    ['https://files.example/a', undefined],
    ['https://nas.internal/a', undefined],
    ['http://localhost:5000/a', undefined],
    ['https://localhost:5000/a', undefined],
    ['http://files.example/a', 'the scheme http:'],
    ['ftp://files.example/a', 'the scheme ftp:'],
    ['ftp://localhost:5000/a', 'the scheme ftp:'],
    ['https://files.example:8443/a', elsewhere],
    ['https://a.files.example/a', elsewhere],
    ['https://docker.io/a', elsewhere],
    ['https://user@files.example/a', CREDENTIALS],
    ['https://:password@files.example/a', CREDENTIALS],
  ])('to %s: %s', (url, problem) => {
    expect(listedHopProblem(policy, new URL(url), hosts)).toBe(problem);
  });
});
