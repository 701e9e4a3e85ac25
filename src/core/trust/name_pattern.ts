// Patterns for full names: `*` matches any part of one segment, `**` zero or more whole segments. Patterns are matched segment by segment
// with bounded backtracking, so none is a plain text prefix and none can be made slow.
import { Malformed } from '../encoding/malformed.ts';
import { isPathComponent, isRegistryName, normalizeRegistry } from '../reference.ts';

/** In characters. Longer than any name that a pattern can match. */
export const MAX_PATTERN_LENGTH = 512;
const SEGMENT = /^(?:\*\*|[a-z0-9._:[\]*-]+)$/;

/** Rejects patterns that can never match a full name: an administrator who writes one means something else. Throws `Malformed`. */
export function parseNamePattern(text: string): string {
  const fail = (problem: string): never => {
    throw new Malformed('pattern', problem);
  };
  if (text.length > MAX_PATTERN_LENGTH) fail(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const segments = text.split('/');
  for (const segment of segments) {
    if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
      fail('expected lower-case name segments between slashes, with * in a segment or ** as one');
    }
    if (segment.includes('**') && segment !== '**') fail('** must be a segment of its own');
  }
  const [host = '', ...rest] = segments;
  if (!/[.:*]/.test(host) && host !== 'localhost')
    fail('must begin with the registry: docker.io/library/nginx, not nginx');
  if (normalizeRegistry(host) !== host) fail(`write the registry as ${normalizeRegistry(host)}`);
  if (rest.length === 0 && host !== '**')
    fail('a registry by itself matches no image; add /** for all of its images');
  if (host === 'docker.io' && rest.length === 1 && rest[0] !== '**')
    fail('Docker Hub images without an owner are in docker.io/library');
  if (rest.some((segment) => segment.includes(':'))) fail('tags and digests are not part of a name');
  if (!host.includes('*') && !isRegistryName(host)) fail(`${host} is not a valid host`);
  const odd = rest.find((segment) => !isPathComponent(segment.replaceAll('*', 'a')));
  if (odd !== undefined)
    fail(
      `no repository can have the segment ${odd}: use letters and digits, separated by ., _, __ or dashes`,
    );
  return text;
}

export function matchesName(pattern: string, name: string): boolean {
  return matchSequence(pattern.split('/'), name.split('/'), '**', matchSegment);
}

function matchSegment(pattern: string, segment: string): boolean {
  return matchSequence(pattern, segment, '*', (a, b) => a === b);
}

/** Greedy wildcard matching with a single backtracking point: O(pattern × input), no recursion. */
function matchSequence(
  pattern: ArrayLike<string>,
  input: ArrayLike<string>,
  wildcard: string,
  equal: (p: string, i: string) => boolean,
): boolean {
  let p = 0;
  let i = 0;
  let star = -1;
  let resume = 0;
  while (i < input.length) {
    const expected = pattern[p];
    if (expected === wildcard) {
      star = p++;
      resume = i;
    } else if (expected !== undefined && equal(expected, input[i] ?? '')) {
      p++;
      i++;
    } else if (star >= 0) {
      p = star + 1;
      i = ++resume;
    } else return false;
  }
  while (pattern[p] === wildcard) p++;
  return p === pattern.length;
}
