// Outgoing calls: what is sent, how calls and bytes are counted, and how an answer ends.
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/core/encoding/bytes.ts';
import { failing, fakeWorld, ok, REQUEST, redirect, undecided } from './fake_world.ts';

/** A body in chunks of these sizes, which records how many were read and whether it was cancelled. */
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
  test('is sent as requested, and returns status, headers and bytes', async () => {
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
      cache: 'no-store',
    });
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(egress.callsLeft()).toBe(39);
  });

  test('is sent with its method and body, and without a body if there is none', async () => {
    const { send, sent } = fakeWorld({ answers: [ok(), ok()] });
    await send({ method: 'POST', body: '{}' });
    await send();
    expect(sent.map(({ init }) => [init.method, init.body])).toEqual([
      ['POST', '{}'],
      ['GET', undefined],
    ]);
    expect(sent[1]?.init.headers).not.toHaveProperty('authorization');
  });

  test('whose answer has no body returns no bytes', async () => {
    const { send } = fakeWorld({ answers: [new Response(null, { status: 204 })] });
    expect((await send()).body).toEqual(new Uint8Array());
  });

  test('counts towards the limit of calls, each hop too; a call beyond the limit is not made', async () => {
    const { send, sent, egress } = fakeWorld({ answers: [ok(), redirect('/b'), ok()], maxCalls: 2 });
    await send();
    await expect(send()).rejects.toMatchObject(undecided('LIMIT_EXCEEDED', /exceed the 2 outbound calls/));
    expect(sent).toHaveLength(2);
    expect(egress.callsLeft()).toBe(0);
  });

  test.each(['send', 'open'] as const)(
    'by %s is in the trace, with host and step, until it has ended in whatever way',
    async (kind) => {
      const pending: unknown[] = [];
      const answers = [ok(), failing(503), new Error('no')].map((answer) => () => {
        pending.push(trace.longestPending());
        if (answer instanceof Error) throw answer;
        return answer;
      });
      const { egress, trace } = fakeWorld({ answers });
      const call = () =>
        kind === 'send'
          ? egress.send({ ...REQUEST, method: 'POST' })
          : egress.open({ ...REQUEST, method: 'POST' }, new AbortController());
      const outcomes = [];
      for (let i = 0; i < 3; i++) {
        outcomes.push(
          await call().then(
            ({ status }) => status,
            ({ code }) => code,
          ),
        );
        expect(trace.longestPending()).toBeUndefined();
      }
      expect(outcomes).toEqual([200, 503, 'REGISTRY_UNAVAILABLE']);
      expect(pending).toEqual(Array(3).fill({ host: 'registry.example', step: 'manifest' }));
    },
  );
});

describe('an answer', () => {
  test('that is compressed is refused', async () => {
    const coded = (coding: string) => fakeWorld({ answers: [ok('body', { 'content-encoding': coding })] });
    expect((await coded('identity').send()).status).toBe(200);
    await expect(coded('gzip').send()).rejects.toMatchObject(undecided('REGISTRY_MALFORMED', /compressed/));
  });

  test('that keeps the mark of an upload to S3 is read as it is, unless it is compressed too', async () => {
    const coded = (coding: string) => fakeWorld({ answers: [ok('body', { 'content-encoding': coding })] });
    expect((await coded('aws-chunked').send()).body).toEqual(utf8('body'));
    await expect(coded('aws-chunked,gzip').send()).rejects.toMatchObject(
      undecided('REGISTRY_MALFORMED', /compressed/),
    );
  });

  test('may have up to the requested number of bytes; of a larger one no more is read', async () => {
    const fits = inPieces([60, 40]);
    expect((await fakeWorld({ answers: [new Response(fits.stream)] }).send()).body).toHaveLength(100);
    const { given, stream } = inPieces([60, 41, 60, 60, 60]);
    await expect(fakeWorld({ answers: [new Response(stream)] }).send()).rejects.toMatchObject(
      undecided('LIMIT_EXCEEDED', /larger than 100 bytes/),
    );
    expect(given.isGivenUp).toBe(true);
    expect(given.pieces).toBeLessThan(5);
  });

  test('counts towards the total of bytes that one request may read', async () => {
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
      message: 'The manifest from registry.example could not be read to the end; the connection failed.',
      retryable: true,
      upstream: { host: 'registry.example', step: 'manifest' },
    });
  });
});

describe('an answer that is opened as a stream', () => {
  const { maxBytes: _, ...request } = REQUEST;

  test('is returned as soon as its headers have arrived', async () => {
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

  test('is aborted by the request’s deadline before its headers arrive, and only by its own signal after', async () => {
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

  test('is refused after the deadline', async () => {
    const { egress, deadline } = fakeWorld({ answers: [({ signal }) => Promise.reject(signal?.reason)] });
    deadline.abort(new Error('too late'));
    const own = new AbortController();
    await expect(egress.open(request, own)).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(own.signal.aborted).toBe(true);
  });
});
