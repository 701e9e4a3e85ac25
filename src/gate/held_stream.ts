// Bytes on their way to a client, held to a digest: hashed as they pass, the last of those it gets kept back until the whole is what it must be.
// A mismatch breaks the transfer, so that no client takes it for whole. Memory does not grow with the size.
import { type ArtifactDigest, splitDigest } from '../core/crypto/digest.ts';
import { equalBytes } from '../core/encoding/bytes.ts';
import { createHasher, type Hasher } from './hasher.ts';
import type { ByteRange } from './range.ts';

/**
 * Read at once where the runtime fills a buffer of ours, in bytes; the least that it waits for grows to this while upstream is quick (in
 * milliseconds), since each read costs, and falls back when it is not, since waiting long is standing still.
 */
const CHUNK = 1024 * 1024;
const LEAST = 16 * 1024;
const QUICK = 200;
/** Without a byte from upstream for so long, or a byte taken by the client, in milliseconds. */
const IDLE = { upstream: 30_000, client: 60_000 };
const TICK = 5_000;

export interface Held {
  source: ReadableStream<Uint8Array>;
  /** What it must be. */
  digest: ArtifactDigest;
  /** In bytes; undefined where nobody has said. */
  size: number | undefined;
  /** Only these are passed on; all are hashed. */
  range?: ByteRange | undefined;
  /** Ends the upstream. */
  abort: (reason: Error) => void;
  /** Told why a transfer was broken off, and not when the client went away. */
  broken: (error: Broken) => void;
}

/** Why a transfer ended early: it is not what was named, upstream failed, or the client took nothing. */
export class Broken extends Error {
  readonly by: 'content' | 'upstream' | 'client';

  constructor(by: Broken['by'], problem: string) {
    super(problem);
    this.name = 'Broken';
    this.by = by;
  }
}

/**
 * @param keep lets the runtime know of work that goes on behind the answer
 */
export function holdToDigest(held: Held, keep: (work: Promise<unknown>) => void): ReadableStream<Uint8Array> {
  const { range, size } = held;
  const length = range === undefined ? size : range.last - range.first + 1;
  const { FixedLengthStream } = globalThis as unknown as {
    FixedLengthStream?: new (length: number) => TransformStream<Uint8Array, Uint8Array>;
  };
  const transfer = new Transfer(held);
  if (FixedLengthStream === undefined) return pulled(transfer);
  const { readable, writable } =
    length === undefined ? new TransformStream<Uint8Array, Uint8Array>() : new FixedLengthStream(length);
  keep(pushed(transfer, writable));
  return readable;
}

/** Workers: a stream of known length goes out with its Content-Length, and only so. */
async function pushed(transfer: Transfer, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  transfer.onIdle = (error) => void writer.abort(error).catch(() => undefined);
  try {
    for (;;) {
      const chunk = await transfer.next();
      if (chunk === undefined) break;
      await transfer.waitForClient(writer.write(chunk));
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
  } finally {
    transfer.end();
  }
}

function pulled(transfer: Transfer): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        transfer.onIdle = (error) => controller.error(error);
      },
      async pull(controller) {
        try {
          const chunk = await transfer.next();
          if (chunk !== undefined) {
            controller.enqueue(chunk);
            transfer.isWithClient();
            return;
          }
          transfer.end();
          controller.close();
        } catch (error) {
          transfer.end();
          controller.error(error);
        }
      },
      cancel() {
        transfer.end();
      },
    },
    { highWaterMark: 0 },
  );
}

/** One transfer: chunks that may be passed on, the last only when the digest is right. */
class Transfer {
  readonly #held: Held;
  readonly #hasher: Hasher;
  readonly #expected: Uint8Array;
  readonly #read: () => Promise<Uint8Array | undefined>;
  readonly #timer: ReturnType<typeof setInterval>;
  #length = 0;
  #kept: Uint8Array | undefined;
  /** The end of a range, until the whole is what it must be. */
  #end: Uint8Array | undefined;
  #isOver = false;
  #waitsFor: 'upstream' | 'client' = 'upstream';
  #since = performance.now();
  /** Where nobody is waiting for the next chunk, this says that it will not come. */
  onIdle: (error: Error) => void = () => undefined;

  constructor(held: Held) {
    const { algorithm, hash } = splitDigest(held.digest);
    this.#held = held;
    this.#hasher = createHasher(algorithm);
    this.#expected = hash;
    this.#read = readerOf(held.source);
    this.#timer = setInterval(() => this.#checkIdle(), TICK);
  }

  /** @returns undefined at the end. @throws Broken */
  async next(): Promise<Uint8Array | undefined> {
    try {
      for (;;) {
        const kept = await this.#advance();
        if (kept === undefined) return this.#takeEnd();
        const part = this.#inRange(kept.chunk, kept.start);
        if (part.length === 0) continue;
        if (!this.#isEndOfRange(kept)) return part;
        // A client that has all it asked for does not wait for what comes after.
        this.#end = part;
      }
    } catch (error) {
      const reason = error instanceof Broken ? error : new Broken('upstream', 'upstream broke off');
      if (!this.#isOver) this.#held.broken(reason);
      throw reason;
    }
  }

  #takeEnd(): Uint8Array | undefined {
    const end = this.#end;
    this.#end = undefined;
    return end;
  }

  #isEndOfRange({ chunk, start }: { chunk: Uint8Array; start: number }): boolean {
    const { range } = this.#held;
    return range !== undefined && start + chunk.length > range.last;
  }

  /** Reads one chunk and gives the one before it; at the end, with the digest right, the last. */
  async #advance(): Promise<{ chunk: Uint8Array; start: number } | undefined> {
    for (;;) {
      if (this.#kept === EMPTY) return undefined;
      this.#wait('upstream');
      const chunk = await this.#read();
      const kept = this.#kept;
      const start = this.#length - (kept?.length ?? 0);
      if (chunk === undefined) {
        await this.#checkWhole();
        this.#kept = EMPTY;
        return kept === undefined ? undefined : { chunk: kept, start };
      }
      if (chunk.length === 0) continue;
      this.#length += chunk.length;
      const { size } = this.#held;
      if (size !== undefined && this.#length > size)
        throw new Broken('content', `more than the ${size} bytes that were named`);
      await this.#hasher.update(chunk);
      this.#kept = chunk;
      if (kept !== undefined) return { chunk: kept, start };
    }
  }

  async #checkWhole(): Promise<void> {
    const { size } = this.#held;
    if (size !== undefined && this.#length !== size)
      throw new Broken('content', `${this.#length} bytes instead of ${size}`);
    if (!equalBytes(await this.#hasher.digest(), this.#expected))
      throw new Broken('content', 'other bytes than the digest says');
  }

  #inRange(chunk: Uint8Array, start: number): Uint8Array {
    const { range } = this.#held;
    if (range === undefined) return chunk;
    return chunk.subarray(Math.max(0, range.first - start), Math.max(0, range.last + 1 - start));
  }

  /** The next move is the client's. */
  isWithClient(): void {
    this.#wait('client');
  }

  async waitForClient(taken: Promise<void>): Promise<void> {
    this.#wait('client');
    await taken;
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held.abort(new Broken('client', 'the transfer is over'));
  }

  #wait(who: 'upstream' | 'client'): void {
    this.#waitsFor = who;
    this.#since = performance.now();
  }

  #checkIdle(): void {
    if (performance.now() - this.#since < IDLE[this.#waitsFor]) return;
    const error = new Broken(
      this.#waitsFor,
      `the ${this.#waitsFor} did nothing for ${IDLE[this.#waitsFor] / 1000} s`,
    );
    this.#held.broken(error);
    this.onIdle(error);
    this.end();
  }
}

/** Stands where the last chunk was, once that has been given. */
const EMPTY = new Uint8Array();

/** Large reads into a buffer of ours where the stream can do that; chunks as they come elsewhere. */
function readerOf(source: ReadableStream<Uint8Array>): () => Promise<Uint8Array | undefined> {
  const byob = byobReader(source);
  if (byob !== undefined) {
    let least = LEAST;
    return async () => {
      const began = performance.now();
      const { done, value } = await byob.readAtLeast(least, new Uint8Array(CHUNK));
      least = performance.now() - began > QUICK ? LEAST : Math.min(CHUNK, least * 2);
      return value !== undefined && value.length > 0 ? value : done ? undefined : EMPTY;
    };
  }
  const reader = source.getReader();
  return async () => {
    const { done, value } = await reader.read();
    return done ? undefined : value;
  };
}

interface LargeReader {
  readAtLeast(least: number, view: Uint8Array): Promise<{ done: boolean; value?: Uint8Array }>;
}

/** Workers' own extension of the byte stream reader. */
function byobReader(source: ReadableStream<Uint8Array>): LargeReader | undefined {
  const { ReadableStreamBYOBReader } = globalThis as { ReadableStreamBYOBReader?: { prototype: object } };
  if (ReadableStreamBYOBReader === undefined || !('readAtLeast' in ReadableStreamBYOBReader.prototype))
    return undefined;
  try {
    return source.getReader({ mode: 'byob' }) as unknown as LargeReader;
  } catch {
    return undefined;
  }
}
