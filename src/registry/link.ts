// `Link` headers (RFC 8288 §3), read for one thing: where the next page of a listing is. The registry says it, so it is followed
// only within the registry's own origin.

const NEXT = /<([^>]*)>((?:\s*;\s*[^,;=\s]+\s*(?:=\s*(?:"[^"]*"|[^,;"]*))?)*)/g;
const IS_NEXT = /;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next)\s*(?:;|$)/i;
/** In characters; longer is not a link. */
const MAX_LENGTH = 4096;

/**
 * Path and query of the next page.
 * @param base the URL that answered
 * @returns undefined when there is none, null when it lies elsewhere or cannot be read
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
