// Calls one address, and calls it once more if that is safe and the fault may have passed. The only place that calls `fetch`.
import { Undecided } from '../core/errors/undecided.ts';
import type { Budget } from './budget.ts';
import { networkFailure } from './failure.ts';
import type { OpenRequest } from './request.ts';
import { discardBody } from './response_body.ts';

/** Pause before the one retry of a safe call, in milliseconds. */
const RETRY_PAUSE = 150;
/** Every request of this service carries it. */
export const USER_AGENT = 'countersign';
const PASSING_FAULTS = new Set([408, 500, 502, 503, 504]);

/** One address on the way of a request. */
export interface Hop {
  url: URL;
  /** Whether every hop so far had the origin that the request names. */
  isSameOrigin: boolean;
}

/** Deno aborts a body only as long as its `Response` is referenced, and who reads a body needs only that. So they are kept together. */
const responses = new WeakMap<ReadableStream, Response>();

/** Returns the response, redirects included. Throws `Undecided` if there is none. */
export type Call = (request: OpenRequest, hop: Hop, signal: AbortSignal) => Promise<Response>;

export function createCall(
  fetch: (url: string, init: RequestInit) => Promise<Response>,
  budget: Budget,
): Call {
  async function callOnce(request: OpenRequest, { url, isSameOrigin }: Hop, signal: AbortSignal) {
    budget.spendCall(request);
    const { authorization, body } = request;
    const response = await fetch(url.href, {
      method: request.method ?? 'GET',
      headers: {
        ...request.headers,
        'accept-encoding': 'identity',
        'user-agent': USER_AGENT,
        ...(authorization !== undefined && isSameOrigin && { authorization }),
      },
      redirect: 'manual',
      // On Workers, `fetch` reads through the zone's cache, which may hold what a tag meant or a file contained hours ago.
      cache: 'no-store',
      signal,
      ...(body !== undefined && { body }),
    });
    if (response.body !== null) responses.set(response.body, response);
    return response;
  }

  return async (request, hop, signal) => {
    const isSafe = request.method !== 'POST';
    try {
      const response = await callOnce(request, hop, signal);
      if (!isSafe || !PASSING_FAULTS.has(response.status) || response.headers.has('retry-after'))
        return response;
      await discardBody(response);
    } catch (error) {
      if (!isSafe || error instanceof Undecided || signal.aborted) throw networkFailure(request, error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
    if (signal.aborted) throw networkFailure(request, signal.reason);
    return callOnce(request, hop, signal).catch((error) => {
      throw networkFailure(request, error);
    });
  };
}
