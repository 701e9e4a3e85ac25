// Room for short decoded values. A verification decodes a dozen of them, and a new ArrayBuffer costs a runtime more than the decoding, so
// they share buffers, each with bytes of its own.

/** In bytes. A short value that is cached keeps the whole buffer alive, so it is small. */
const SHARED = 2048;
/** In bytes: views begin at multiples of this. */
const ALIGNMENT = 8;

let shared = new ArrayBuffer(SHARED);
let used = 0;

/** Zeroes for the caller to write. No other value contains these bytes, but `.buffer` may hold more than them. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  if (length > SHARED) return new Uint8Array(length);
  if (used + length > SHARED) {
    shared = new ArrayBuffer(SHARED);
    used = 0;
  }
  const bytes = new Uint8Array(shared, used, length);
  used += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  return bytes;
}
