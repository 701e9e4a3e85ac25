// Properties of the parsers of registry answers and registry settings.
import { parseChallenges } from '../../src/registry/challenge.ts';
import { parseDockerConfig } from '../../src/registry/credentials.ts';
import { nextPage } from '../../src/registry/link.ts';
import { parseManifest, UnsupportedManifest } from '../../src/registry/manifest.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import { testByteParsers, testTextParsers } from '../support/parser_tests.ts';
import { INDEX_TYPE, MANIFEST_TYPE, makeImage, makeIndex } from '../support/sign_image.ts';

const image = await makeImage('parsers');
const index = await makeIndex([{ image, platform: { os: 'linux', architecture: 'amd64' } }]);

testByteParsers([
  {
    name: 'image manifest',
    parse: (bytes) => parseManifest(bytes, MANIFEST_TYPE),
    valid: [image.bytes],
    errors: [UnsupportedManifest],
  },
  {
    name: 'index',
    parse: (bytes) => parseManifest(bytes, INDEX_TYPE),
    valid: [index.bytes],
    errors: [UnsupportedManifest],
  },
]);

testTextParsers([
  {
    name: 'WWW-Authenticate',
    parse: parseChallenges,
    valid: [
      'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull", Basic realm="x"',
    ],
  },
  {
    name: 'Link',
    parse: (header) => nextPage(header, 'https://reg.example/v2/a/tags/list'),
    valid: [
      '</v2/a/tags/list?last=b&n=5>; rel="next"',
      '<x>; rel=prev, </v2/a/tags/list?n=1>; rel="a next"; title="b"',
    ],
  },
  { name: 'platform', parse: parsePlatform, valid: ['linux/amd64', 'linux/arm/v7'] },
  {
    name: 'Docker config.json',
    parse: parseDockerConfig,
    valid: [
      '{"auths":{"ghcr.io":{"auth":"dXNlcjpwYXNz"},"reg.example:5000":{"username":"a","password":"b"}}}',
    ],
  },
]);
