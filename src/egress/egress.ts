// The only way out. Every hop is checked against the policy, credentials stay with the origin they are meant for, calls and bytes are
// counted, the trace knows what is awaited, and every failure is an `Undecided` that names the step.

import { createBudget } from './budget.ts';
import { createCall } from './call.ts';
import type { EgressPolicy } from './egress_policy.ts';
import { failure } from './failure.ts';
import { followRedirects } from './redirects.ts';
import type { EgressRequest, EgressResponse, OpenedResponse, OpenRequest } from './request.ts';
import { discardBody, readBody } from './response_body.ts';
import type { Trace } from './trace.ts';

export interface Egress {
  send(request: EgressRequest): Promise<EgressResponse>;
  /**
   * Sends a request like `send`, but leaves the body to the caller, who must count its bytes.
   * @param own aborts the body; until the headers arrive, the request's deadline aborts it too
   */
  open(request: OpenRequest, own: AbortController): Promise<OpenedResponse>;
  /** How many more calls the request may make. */
  callsLeft(): number;
}

export interface EgressOptions {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  policy: EgressPolicy;
  trace: Trace;
  /** Outbound calls that one request may make. */
  maxCalls: number;
  /** Its signal aborts everything still under way. */
  deadline: { readonly signal: AbortSignal };
}

export function createEgress({ fetch, policy, trace, maxCalls, deadline }: EgressOptions): Egress {
  const budget = createBudget(maxCalls);
  const call = createCall(fetch, budget);

  function begin({ service, step, url }: OpenRequest): () => void {
    return trace.begin(service, { host: new URL(url).host, step });
  }

  async function respond(request: OpenRequest, signal: AbortSignal) {
    const { response, isSameOrigin } = await followRedirects(request, policy, call, signal);
    await refuseCompressed(request, response);
    return { response, isSameOrigin };
  }

  return {
    async send(request) {
      const end = begin(request);
      try {
        const { response, isSameOrigin } = await respond(request, deadline.signal);
        const { status, headers } = response;
        return { status, headers, body: await readBody(request, response, budget), isSameOrigin };
      } finally {
        end();
      }
    },
    async open(request, own) {
      const end = begin(request);
      const { signal } = deadline;
      const abort = () => own.abort(signal.reason);
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      try {
        const { response, isSameOrigin } = await respond(request, own.signal);
        const { status, headers, body } = response;
        return { status, headers, body, isSameOrigin };
      } finally {
        signal.removeEventListener('abort', abort);
        end();
      }
    },
    callsLeft: budget.callsLeft,
  };
}

/**
 * Digests cover the bytes before any content coding, and none was asked for. `aws-chunked` is how an object was sent to its store, not a
 * coding of what the store sends, but some keep it.
 */
async function refuseCompressed(request: OpenRequest, response: Response): Promise<void> {
  const coding = response.headers.get('content-encoding');
  if (coding === null || coding === 'identity' || coding === 'aws-chunked') return;
  await discardBody(response);
  throw failure(request, 'MALFORMED', 'came back compressed, although no compression was requested');
}
