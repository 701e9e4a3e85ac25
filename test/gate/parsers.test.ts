// Properties of the gate's parsers of paths and headers.

import { parseRange } from '../../src/gate/bodies/range.ts';
import { BadPathRequest, parseDistributionPath } from '../../src/gate/distribution_path.ts';
import { testTextParsers } from '../support/parser_tests.ts';

testTextParsers([
  {
    name: 'path',
    parse: (path) => parseDistributionPath(path, undefined),
    valid: [
      '/v2/ghcr.io/a/b/manifests/1',
      `/v2/reg.example__5000/a/blobs/sha256:${'a'.repeat(64)}`,
      '/v2/a/tags/list',
    ],
    errors: [BadPathRequest],
  },
  {
    name: 'registry beside the path',
    parse: (ns) => parseDistributionPath('/v2/a/tags/list', ns),
    valid: ['ghcr.io'],
    errors: [BadPathRequest],
  },
  {
    name: 'Range',
    parse: (header) => parseRange(header, 1000),
    valid: ['bytes=0-9', 'bytes=-5', 'bytes=990-'],
  },
]);
