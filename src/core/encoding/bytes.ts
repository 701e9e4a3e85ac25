// Bytes and their text encodings: base64 (RFC 4648 §4), hex and UTF-8. Decoding is strict unless a function says otherwise.
import { allocate } from '../memory/allocate.ts';
import { Malformed } from './malformed.ts';

/** Bytes in an ordinary ArrayBuffer, as WebCrypto requires. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const HEX_BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const HEX = /^(?:[0-9a-fA-F]{2})*$/;

export function utf8(text: string): Bytes {
  // ASCII, as most text here is, has as many bytes as characters; what is longer was not read to its end.
  const bytes = allocate(text.length);
  const { read } = encoder.encodeInto(text, bytes);
  return read === text.length ? bytes : (encoder.encode(text) as Bytes);
}

/** Decodes UTF-8. A byte-order mark stays in the text; an invalid sequence is an error. Throws `Malformed`. */
export function fromUtf8(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Malformed(what, 'not valid UTF-8');
  }
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/**
 * Decodes standard base64 with padding. CR and LF are skipped, as in Go's decoder, because signatures in the wild contain them. Any
 * other stray character, missing padding and non-zero spare bits are errors. Throws `Malformed`.
 */
export function fromBase64(text: string, what: string): Bytes {
  const bytes = decodeBase64(text) ?? decodeBase64(text.replace(/[\r\n]/g, ''));
  if (bytes === undefined) throw new Malformed(what, 'not standard base64 with padding');
  return bytes;
}

const STRICT = { lastChunkHandling: 'strict' };

/** ES2026 Uint8Array.prototype.setFromBase64, on the runtimes that have it. */
interface NativeDecoder {
  setFromBase64?(text: string, options: typeof STRICT): { read: number; written: number };
}

const isNative = (Uint8Array.prototype as NativeDecoder).setFromBase64 !== undefined;
const decodeBase64 = isNative ? decodeNatively : decodeWithAtob;

/** The native decoder checks alphabet, padding and spare bits, but skips white space, which the number of bytes reveals. */
function decodeNatively(text: string): Bytes | undefined {
  if (text.length % 4 !== 0) return undefined;
  const bytes = allocate((text.length / 4) * 3 - paddingOf(text));
  try {
    const { read, written } = (bytes as Required<NativeDecoder>).setFromBase64(text, STRICT);
    return read === text.length && written === bytes.length ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function paddingOf(text: string): 0 | 1 | 2 {
  return text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
}

function decodeWithAtob(text: string): Bytes | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined;
  const padding = paddingOf(text);
  const last = ALPHABET.indexOf(text.charAt(text.length - 1 - padding));
  const spare = padding === 2 ? 15 : padding === 1 ? 3 : 0;
  if ((last & spare) !== 0) return undefined;
  const binary = atob(text);
  const bytes = allocate(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Like `fromBase64`, or the same with base64url's two letters in place of `+` and `/`, never both in one text. */
export function fromEitherBase64(text: string, what: string): Bytes {
  const isUrl = /[-_]/.test(text) && !/[+/]/.test(text);
  return fromBase64(isUrl ? text.replaceAll('-', '+').replaceAll('_', '/') : text, what);
}

/** Decodes base64 or base64url, with or without padding. For query parameters only, never for signed data. */
export function fromBase64Lenient(text: string, what: string): Bytes {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return fromBase64(standard + '='.repeat((4 - (standard.length % 4)) % 4), what);
}

/** ES2026 Uint8Array.prototype.toHex, on the runtimes that have it. */
const nativeHex = (Uint8Array.prototype as unknown as { toHex?: (this: Uint8Array) => string }).toHex;

/** Lower case. */
export function toHex(bytes: Uint8Array): string {
  if (nativeHex !== undefined) return nativeHex.call(bytes);
  let text = '';
  for (const byte of bytes) text += HEX_BYTES[byte];
  return text;
}

/** Decodes hexadecimal of either case and any even length. Throws `Malformed`. */
export function fromHex(text: string, what: string): Bytes {
  if (!HEX.test(text)) throw new Malformed(what, 'not hexadecimal');
  const bytes = allocate(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = 16 * hexDigit(text, 2 * i) + hexDigit(text, 2 * i + 1);
  return bytes;
}

function hexDigit(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 0x40 ? code - 0x30 : (code & 0x1f) + 9;
}

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Compares public bytes, stopping at the first difference. Secrets are compared elsewhere, in constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * Reads to the end and returns everything concatenated. Chunks are copied as they arrive and not kept: a runtime may lend a buffer of
 * 64 KiB for a chunk of one byte.
 * @param count receives the length of each chunk before the chunk is copied. If `count` or `read` throws, reading stops
 */
export async function collect(
  read: () => Promise<ReadableStreamReadResult<Uint8Array>>,
  count: (length: number) => void,
): Promise<Bytes> {
  let whole: Bytes = new Uint8Array();
  let length = 0;
  for (;;) {
    const { done, value } = await read();
    if (done) return resized(whole, length);
    count(value.length);
    const end = length + value.length;
    if (end > whole.length) whole = resized(whole, 2 * end);
    whole.set(value, length);
    length = end;
  }
}

function resized({ buffer }: Bytes, length: number): Bytes {
  return new Uint8Array(buffer.transfer(length));
}
