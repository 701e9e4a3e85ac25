// Asks one registry: with the authorization that is known, and once more with what the registry's challenge demands.
import type { Undecided } from '../core/errors/undecided.ts';
import { type Asked, failure, isTransient, unavailable } from '../egress/failure.ts';
import type { OpenRequest, ResponseHead } from '../egress/request.ts';
import {
  type AuthorizationContext,
  aboutCredential,
  authorizationFor,
  forgetAuthorization,
  knownAuthorization,
} from './authorization.ts';

export interface Lookup {
  /** From the root of the registry's origin. */
  path: string;
  step: string;
  accept?: string;
  /** Statuses that mean it does not exist. */
  absent?: ReadonlySet<number>;
}

/**
 * @param call sends the request, perhaps twice
 * @returns a response with status 200 or one of `absent`. Throws `Undecided` for every other
 */
export type Ask = <R extends ResponseHead>(
  lookup: Lookup,
  call: (request: OpenRequest) => Promise<R>,
) => Promise<R>;

const ABSENT = new Set([404]);

export function createAsk(context: AuthorizationContext): Ask {
  const { origin } = context;
  const known = shareConcurrent(() => knownAuthorization(context));
  const answered = shareConcurrent((header: string) => authorizationFor(context, header));
  /** What a challenge was last answered with. */
  let latest: string | undefined;

  return async ({ path, step, accept, absent = ABSENT }, call) => {
    const request = {
      service: 'registry' as const,
      step,
      url: `${origin}${path}`,
      ...(accept !== undefined && { headers: { accept } }),
      named: new Set([origin]),
      redirects: 'follow' as const,
    };
    const send = (authorization: string | undefined) =>
      call({ ...request, ...(authorization !== undefined && { authorization }) });
    const sent = await known();
    let response = await send(sent);
    if (response.status === 401 && response.isSameOrigin) {
      // If another look-up was challenged since this one was sent, its answer will do.
      if (latest === undefined || latest === sent)
        latest = await answered(response.headers.get('www-authenticate') ?? '');
      if (latest !== undefined) response = await send(latest);
    }
    if (response.status === 200 || absent.has(response.status)) return response;
    // What has just been refused answers no later challenge.
    if (response.status === 401 || response.status === 403) latest = undefined;
    throw statusFailure(context, request, response);
  };
}

function statusFailure(context: AuthorizationContext, asked: Asked, response: ResponseHead): Undecided {
  const { status } = response;
  if (isTransient(status)) return unavailable(asked, response);
  if (status !== 401 && status !== 403)
    return failure(asked, 'MALFORMED', `returned an unexpected status, ${status}`);
  forgetAuthorization(context);
  return failure(
    asked,
    'UNAUTHORIZED',
    `was refused (${status})${
      response.isSameOrigin
        ? `: the repository is private or does not exist, and ${aboutCredential(context)}`
        : ' by the host that it redirects to'
    }`,
  );
}

/** Concurrent look-ups need the same authorization: who asks while it is being fetched gets the same answer. */
function shareConcurrent<A extends unknown[], T>(
  fetch: (...args: A) => Promise<T>,
): (...args: A) => Promise<T> {
  let pending: Promise<T> | undefined;
  return (...args) => {
    pending ??= fetch(...args).finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
