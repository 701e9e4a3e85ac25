// Fetches files from download hosts: small ones (bundles, signatures) whole, the requested file itself as a stream.

import type { Bytes } from '../core/encoding/bytes.ts';
import { CallerError } from '../core/errors/caller_error.ts';
import { failure, isTransient, unavailable } from '../egress/failure.ts';
import type { OpenedResponse } from '../egress/request.ts';
import type { Session } from '../verify/session.ts';

/** Checks a file's URL. Errors: `BAD_REQUEST`, `HOST_NOT_ALLOWED`. @param what the name of the parameter, for messages */
export function parseFileUrl({ verifier }: Session, text: string, what: string): string {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '')
    throw new CallerError('BAD_REQUEST', `${what}: expected an https URL without credentials or fragment.`);
  const { downloadHosts, egressPolicy } = verifier.settings;
  const isPlain = url.protocol === 'http:' && egressPolicy.insecure.has(url.host);
  if (url.protocol !== 'https:' && !isPlain)
    throw new CallerError('BAD_REQUEST', `${what}: expected an https URL.`);
  if (downloadHosts.has(url.host)) return url.href;
  throw new CallerError(
    'HOST_NOT_ALLOWED',
    `${what}: the host ${url.host} is not on this service's allowlist; an administrator can add it to DOWNLOAD_HOSTS.`,
  );
}

/** Fetches a whole file of at most `maxBytes`. Errors: `FILE_NOT_FOUND`, `Undecided`. */
export async function fetchSmall(
  session: Session,
  url: string,
  step: string,
  maxBytes: number,
): Promise<Bytes> {
  const request = requestFor(session, url, step);
  const response = await session.egress.send({ ...request, maxBytes });
  if (response.status !== 200) throw statusFailure(request, response);
  return response.body;
}

/** Opens a file as a stream. Errors: `FILE_NOT_FOUND`, `Undecided`. @param own ends the stream */
export async function openFile(
  session: Session,
  url: string,
  method: 'GET' | 'HEAD',
  own: AbortController,
): Promise<OpenedResponse> {
  const request = requestFor(session, url, 'file');
  const opened = await session.egress.open({ ...request, method }, own);
  if (opened.status === 200) return opened;
  own.abort();
  throw statusFailure(request, opened);
}

function requestFor({ verifier }: Session, url: string, step: string) {
  return {
    service: 'download' as const,
    step,
    url,
    named: new Set<string>(),
    redirects: 'follow' as const,
    hosts: verifier.settings.downloadHosts,
  };
}

function statusFailure(
  request: ReturnType<typeof requestFor>,
  response: Omit<OpenedResponse, 'body'>,
): Error {
  const { status } = response;
  if (status === 404 || status === 410)
    return new CallerError('FILE_NOT_FOUND', `There is no ${request.step} at that address (${status}).`);
  if (isTransient(status)) return unavailable(request, response);
  return failure(request, 'MALFORMED', `returned an unexpected status, ${status}`);
}
