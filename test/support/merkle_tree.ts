// The recursive definitions of RFC 6962 §2.1, implemented literally. Entries are only ever added, so a range's hash never changes and is
// computed once.
import { type Bytes, join, sha256 } from './bytes.ts';

export class MerkleTree {
  readonly #leaves: Bytes[] = [];
  readonly #hashes = new Map<string, Promise<Bytes>>();

  constructor(entries: Bytes[] = []) {
    for (const entry of entries) this.add(entry);
  }

  get size(): number {
    return this.#leaves.length;
  }

  add(entry: Bytes): void {
    this.#leaves.push(entry);
  }

  /** MTH of RFC 6962 §2.1, for the tree as it was at the given size. */
  root(size = this.size): Promise<Bytes> {
    return size === 0 ? sha256(new Uint8Array()) : this.#hash(0, size);
  }

  /** PATH of RFC 6962 §2.1.1, for the tree as it was at the given size. */
  path(index: number, size = this.size): Promise<Bytes[]> {
    return this.#path(index, 0, size);
  }

  async #path(index: number, start: number, end: number): Promise<Bytes[]> {
    if (end - start <= 1) return [];
    const middle = start + split(end - start);
    return index < middle
      ? [...(await this.#path(index, start, middle)), await this.#hash(middle, end)]
      : [...(await this.#path(index, middle, end)), await this.#hash(start, middle)];
  }

  #hash(start: number, end: number): Promise<Bytes> {
    const name = `${start}-${end}`;
    const known = this.#hashes.get(name);
    if (known !== undefined) return known;
    const hash = this.#compute(start, end);
    this.#hashes.set(name, hash);
    return hash;
  }

  async #compute(start: number, end: number): Promise<Bytes> {
    if (end - start === 1) return leafHash(this.#leaves[start] as Bytes);
    const middle = start + split(end - start);
    return sha256(join([1], await this.#hash(start, middle), await this.#hash(middle, end)));
  }
}

export function leafHash(entry: Bytes): Promise<Bytes> {
  return sha256(join([0], entry));
}

/** The largest power of two below n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
