// Patterns over full names: `*` is part of one segment, `**` stands for zero or more whole segments. Matching is by
// segments and linear scans, so no pattern matches by text prefix and none can be made slow.
import { Malformed } from './malformed.ts';

/** In characters: longer than any name a pattern could match. */
export const MAX_PATTERN_LENGTH = 512;
const SEGMENT = /^(?:\*\*|[a-z0-9._:[\]*-]+)$/;

export function parseNamePattern(text: string): string {
  if (text.length > MAX_PATTERN_LENGTH)
    throw new Malformed('pattern', `longer than ${MAX_PATTERN_LENGTH} characters`);
  for (const segment of text.split('/')) {
    if (!SEGMENT.test(segment)) {
      throw new Malformed(
        'pattern',
        'expected lower-case name segments between slashes, with * in a segment or ** as one',
      );
    }
    if (segment.includes('**') && segment !== '**')
      throw new Malformed('pattern', '** stands alone between slashes');
  }
  return text;
}

export function matchesName(pattern: string, name: string): boolean {
  return matchSequence(pattern.split('/'), name.split('/'), '**', matchSegment);
}

function matchSegment(pattern: string, segment: string): boolean {
  return matchSequence([...pattern], [...segment], '*', (a, b) => a === b);
}

/** Greedy wildcard matching with one point of return: O(pattern × input), no recursion. */
function matchSequence(
  pattern: string[],
  input: string[],
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
