// Addresses and paths are made canonical once, at the door: a guard and a handler must never read one as two.
import { CallerError } from '../../core/caller_error.ts';

/** Under these the rest of the path is text that a person types; only there may anything be percent-encoded. */
const TEXT_PREFIXES = ['/v1/verify/', '/v1/inspect/', '/v1/download/'];
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** The path as it was sent, without query, from a request's URL. */
export function rawPath(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  if (start < 0) return '/';
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

/** What ends a host, or stands before one, in a URL (RFC 3986 §3.2). */
const NO_HOST = /[\s/?#\\@]/;

/**
 * Some runtimes build the request's URL from the Host header unchecked, so that a `/` or `?` in it would become part of the path or
 * query.
 * @throws CallerError for a request whose address is not one
 */
export function assertOneAddress(url: string, host: string | undefined): void {
  const start = url.indexOf('://') + 3;
  const slash = url.indexOf('/', start);
  const authority = url.slice(start, slash < 0 ? undefined : slash);
  if (NO_HOST.test(authority) || NO_HOST.test(host ?? '') || !URL.canParse(url))
    throw new CallerError('BAD_REQUEST', 'The Host header is not a host.');
}

/** @throws CallerError for a path that two readers could read differently */
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
      'The path is not canonical: leave out "//", "." and ".." segments, and percent-encoding.',
    );
  }
}

/** What stands behind the prefix, decoded once. */
export function textAfter(url: string, prefix: string): string {
  const text = rawPath(url).slice(prefix.length);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CallerError('BAD_REFERENCE', 'The path is not valid percent-encoding.');
  }
}
