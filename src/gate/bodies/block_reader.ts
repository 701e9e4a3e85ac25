// Reads a body in large blocks where the runtime can, because each read costs.

/**
 * In bytes: the size of the buffer to read into, where the runtime can fill one. The minimum that a read waits for starts at LEAST and
 * doubles up to CHUNK while reads take at most QUICK milliseconds, because each read costs; a slower read resets it, because waiting for
 * more bytes stalls the client.
 */
const CHUNK = 1024 * 1024;
const LEAST = 16 * 1024;
const QUICK = 200;

const NOTHING = new Uint8Array();

/** Reads large blocks into our own buffer if the stream supports it, otherwise chunks as they come. */
export function blockReader(source: ReadableStream<Uint8Array>): () => Promise<Uint8Array | undefined> {
  const byob = byobReader(source);
  if (byob !== undefined) {
    let least = LEAST;
    return async () => {
      const began = performance.now();
      const { done, value } = await byob.readAtLeast(least, new Uint8Array(CHUNK));
      least = performance.now() - began > QUICK ? LEAST : Math.min(CHUNK, least * 2);
      return value !== undefined && value.length > 0 ? value : done ? undefined : NOTHING;
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

/** Workers' extension of the BYOB reader. */
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
