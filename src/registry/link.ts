// Parses `Link` headers (RFC 8288 §3) for one purpose: to find the next page of a listing. The registry chooses the target, so it must
// have the origin and path of the page itself.

const NEXT = /<([^>]*)>((?:\s*;\s*[^,;=\s]+\s*(?:=\s*(?:"[^"]*"|[^,;"]*))?)*)/g;
const IS_NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)\s*(?:;|$)/i;
/** In characters; longer is not a link. */
const MAX_LENGTH = 4096;

/**
 * Path and query of the next page.
 * @param base the URL of the current page
 * @returns undefined if there is no next page, null if it is elsewhere or cannot be read
 */
export function nextPage(header: string, base: string): string | undefined | null {
  if (header.length > MAX_LENGTH) return null;
  for (const [, target = '', parameters = ''] of header.matchAll(NEXT)) {
    if (!IS_NEXT.test(parameters)) continue;
    const from = new URL(base);
    const url = URL.parse(target, from);
    const isHere = url !== null && url.origin === from.origin && url.pathname === from.pathname;
    return isHere ? `${url.pathname}${url.search}` : null;
  }
  return undefined;
}
