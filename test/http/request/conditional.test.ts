// Which conditional requests are answered with less than the whole. Their only ETag is the digest.
import { expect, test } from 'vitest';
import { parseDigest } from '../../../src/core/crypto/digest.ts';
import type { AppContext } from '../../../src/http/context.ts';
import { isKnown, wantedRange } from '../../../src/http/request/conditional.ts';

const DIGEST = parseDigest(`sha256:${'ab'.repeat(32)}`);
const OTHER = `"sha256:${'cd'.repeat(32)}"`;
const requestWith = (headers: Record<string, string>) =>
  ({ req: { header: (name: string) => headers[name] } }) as unknown as AppContext;

test.each([
  [`"${DIGEST}"`, true],
  [`W/"${DIGEST}"`, true],
  [`${OTHER} ,  "${DIGEST}" `, true],
  ['*', true],
  [`${OTHER}, *`, true],
  [undefined, false],
  ['', false],
  [OTHER, false],
  [DIGEST, false],
  [`"${DIGEST}W/"`, false],
  [`w/"${DIGEST}"`, false],
])('a client that states If-None-Match: %s has the content: %s', (etags, expected) => {
  expect(isKnown(requestWith(etags === undefined ? {} : { 'If-None-Match': etags }), DIGEST)).toBe(expected);
});

test.each([
  [undefined, true],
  [`"${DIGEST}"`, true],
  [` "${DIGEST}" `, true],
  [`W/"${DIGEST}"`, false],
  [OTHER, false],
  [DIGEST, false],
  ['Wed, 21 Oct 2026 07:28:00 GMT', false],
])('If-Range: %s leaves a range in force: %s', (condition, expected) => {
  const headers = { Range: 'bytes=1-2', ...(condition !== undefined && { 'If-Range': condition }) };
  expect(wantedRange(requestWith(headers), DIGEST, 9)).toEqual(expected ? { first: 1, last: 2 } : undefined);
});

test('without a range, the whole is wanted', () => {
  expect(wantedRange(requestWith({}), DIGEST, 9)).toBeUndefined();
  expect(wantedRange(requestWith({ 'If-Range': `"${DIGEST}"` }), DIGEST, 9)).toBeUndefined();
});
