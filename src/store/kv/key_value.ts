// The interface to storage. Values are small JSON texts. A change states the value that it expects to find, so that two writers do not
// silently overwrite each other.

export interface Change {
  key: string;
  /** The value that must be there now: the text that was read before, or undefined if there was none. */
  expected: string | undefined;
  /** The new value; undefined deletes. If it equals `expected`, it is only compared, not written, unless `always` says so. */
  value: string | undefined;
  /** Writes or deletes even what was read as it is to be: where reads lag, it may be otherwise. */
  always?: true;
  /** Seconds until the value expires, at least 60; absent keeps it forever. */
  ttl?: number;
  /**
   * For a deletion in a store whose reads lag: the value to keep instead, and for how many seconds, because other values of the same change
   * may still be read there.
   */
  meanwhile?: { value: string; ttl: number };
}

export interface Page {
  keys: string[];
  /** Opaque; absent on the last page. */
  cursor?: string;
}

export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  /** Reads several keys at once. Results are in the order of `keys`. */
  getMany(keys: string[]): Promise<(string | undefined)[]>;
  /** Lists at most `limit` keys with a prefix, in order. */
  list(prefix: string, limit: number, cursor?: string): Promise<Page>;
  /**
   * Makes all changes or none. On Deno KV this is atomic. Workers KV has no compare-and-swap: the changes are compared first, then made in
   * the given order, so a failure may leave only the first ones done.
   * @returns false when some value was not as expected and nothing was changed
   */
  commit(changes: Change[]): Promise<boolean>;
}
