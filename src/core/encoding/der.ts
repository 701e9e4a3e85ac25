// Distinguished Encoding Rules (ITU-T X.690 §8, §10 and §11): only what keys, signatures, certificates and timestamps need. BER is
// rejected.
import type { Bytes } from './bytes.ts';
import { concat } from './bytes.ts';
import { Malformed } from './malformed.ts';

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value: its tag, its content, and its complete encoding. */
export interface DerValue {
  tag: number;
  content: Bytes;
  whole: Bytes;
}

/** Reads the values in the content of a constructed value, in order. */
export class DerReader {
  readonly #bytes: Bytes;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Bytes, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The tag of the next value, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** Reads a value with any single-byte tag. Its length must be definite and in the shortest form (X.690 §10.1). */
  any(): DerValue {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) this.#fail('multi-byte tags are not supported');
    let length = this.#byte();
    if (length >= 0x80) {
      const count = length - 0x80;
      if (count === 0) this.#fail('indefinite length');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
      if (length < 0x80 || length < 256 ** (count - 1)) this.#fail('length is not in its shortest form');
    }
    const end = this.#at + length;
    if (end > this.#bytes.length) this.#fail('value is longer than its container');
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, content, whole: this.#bytes.subarray(start, end) };
  }

  value(tag: number, name: string): DerValue {
    if (this.nextTag !== tag) this.#fail(`expected ${name}`);
    return this.any();
  }

  sequence(): DerReader {
    return this.inside(TAG.sequence, 'a SEQUENCE');
  }

  set(): DerReader {
    return this.inside(TAG.set, 'a SET');
  }

  /** A reader for the content of a constructed value. */
  inside(tag: number, name: string): DerReader {
    return new DerReader(this.value(tag, name).content, this.#what);
  }

  /** An INTEGER in two's complement (X.690 §8.3.2: shortest form). */
  integer(): Bytes {
    const { content } = this.value(TAG.integer, 'an INTEGER');
    const [first, second] = content;
    if (first === undefined) this.#fail('empty INTEGER');
    if (second !== undefined && (first === 0 || first === 0xff) && first >> 7 === second >> 7) {
      this.#fail('INTEGER with a redundant leading byte');
    }
    return content;
  }

  /** A positive INTEGER's magnitude, big-endian, without the sign byte. */
  positiveInteger(): Bytes {
    const content = this.integer();
    const [first = 0] = content;
    if (first >= 0x80) this.#fail('negative INTEGER');
    if (first === 0 && content.length === 1) this.#fail('INTEGER is zero');
    return first === 0 ? content.subarray(1) : content;
  }

  /** An INTEGER from 0 to 2^31-1: versions, states and counts. */
  smallInteger(): number {
    const content = this.integer();
    if ((content[0] ?? 0) >= 0x80) this.#fail('negative INTEGER');
    if (content.length > 4) this.#fail('INTEGER too large');
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** X.690 §11.1: true is exactly 0xff. */
  boolean(): boolean {
    const { content } = this.value(TAG.boolean, 'a BOOLEAN');
    const [byte] = content;
    if (content.length !== 1 || (byte !== 0 && byte !== 0xff)) this.#fail('BOOLEAN is neither 0x00 nor 0xff');
    return byte === 0xff;
  }

  /** A BOOLEAN DEFAULT FALSE. DER omits default values (X.690 §11.5). */
  flag(): boolean {
    if (this.nextTag !== TAG.boolean) return false;
    if (!this.boolean()) this.#fail('a default value is encoded explicitly');
    return true;
  }

  octetString(): Bytes {
    return this.value(TAG.octetString, 'an OCTET STRING').content;
  }

  /** A BIT STRING that consists of whole bytes. */
  bitString(): Bytes {
    const { content } = this.value(TAG.bitString, 'a BIT STRING');
    if (content[0] !== 0) this.#fail('BIT STRING is not a whole number of bytes');
    return content.subarray(1);
  }

  /** A BIT STRING with named bits, in order. The last bit must be set (X.690 §11.2.2). */
  namedBits(): boolean[] {
    const [unused = 8, ...bytes] = this.value(TAG.bitString, 'a BIT STRING').content;
    const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ((byte << bit) & 0x80) !== 0));
    const used = bits.slice(0, bits.length - unused);
    const isShortest = bytes.length === 0 ? unused === 0 : used.at(-1) === true;
    if (unused > 7 || !isShortest || bits.lastIndexOf(true) >= used.length) {
      this.#fail('BIT STRING is not in its shortest form');
    }
    return used;
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  oid(): string {
    const { content } = this.value(TAG.oid, 'an OBJECT IDENTIFIER');
    const arcs: number[] = [];
    let arc = 0;
    let start = true;
    for (const byte of content) {
      if (start && byte === 0x80) this.#fail('OBJECT IDENTIFIER with a redundant leading zero');
      arc = arc * 128 + (byte & 0x7f);
      if (arc > 2 ** 40) this.#fail('OBJECT IDENTIFIER arc too large');
      start = byte < 0x80;
      if (start) {
        arcs.push(arc);
        arc = 0;
      }
    }
    const first = arcs[0];
    if (first === undefined || !start) this.#fail('OBJECT IDENTIFIER is truncated');
    const root = Math.min(Math.floor(first / 40), 2);
    return [root, first - 40 * root, ...arcs.slice(1)].join('.');
  }

  null(): void {
    if (this.value(TAG.null, 'NULL').content.length !== 0) this.#fail('NULL with content');
  }

  end(): void {
    if (!this.atEnd) this.#fail('unexpected bytes after the last value');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) this.#fail('truncated');
    return byte;
  }

  #fail(problem: string): never {
    throw new Malformed(this.#what, `not DER: ${problem}`);
  }
}

/** Encodes one value with a definite length in its shortest form. */
export function encodeDer(tag: number, ...contents: Uint8Array[]): Bytes {
  const content = concat(...contents);
  const length: number[] = [];
  if (content.length < 0x80) length.push(content.length);
  else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
    length.unshift(0x80 + length.length);
  }
  return concat(Uint8Array.from([tag, ...length]), content);
}
