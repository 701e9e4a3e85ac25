// The one way out: where a call may go, what it takes along, when it is tried again, and how it ends.
import { describe, expect, test, vi } from 'vitest';
import { utf8 } from '../../src/core/encoding/bytes.ts';
import { createEgress } from '../../src/egress/egress.ts';
import type { EgressPolicy } from '../../src/egress/policy.ts';
import type { EgressRequest } from '../../src/egress/request.ts';
import { createTrace } from '../../src/egress/trace.ts';

type Given = Response | Error | ((init: RequestInit) => Response | Promise<Response>);

const POLICY: EgressPolicy = {
  registries: new Set(['registry.example']),
  anyPublicRegistry: false,
  insecure: new Set(),
};
const REQUEST: EgressRequest = {
  service: 'registry',
  step: 'manifest',
  url: 'https://registry.example/v2/a',
  maxBytes: 100,
  named: new Set(),
  redirects: 'follow',
};

interface World {
  answers: Given[];
  maxCalls?: number;
  deadline?: AbortController;
}

function fakeWorld({ answers, maxCalls = 40, deadline = new AbortController() }: World) {
  const sent: { url: string; init: RequestInit }[] = [];
  const trace = createTrace(() => 0);
  const egress = createEgress({
    fetch: async (url, init) => {
      const answer = answers[sent.length];
      sent.push({ url, init });
      if (answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(init) : (answer as Response);
    },
    policy: POLICY,
    trace,
    maxCalls,
    deadline,
  });
  const send = (more: Partial<EgressRequest> = {}) => egress.send({ ...REQUEST, ...more });
  return { egress, send, sent, deadline, trace };
}

const ok = (body = 'body', headers = {}) => new Response(body, { headers });
const redirect = (location: string, status = 307) => new Response('there', { status, headers: { location } });
const failing = (status: number, headers = {}) => new Response('not now', { status, headers });
const undecided = (code: string, text: RegExp) => ({ code, message: expect.stringMatching(text) });

/** A body in pieces, which says when it was given up. */
function inPieces(sizes: number[]) {
  const given = { pieces: 0, isGivenUp: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = sizes[given.pieces];
      if (size === undefined) return controller.close();
      given.pieces++;
      controller.enqueue(new Uint8Array(size));
    },
    cancel() {
      given.isGivenUp = true;
    },
  });
  return { given, stream };
}

describe('a call', () => {
  test('is sent as it is asked for, and answered with status, headers and bytes', async () => {
    const { send, sent, egress } = fakeWorld({ answers: [ok('body', { 'x-a': 'b' })] });
    const { headers, ...answer } = await send({
      headers: { accept: 'text/plain' },
      authorization: 'Bearer t',
    });
    expect(answer).toEqual({ status: 200, body: utf8('body'), isSameOrigin: true });
    expect(headers.get('x-a')).toBe('b');
    const { signal, ...init } = sent[0]?.init ?? {};
    expect(init).toEqual({
      method: 'GET',
      headers: {
        accept: 'text/plain',
        'accept-encoding': 'identity',
        'user-agent': 'countersign',
        authorization: 'Bearer t',
      },
      redirect: 'manual',
    });
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(egress.callsLeft()).toBe(39);
  });

  test('takes its method and body along, and nothing where there is none', async () => {
    const { send, sent } = fakeWorld({ answers: [ok(), ok()] });
    await send({ method: 'POST', body: '{}' });
    await send();
    expect(sent.map(({ init }) => [init.method, init.body])).toEqual([
      ['POST', '{}'],
      ['GET', undefined],
    ]);
    expect(sent[1]?.init.headers).not.toHaveProperty('authorization');
  });

  test('whose answer has no body has no bytes', async () => {
    const { send } = fakeWorld({ answers: [new Response(null, { status: 204 })] });
    expect((await send()).body).toEqual(new Uint8Array());
  });

  test('counts among those that one request may make; one too many is not made', async () => {
    const { send, sent, egress } = fakeWorld({ answers: [ok(), redirect('/b'), ok()], maxCalls: 2 });
    await send();
    await expect(send()).rejects.toMatchObject(undecided('LIMIT_EXCEEDED', /exceed the 2 outbound calls/));
    expect(sent).toHaveLength(2);
    expect(egress.callsLeft()).toBe(0);
  });

  test('is over in the trace however it ends', async () => {
    const { send, trace } = fakeWorld({ answers: [ok(), failing(503), failing(503), new Error('no')] });
    await send();
    await send();
    await expect(send({ method: 'POST' })).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(trace.longestPending()).toBeUndefined();
  });
});

describe('a redirect', () => {
  test('is followed within the origin, with credentials', async () => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b?c=d', 308), ok()] });
    expect((await send({ authorization: 'Basic x' })).isSameOrigin).toBe(true);
    expect(sent[1]?.url).toBe('https://registry.example/b?c=d');
    expect(sent[1]?.init.headers).toMatchObject({ authorization: 'Basic x' });
  });

  test('to another origin leaves credentials behind, and they do not come back', async () => {
    const { send, sent } = fakeWorld({
      answers: [redirect('https://cdn.example/b'), redirect('https://registry.example/c'), ok()],
    });
    expect((await send({ authorization: 'Basic x' })).isSameOrigin).toBe(false);
    expect(sent.map(({ init }) => 'authorization' in (init.headers ?? {}))).toEqual([true, false, false]);
  });

  test.each([301, 302, 303, 307, 308])('%s is one', async (status) => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b', status), ok()] });
    expect((await send()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  test.each([300, 304, 305])('%s is none', async (status) => {
    const answer = new Response(null, { status, headers: { location: '/b' } });
    expect((await fakeWorld({ answers: [answer] }).send()).status).toBe(status);
  });

  test('may be followed by four more, and not by five', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, at) => redirect(`/${at}`));
    expect((await fakeWorld({ answers: [...hops(5), ok()] }).send()).status).toBe(200);
    const { send, sent } = fakeWorld({ answers: [...hops(6), ok()] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /more than 5 times/));
    expect(sent).toHaveLength(6);
  });

  test.each([
    ['http://registry.example/b', /the scheme http:/],
    ['https://127.0.0.1/b', /a private or internal host/],
    ['https://metadata.internal/b', /a private or internal host/],
    ['https://user:password@cdn.example/b', /credentials/],
    ['https://:80:/', /without a usable Location/],
  ])('to %s is not followed', async (location, problem) => {
    const { send, sent } = fakeWorld({ answers: [redirect(location), ok()] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', problem));
    expect(sent).toHaveLength(1);
  });

  test('without a place is none that can be followed', async () => {
    const { send } = fakeWorld({ answers: [failing(302)] });
    await expect(send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /without a usable Location/));
  });

  test('is not followed where none is to be', async () => {
    const { send, sent } = fakeWorld({ answers: [redirect('/b'), ok()] });
    await expect(send({ redirects: 'refuse' })).rejects.toMatchObject(
      undecided('REGISTRY_MALFORMED', /redirects are not followed here/),
    );
    expect(sent).toHaveLength(1);
  });

  test('stays with the hosts that the call may reach', async () => {
    const hosts = new Set(['registry.example', 'files.example']);
    const within = fakeWorld({ answers: [redirect('https://files.example/b'), ok()] });
    expect((await within.send({ hosts })).status).toBe(200);
    const beyond = fakeWorld({ answers: [redirect('https://other.example/b'), ok()] });
    await expect(beyond.send({ hosts })).rejects.toMatchObject(
      undecided('REGISTRY_MALFORMED', /not in DOWNLOAD_HOSTS/),
    );
  });
});

describe('a safe call', () => {
  test.each([408, 500, 502, 503, 504])('answered with %s is made once more', async (status) => {
    const { send, sent } = fakeWorld({ answers: [failing(status), ok()] });
    expect((await send()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  test.each([200, 401, 404, 429, 501])('answered with %s is not', async (status) => {
    const { send, sent } = fakeWorld({ answers: [failing(status), ok()] });
    expect((await send()).status).toBe(status);
    expect(sent).toHaveLength(1);
  });

  test('is made no more than twice', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503), failing(503), ok()] });
    expect((await send()).status).toBe(503);
    expect(sent).toHaveLength(2);
    const broken = fakeWorld({ answers: [new Error('reset'), new Error('reset'), ok()] });
    await expect(broken.send()).rejects.toMatchObject(
      undecided('REGISTRY_UNAVAILABLE', /the connection failed/),
    );
    expect(broken.sent).toHaveLength(2);
  });

  test('whose connection failed is made once more, after a pause', async () => {
    vi.useFakeTimers();
    try {
      const { send, sent } = fakeWorld({ answers: [new Error('reset'), ok()] });
      const answer = send();
      await vi.advanceTimersByTimeAsync(149);
      expect(sent).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect((await answer).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not made again where the upstream says when to come back', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503, { 'retry-after': '9' }), ok()] });
    expect((await send()).status).toBe(503);
    expect(sent).toHaveLength(1);
  });

  test('that does something is not made again', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503), ok()] });
    expect((await send({ method: 'POST' })).status).toBe(503);
    expect(sent).toHaveLength(1);
    const broken = fakeWorld({ answers: [new Error('reset'), ok()] });
    await expect(broken.send({ method: 'POST' })).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(broken.sent).toHaveLength(1);
  });

  test('is not made again after the deadline, before or within the pause', async () => {
    const late = fakeWorld({ answers: [new Error('reset'), ok()] });
    late.deadline.abort();
    await expect(late.send()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(late.sent).toHaveLength(1);
    const pausing = fakeWorld({ answers: [failing(503), ok()] });
    setTimeout(() => pausing.deadline.abort(), 20);
    await expect(pausing.send()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(pausing.sent).toHaveLength(1);
  });
});

describe('an answer', () => {
  test('that is compressed is none that was asked for', async () => {
    const coded = (coding: string) => fakeWorld({ answers: [ok('body', { 'content-encoding': coding })] });
    expect((await coded('identity').send()).status).toBe(200);
    await expect(coded('gzip').send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /compressed/));
  });

  test('may have as many bytes as are asked for, and not one more; no more of it is read', async () => {
    const fits = inPieces([60, 40]);
    expect((await fakeWorld({ answers: [new Response(fits.stream)] }).send()).body).toHaveLength(100);
    const { given, stream } = inPieces([60, 41, 60, 60, 60]);
    await expect(fakeWorld({ answers: [new Response(stream)] }).send()).rejects.toMatchObject(
      undecided('LIMIT_EXCEEDED', /larger than 100 bytes/),
    );
    expect(given.isGivenUp).toBe(true);
    expect(given.pieces).toBeLessThan(5);
  });

  test('counts with the others of the request', async () => {
    const MB = 1024 * 1024;
    const { send } = fakeWorld({
      answers: [16, 16, 1].map((size) => new Response(inPieces([size === 1 ? 1 : size * MB]).stream)),
    });
    const large = { maxBytes: 17 * MB };
    await send(large);
    await send(large);
    await expect(send(large)).rejects.toMatchObject(
      undecided('LIMIT_EXCEEDED', /that one request may read from upstreams/),
    );
  });

  test('that breaks off is undecided, and names host and step', async () => {
    const stream = new ReadableStream({
      pull(controller) {
        controller.error(new Error('reset'));
      },
    });
    await expect(fakeWorld({ answers: [new Response(stream)] }).send()).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      retryable: true,
      upstream: { host: 'registry.example', step: 'manifest' },
    });
  });
});

describe('an answer whose body is to come', () => {
  const { maxBytes: _, ...request } = REQUEST;

  test('is given once its headers are there', async () => {
    const { egress } = fakeWorld({
      answers: [redirect('https://cdn.example/b'), ok('body', { 'x-a': 'b' })],
    });
    const { status, headers, body, isSameOrigin } = await egress.open(request, new AbortController());
    expect({ status, a: headers.get('x-a'), isSameOrigin }).toEqual({
      status: 200,
      a: 'b',
      isSameOrigin: false,
    });
    expect(await new Response(body).text()).toBe('body');
  });

  test('ends with the request’s deadline before them, and with its own after', async () => {
    const untilAborted = ({ signal }: RequestInit) =>
      new Promise<Response>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    const waiting = fakeWorld({ answers: [untilAborted] });
    const own = new AbortController();
    const opened = waiting.egress.open(request, own);
    waiting.deadline.abort(new Error('too late'));
    await expect(opened).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(own.signal.reason).toEqual(new Error('too late'));

    const there = fakeWorld({ answers: [ok()] });
    const later = new AbortController();
    await there.egress.open(request, later);
    there.deadline.abort();
    expect(there.sent[0]?.init.signal).toBe(later.signal);
    expect(later.signal.aborted).toBe(false);
  });

  test('is not begun after the deadline', async () => {
    const { egress, deadline } = fakeWorld({ answers: [({ signal }) => Promise.reject(signal?.reason)] });
    deadline.abort(new Error('too late'));
    const own = new AbortController();
    await expect(egress.open(request, own)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(own.signal.aborted).toBe(true);
  });
});
