// One transfer of bytes that must have a digest: every chunk is hashed, and the last chunk is held back until the whole content is
// verified.
import { type ArtifactDigest, splitDigest } from '../../core/crypto/digest.ts';
import { equalBytes } from '../../core/encoding/bytes.ts';
import { blockReader } from './block_reader.ts';
import { createHasher, type Hasher } from './hasher.ts';
import type { ByteRange } from './range.ts';

/** In milliseconds: how long to wait for a byte from upstream, or for the client to take one. */
const IDLE = { upstream: 30_000, client: 60_000 };
const TICK = 5_000;

export interface Held {
  source: ReadableStream<Uint8Array>;
  /** The digest that the content must have. */
  digest: ArtifactDigest;
  /** In bytes; undefined if unknown. */
  size: number | undefined;
  /** Only this range is passed on; all bytes are hashed. */
  range?: ByteRange | undefined;
  /** Ends the upstream. */
  abort: (reason: Error) => void;
  /** Receives the reason a transfer was broken off; not called if the client went away. */
  broken: (error: Broken) => void;
}

/** Why a transfer ended early: the content is wrong, upstream failed, or the client stopped reading. */
export class Broken extends Error {
  readonly by: 'content' | 'upstream' | 'client';

  constructor(by: Broken['by'], problem: string) {
    super(problem);
    this.name = 'Broken';
    this.by = by;
  }
}

/** One transfer: yields chunks that may be passed on, the last one only once the digest is verified. */
export class Transfer {
  readonly #held: Held;
  readonly #hasher: Hasher;
  readonly #expected: Uint8Array;
  readonly #read: () => Promise<Uint8Array | undefined>;
  readonly #timer: ReturnType<typeof setInterval>;
  #length = 0;
  #kept: Uint8Array | undefined;
  /** The end of the range, held back until the whole content is verified. */
  #end: Uint8Array | undefined;
  #isOver = false;
  #waitsFor: 'upstream' | 'client' = 'upstream';
  #since = performance.now();
  /** Reports that the next chunk will not come, if nobody is waiting for it. */
  onIdle: (error: Error) => void = () => undefined;

  constructor(held: Held) {
    const { algorithm, hash } = splitDigest(held.digest);
    this.#held = held;
    this.#hasher = createHasher(algorithm);
    this.#expected = hash;
    this.#read = blockReader(held.source);
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
        // A client that has everything it asked for does not wait for the rest, so the end of the range is held back until the end.
        this.#end = part;
      }
    } catch (error) {
      const reason =
        error instanceof Broken ? error : new Broken('upstream', 'upstream ended the transfer early');
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

  /** Reads one chunk and returns the one before it; at the end, once the digest is verified, returns the last one. */
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
        throw new Broken('content', `more than the expected ${size} bytes`);
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
      throw new Broken('content', 'the content has a different digest');
  }

  #inRange(chunk: Uint8Array, start: number): Uint8Array {
    const { range } = this.#held;
    if (range === undefined) return chunk;
    return chunk.subarray(Math.max(0, range.first - start), Math.max(0, range.last + 1 - start));
  }

  /** From now on the client is the one that must act. */
  passToClient(): void {
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
      `no progress by the ${this.#waitsFor} for ${IDLE[this.#waitsFor] / 1000} s`,
    );
    this.#held.broken(error);
    this.onIdle(error);
    this.end();
  }
}

/** Replaces the last chunk once that has been returned. */
const EMPTY = new Uint8Array();
