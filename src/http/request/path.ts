// Checks once, on arrival, that address and path are canonical: a guard and a handler must never interpret the same path differently.
import { CallerError } from '../../core/errors/caller_error.ts';

/** After these prefixes the path is text that a person types. Percent-encoding is allowed only there. */
const TEXT_PREFIXES = ['/v1/verify/', '/v1/inspect/', '/v1/download/'];
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** The path exactly as it was sent, without the query, taken from a request's URL. */
export function rawPath(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return '/';
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** Characters that end a URL's host or, as `@` does, precede it (RFC 3986 §3.2). */
const NO_HOST = /[\s/?#\\@]/;

/**
 * Some runtimes build the request's URL from the Host header without checking it: a `/` or `?` in the header would then become part
 * of the path or query.
 * @throws CallerError if the Host header is not a host
 */
export function assertOneAddress(url: string, host: string | undefined): void {
  const start = url.indexOf('://') + 3;
  const slash = url.indexOf('/', start);
  const authority = url.slice(start, slash < 0 ? undefined : slash);
  if (NO_HOST.test(authority) || NO_HOST.test(host ?? '') || !URL.canParse(url))
    throw new CallerError('BAD_REQUEST', 'The Host header is not a host.');
}

/** @throws CallerError for a path that two parsers could interpret differently */
export function assertCanonicalPath(path: string): void {
  const isText = TEXT_PREFIXES.some((prefix) => path.startsWith(prefix));
  const segments = path.slice(1).split('/');
  const isAmbiguous =
    path.includes('//') ||
    path.includes('\\') ||
    segments.some((segment) => DOT_SEGMENT.test(segment)) ||
    (!isText && path.includes('%'));
  if (isAmbiguous) {
    throw new CallerError(
      'BAD_REQUEST',
      'The path is not canonical: leave out "//" (and with it docker:// or https://), "." and ".." segments, and percent-encoding.',
    );
  }
}

/** The part of the path after the prefix, decoded once. Error: `BAD_REFERENCE`. */
export function textAfter(url: string, prefix: string): string {
  const text = rawPath(url).slice(prefix.length);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CallerError('BAD_REFERENCE', 'The path is not valid percent-encoding.');
  }
}
