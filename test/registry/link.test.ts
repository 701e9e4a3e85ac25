// `Link` as RFC 8288 §3 specifies it, parsed for the next page of a list, which must stay on the same path and origin.
import { expect, test } from 'vitest';
import { nextPage } from '../../src/registry/link.ts';

const BASE = 'https://reg.example/v2/a/tags/list?n=2';
const NEXT = '/v2/a/tags/list?n=2&last=b';

test.each([
  `<${NEXT}>; rel="next"`,
  `<${NEXT}>; rel=next`,
  `<${NEXT}>;rel=next`,
  `<${NEXT}>  ;\trel = "next"`,
  `<${NEXT}>; REL="Next"`,
  `<${NEXT}>; rel="prev next"`,
  `<${NEXT}>; rel="next last"`,
  `<${NEXT}>; title="a, b; c"; rel="next"`,
  `<${NEXT}>; rel="next"; title=b`,
  `<${NEXT}>; crossorigin; rel=next`,
  `</elsewhere>; rel="prev", <${NEXT}>; rel="next"`,
  `</elsewhere>, <${NEXT}>; rel="next"`,
  '<?n=2&last=b>; rel="next"',
  `<https://reg.example${NEXT}>; rel="next"`,
  `<https://reg.example:443${NEXT}#part>; rel="next"`,
])('%s is the next page', (header) => {
  expect(nextPage(header, BASE)).toBe(NEXT);
});

test.each([
  '',
  NEXT,
  `<${NEXT}>`,
  `<${NEXT}>; rel="prev"`,
  `<${NEXT}>; rel="nextpage"`,
  `<${NEXT}>; rel=nextpage`,
  `<${NEXT}>; rel="a-next"`,
  `<${NEXT}>; rev="next"`,
  `<${NEXT}>; title="rel=next"`,
  `<${NEXT}>; title=next`,
])('%s has no next page', (header) => {
  expect(nextPage(header, BASE)).toBeUndefined();
});

test.each([
  `<https://other.example${NEXT}>; rel="next"`,
  `<//other.example${NEXT}>; rel="next"`,
  `<http://reg.example${NEXT}>; rel="next"`,
  `<https://reg.example:8443${NEXT}>; rel="next"`,
  '</v2/b/tags/list?n=2>; rel="next"',
  '<../list?n=2>; rel="next"',
  '<https://:/>; rel="next"',
  `<${'a'.repeat(4096)}>; rel="next"`,
])('%s is not followed', (header) => {
  expect(nextPage(header, BASE)).toBeNull();
});

test('a link may have up to 4096 characters', () => {
  const padded = (length: number) => `<?n=2>; rel="next"`.padEnd(length);
  expect(nextPage(padded(4096), BASE)).toBe('/v2/a/tags/list?n=2');
  expect(nextPage(padded(4097), BASE)).toBeNull();
});
