// The only way out. Every hop is checked against the policy, redirects are followed by hand, credentials stay with the origin they are
// meant for, bytes are counted as they arrive, and every failure is an `Undecided` that names the step.

import { type Bytes, collect } from '../core/encoding/bytes.ts';
import { Undecided } from '../core/undecided.ts';
import { failure } from './failure.ts';
import { type EgressPolicy, hopProblem, listedHopProblem } from './policy.ts';
import type { Metric, Trace } from './trace.ts';

const MAX_REDIRECTS = 5;
/** In bytes, for all upstream responses of one request together: a Worker has 128 MB for all its requests. */
const MAX_UPSTREAM_BYTES = 32 * 1024 * 1024;
/** Pause before the one retry of a safe call, in milliseconds. */
const RETRY_PAUSE = 150;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const PASSING_FAULTS = new Set([408, 500, 502, 503, 504]);
export interface EgressRequest {
  /** The kind of upstream: decides the error codes and the Server-Timing metric. */
  service: Exclude<Metric, 'kv'>;
  /** What is fetched, for messages: "signature manifest". */
  step: string;
  url: string;
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
  /** Sent only to the origin of `url`. */
  authorization?: string;
  body?: string;
  /** A larger response is cut off, and the call fails with `LIMIT_EXCEEDED`. */
  maxBytes: number;
  /** Origins that this call may reach, private or not, because configuration or the reference names them. */
  named: ReadonlySet<string>;
  redirects: 'follow' | 'refuse';
  /** The only hosts that any hop may reach; if absent, the policy decides. */
  hosts?: ReadonlySet<string>;
}

export interface EgressResponse {
  status: number;
  headers: Headers;
  body: Bytes;
  /** False if a redirect led to another origin: a challenge from there is not the upstream's own. */
  isSameOrigin: boolean;
}

/** A response whose body has not been read. */
export interface OpenedResponse extends Omit<EgressResponse, 'body'> {
  body: ReadableStream<Uint8Array> | null;
}

export interface Egress {
  send(request: EgressRequest): Promise<EgressResponse>;
  /**
   * Sends a request like `send`, but leaves the body to the caller, who must count its bytes.
   * @param own aborts the body; until the headers arrive, the request's deadline aborts it too
   */
  open(request: Omit<EgressRequest, 'maxBytes'>, own: AbortController): Promise<OpenedResponse>;
  /** How many more calls the request may make. */
  callsLeft(): number;
}

type Outgoing = Omit<EgressRequest, 'maxBytes'>;
/** What aborts a call. */
type Ends = { readonly signal: AbortSignal };

export interface EgressOptions {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  policy: EgressPolicy;
  trace: Trace;
  /** Outbound calls that one request may make. */
  maxCalls: number;
  /** Its signal aborts everything still under way. */
  deadline: Ends;
}

export function createEgress({ fetch, policy, trace, maxCalls, deadline }: EgressOptions): Egress {
  let calls = 0;
  let bytes = 0;

  async function send(request: EgressRequest): Promise<EgressResponse> {
    const end = trace.begin(request.service, { host: new URL(request.url).host, step: request.step });
    try {
      const { response, isSameOrigin } = await followRedirects(request, deadline);
      const { status, headers } = response;
      return { status, headers, body: await readBody(request, response), isSameOrigin };
    } finally {
      end();
    }
  }

  async function open(
    request: Omit<EgressRequest, 'maxBytes'>,
    own: AbortController,
  ): Promise<OpenedResponse> {
    const end = trace.begin(request.service, { host: new URL(request.url).host, step: request.step });
    const { signal } = deadline;
    const abort = () => own.abort(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      const { response, isSameOrigin } = await followRedirects(request, own);
      const { status, headers, body } = response;
      return { status, headers, body, isSameOrigin };
    } finally {
      signal.removeEventListener('abort', abort);
      end();
    }
  }

  async function followRedirects(
    request: Outgoing,
    ends: Ends,
  ): Promise<{ response: Response; isSameOrigin: boolean }> {
    const retry = request.method !== 'POST';
    const first = new URL(request.url);
    let url = first;
    let isSameOrigin = true;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const problem =
        request.hosts === undefined
          ? hopProblem(policy, url, request.named)
          : listedHopProblem(policy, url, request.hosts);
      if (problem !== undefined) throw failure(request, 'MALFORMED', `points to ${problem}`);
      const response = await attemptHop(request, url, isSameOrigin, retry, ends);
      if (!REDIRECTS.has(response.status)) {
        const coding = response.headers.get('content-encoding');
        if (coding !== null && coding !== 'identity') {
          await discardBody(response);
          throw failure(request, 'MALFORMED', 'came back compressed, although no compression was requested');
        }
        return { response, isSameOrigin };
      }
      await discardBody(response);
      const location = response.headers.get('location');
      const next = location === null ? null : URL.parse(location, url);
      if (next === null) throw failure(request, 'MALFORMED', 'redirects without a usable Location');
      if (request.redirects === 'refuse')
        throw failure(request, 'MALFORMED', 'redirects, but redirects are not followed here');
      isSameOrigin &&= next.origin === first.origin;
      url = next;
    }
    throw failure(request, 'MALFORMED', `redirects more than ${MAX_REDIRECTS} times`);
  }

  async function attemptHop(
    request: Outgoing,
    url: URL,
    isSameOrigin: boolean,
    retry: boolean,
    ends: Ends,
  ): Promise<Response> {
    try {
      const response = await callOnce(request, url, isSameOrigin, ends);
      if (!retry || !PASSING_FAULTS.has(response.status) || response.headers.has('retry-after'))
        return response;
      await discardBody(response);
    } catch (error) {
      if (!retry || error instanceof Undecided || ends.signal.aborted) throw networkFailure(request, error);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
    if (ends.signal.aborted) throw networkFailure(request, ends.signal.reason);
    return callOnce(request, url, isSameOrigin, ends).catch((error) => {
      throw networkFailure(request, error);
    });
  }

  async function callOnce(
    request: Outgoing,
    url: URL,
    isSameOrigin: boolean,
    { signal }: Ends,
  ): Promise<Response> {
    if (calls >= maxCalls) {
      throw failure(
        request,
        'LIMIT',
        `would exceed the ${maxCalls} outbound calls allowed per request (SUBREQUESTS)`,
      );
    }
    calls++;
    const { authorization, body } = request;
    return fetch(url.href, {
      method: request.method ?? 'GET',
      headers: {
        ...request.headers,
        'accept-encoding': 'identity',
        'user-agent': 'countersign',
        ...(authorization !== undefined && isSameOrigin && { authorization }),
      },
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body }),
    });
  }

  async function readBody(request: EgressRequest, response: Response): Promise<Bytes> {
    if (response.body === null) return new Uint8Array();
    const reader = response.body.getReader();
    let length = 0;
    const count = (more: number) => {
      length += more;
      bytes += more;
      if (length > request.maxBytes)
        throw failure(request, 'LIMIT', `is larger than ${request.maxBytes} bytes`);
      if (bytes > MAX_UPSTREAM_BYTES)
        throw failure(
          request,
          'LIMIT',
          `would exceed the ${MAX_UPSTREAM_BYTES} bytes that one request may read from upstreams`,
        );
    };
    try {
      return await collect(() => reader.read(), count);
    } catch (error) {
      await reader.cancel().catch(() => undefined);
      throw networkFailure(request, error);
    }
  }

  return { send, open, callsLeft: () => maxCalls - calls };
}

/** Frees the connection of a response that nobody reads. That this fails, since the connection is gone, changes nothing. */
export async function discardBody({ body }: Pick<OpenedResponse, 'body'>): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

function networkFailure(request: Outgoing, error: unknown): Undecided {
  return error instanceof Undecided
    ? error
    : failure(request, 'UNAVAILABLE', 'could not be fetched; the connection failed');
}
