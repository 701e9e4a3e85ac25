// Follows redirects by hand, so that the policy is asked on every hop, and it is known whether the request has left its origin.

import type { Call } from './call.ts';
import { type EgressPolicy, hopProblem, listedHopProblem } from './egress_policy.ts';
import { failure } from './failure.ts';
import type { OpenRequest } from './request.ts';
import { discardBody } from './response_body.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** Returns the response at the end of all redirects. Throws `Undecided` for a hop that must not be taken. */
export async function followRedirects(
  request: OpenRequest,
  policy: EgressPolicy,
  call: Call,
  signal: AbortSignal,
): Promise<{ response: Response; isSameOrigin: boolean }> {
  const first = new URL(request.url);
  let url = first;
  let isSameOrigin = true;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const problem =
      request.hosts === undefined
        ? hopProblem(policy, url, request.named)
        : listedHopProblem(policy, url, request.hosts);
    if (problem !== undefined) throw failure(request, 'MALFORMED', `points to ${problem}`);
    const response = await call(request, { url, isSameOrigin }, signal);
    if (!REDIRECTS.has(response.status)) return { response, isSameOrigin };
    await discardBody(response);
    url = nextAddress(request, response, url);
    isSameOrigin &&= url.origin === first.origin;
  }
  throw failure(request, 'MALFORMED', `redirects more than ${MAX_REDIRECTS} times`);
}

function nextAddress(request: OpenRequest, { headers }: Response, url: URL): URL {
  const location = headers.get('location');
  const next = location === null ? null : URL.parse(location, url);
  if (next === null) throw failure(request, 'MALFORMED', 'redirects without a usable Location');
  if (request.redirects === 'refuse')
    throw failure(request, 'MALFORMED', 'redirects, but redirects are not followed here');
  return next;
}
