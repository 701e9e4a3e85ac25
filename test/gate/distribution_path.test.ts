// Paths below /v2/: what is requested, from which repository of which registry.
import { expect, test } from 'vitest';
import { parseDistributionPath } from '../../src/gate/distribution_path.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const imageOf = (path: string, ns?: string) => parseDistributionPath(path, ns)?.image;

test('a path yields what is requested: a manifest, a blob, referrers or tags', () => {
  const image = { registry: 'ghcr.io', repository: 'a/b' };
  expect(parseDistributionPath('/v2/ghcr.io/a/b/manifests/1.0', undefined)).toMatchObject({
    what: 'manifest',
    image,
    reference: '1.0',
  });
  expect(parseDistributionPath(`/v2/ghcr.io/a/b/manifests/${DIGEST}`, undefined)).toMatchObject({
    what: 'manifest',
    image,
    digest: DIGEST,
  });
  expect(parseDistributionPath(`/v2/ghcr.io/a/b/blobs/${DIGEST}`, undefined)).toMatchObject({
    what: 'blob',
    image,
    digest: DIGEST,
  });
  expect(parseDistributionPath(`/v2/ghcr.io/a/b/referrers/${DIGEST}`, undefined)).toMatchObject({
    what: 'referrers',
    image,
    digest: DIGEST,
  });
  expect(parseDistributionPath('/v2/ghcr.io/a/b/tags/list', undefined)).toMatchObject({
    what: 'tags',
    image,
  });
});

test.each([
  '/v2/ghcr.io/a/b/tags/lists',
  '/v2/ghcr.io/a/b/tags/1.0',
  '/v2/ghcr.io/a/b/uploads/1',
  '/v2/manifests/1.0',
  '/v2/_catalog',
  '/x/v2/ghcr.io/a/manifests/1',
  `/v2/ghcr.io/a/blobs/${DIGEST}/x`,
])('%s is not a path of the gate', (path) => expect(parseDistributionPath(path, undefined)).toBeUndefined());

test.each<[string, string, string]>([
  ['ghcr.io/a', 'ghcr.io', 'a'],
  ['reg.example__5000/a/b', 'reg.example:5000', 'a/b'],
  ['localhost/a', 'localhost', 'a'],
  ['localhost__5000/a', 'localhost:5000', 'a'],
  ['box__5000/a', 'box:5000', 'a'],
  ['busybox', 'docker.io', 'library/busybox'],
  ['acme/app', 'docker.io', 'acme/app'],
  ['acme/app__5000', 'docker.io', 'acme/app__5000'],
  ['box__5000a/app', 'docker.io', 'box__5000a/app'],
])('the name %s is the registry %s, repository %s', (name, registry, repository) => {
  expect(imageOf(`/v2/${name}/manifests/1`)).toMatchObject({ registry, repository });
});

test('with a registry in ns= the whole name is the repository', () => {
  expect(imageOf('/v2/a/b/manifests/1', 'ghcr.io')).toMatchObject({ registry: 'ghcr.io', repository: 'a/b' });
  expect(imageOf('/v2/ghcr.io/a/manifests/1', 'mirror.example')).toMatchObject({
    registry: 'mirror.example',
    repository: 'ghcr.io/a',
  });
  expect(imageOf('/v2/localhost/manifests/1', 'ghcr.io')).toMatchObject({
    registry: 'ghcr.io',
    repository: 'localhost',
  });
});

test.each(['localhost', 'localhost:5000', 'reg.example', 'reg:5000', '127.0.0.1'])(
  'ns=%s is a registry',
  (ns) => expect(imageOf('/v2/app/manifests/1', ns)).toMatchObject({ registry: ns, repository: 'app' }),
);

test.each([
  '',
  'reg',
  'reg.example/acme',
  'reg.example/',
  'https://reg.example',
  'reg.example:x',
  'a b.example',
])('ns=%j is refused: it is no registry', (ns) =>
  expect(() => parseDistributionPath('/v2/app/manifests/1', ns)).toThrow(
    /^ns must be the host of a registry/,
  ),
);

test.each(['/v2/ghcr.io/manifests/1', '/v2/localhost/manifests/1', '/v2/reg.example__5000/tags/list'])(
  '%s is refused: it names a host without a repository',
  (path) => expect(() => parseDistributionPath(path, undefined)).toThrow(),
);
