// Bodies whose digest is checked as they pass: stalled ones are ended, upstream is cancelled with the client, and little is read ahead.
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseDigest } from '../../src/core/crypto/digest.ts';
import { holdToDigest } from '../../src/gate/bodies/held_stream.ts';
import type { Held } from '../../src/gate/bodies/transfer.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const BYTES = new Uint8Array(10).fill(7);
const digest = parseDigest(`sha256:${createHash('sha256').update(BYTES).digest('hex')}`);

function hold(source: ReadableStream<Uint8Array>, more: Partial<Held> = {}) {
  const ended: string[] = [];
  const stream = holdToDigest(
    {
      source,
      digest,
      size: BYTES.length,
      abort: (reason) => ended.push(`abort: ${reason.message}`),
      broken: (error) => ended.push(`broken: ${error.message}`),
      ...more,
    },
    () => undefined,
  );
  return { reader: stream.getReader(), ended };
}

/** A stream of one byte per pull, which counts the pulls. */
function byteByByte(bytes = BYTES) {
  const state = { taken: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.taken >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(state.taken, ++state.taken));
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

it('nothing is read before the client asks, and no more than one chunk ahead of it', async () => {
  const { stream, state } = byteByByte();
  const { reader } = hold(stream);
  await Promise.resolve();
  expect(state.taken).toBe(0);
  for (let got = 1; got <= 5; got++) {
    await reader.read();
    expect(state.taken).toBe(got + 1);
  }
  await reader.cancel();
});

it('the last chunk is passed on only once the whole is verified', async () => {
  const { stream } = byteByByte(BYTES.slice(0, 9));
  const { reader, ended } = hold(stream);
  for (let got = 0; got < 8; got++) expect((await reader.read()).done).toBe(false);
  await expect(reader.read()).rejects.toThrow('9 bytes instead of 10');
  expect(ended).toEqual(['broken: 9 bytes instead of 10', 'abort: the transfer is over']);
});

it('an upstream that stalls is ended after 30 s, and the client gets an error', async () => {
  const { reader, ended } = hold(new ReadableStream({ pull: () => new Promise<void>(() => undefined) }));
  const reading = expect(reader.read()).rejects.toThrow('no progress by the upstream for 30 s');
  await vi.advanceTimersByTimeAsync(29_000);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(6_000);
  await reading;
  expect(ended).toEqual(['broken: no progress by the upstream for 30 s', 'abort: the transfer is over']);
});

it('a client that reads nothing is ended after 60 s', async () => {
  const { stream } = byteByByte();
  const { reader, ended } = hold(stream);
  await reader.read();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(ended).toEqual([]);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(ended).toEqual(['broken: no progress by the client for 60 s', 'abort: the transfer is over']);
});

it('on Workers, a large chunk is passed on in pieces, so that a slow client is not taken for an idle one', async () => {
  const bytes = new Uint8Array(1024 * 1024);
  vi.stubGlobal('FixedLengthStream', function fixedLength() {
    return new TransformStream();
  });
  try {
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes);
        controller.close();
      },
    });
    const { reader } = hold(source, {
      digest: parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`),
      size: bytes.length,
    });
    const lengths: number[] = [];
    for (let read = await reader.read(); !read.done; read = await reader.read())
      lengths.push(read.value.length);
    expect(lengths).toEqual([262_144, 262_144, 262_144, 262_144]);
  } finally {
    vi.unstubAllGlobals();
  }
});

it('a client that disconnects cancels upstream, which is not reported as a fault', async () => {
  const { stream } = byteByByte();
  const { reader, ended } = hold(stream);
  await reader.read();
  await reader.cancel();
  expect(ended).toEqual(['abort: the transfer is over']);
});

it('without a known size only the digest decides', async () => {
  for (const [bytes, isGood] of [
    [BYTES, true],
    [BYTES.slice(1), false],
    [new Uint8Array(), false],
  ] as const) {
    const { reader, ended } = hold(byteByByte(bytes.slice()).stream, { size: undefined });
    let length = 0;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        length += value.length;
      }
    } catch {
      length = -1;
    }
    expect(length).toBe(isGood ? BYTES.length : -1);
    expect(ended.length).toBe(isGood ? 1 : 2);
  }
});
