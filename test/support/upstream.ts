// The network as the service sees it: hosts with handlers, in place of `globalThis.fetch`. Every request is recorded.

/** Each case makes up its own host names, so that work which outlives a case is not recorded in the next. */
const OF_A_CASE = /^(?:r|log)-[0-9a-f]+\.example$/;

export type Handler = (request: Request) => Response | Promise<Response>;

export interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Upstream {
  sent: Sent[];
  /** By host, with the port unless it is the scheme's default. */
  hosts: Record<string, Handler>;
  restore(): void;
}

/** Replaces `fetch`. A host without a handler fails like an unknown host name. */
export function installUpstream(hosts: Record<string, Handler>): Upstream {
  const original = globalThis.fetch;
  const own = new Set(Object.keys(hosts));
  const upstream: Upstream = {
    sent: [],
    hosts,
    restore: () => {
      globalThis.fetch = original;
    },
  };
  globalThis.fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { host } = new URL(request.url);
    if (!own.has(host) && upstream.hosts[host] === undefined && OF_A_CASE.test(host))
      throw new TypeError('the request belongs to a case that is over');
    upstream.sent.push({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      ...(typeof init?.body === 'string' && { body: init.body }),
    });
    const handler = upstream.hosts[host];
    if (handler === undefined) throw new TypeError(`error sending request: no such host ${host}`);
    return abortable(
      Promise.resolve(handler(request)),
      init?.signal ?? request.signal,
      init?.redirect ?? request.redirect,
    );
  };
  return upstream;
}

/** Fails as the real fetch does when its signal is aborted, before the headers or in the middle of the body. */
async function abortable(
  answer: Promise<Response>,
  signal: AbortSignal,
  redirect: RequestRedirect,
): Promise<Response> {
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason ?? new DOMException('aborted', 'AbortError'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail);
  });
  aborted.catch(() => undefined);
  const response = await Promise.race([answer, aborted]);
  if (
    redirect !== 'manual' &&
    response.status >= 300 &&
    response.status < 400 &&
    response.headers.has('location')
  ) {
    throw new TypeError('the service must follow redirects itself');
  }
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await Promise.race([reader.read(), aborted]);
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status: response.status, headers: response.headers });
}

/** Never responds. */
export const hang: Handler = () => new Promise<Response>(() => undefined);

/** An endless body in chunks, which counts the bytes that are read. */
export function endless(count: { bytes: number }, pauseMs = 0): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      count.bytes += chunk.length;
      controller.enqueue(chunk.slice());
    },
  });
}

/** A stream of these bytes, in chunks of `size`. */
export function inPieces(bytes: Uint8Array<ArrayBuffer>, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}
