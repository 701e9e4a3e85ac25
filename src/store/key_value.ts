// The one port to storage. Values are small JSON texts; a change states what it expects to find, so that two writers do not
// silently undo each other.

export interface Change {
  key: string;
  /** What must be there now: the text read before, or undefined for nothing. */
  expected: string | undefined;
  /** What is there afterwards; undefined deletes. What is expected there already is compared, and not written. */
  value: string | undefined;
  /** Seconds until it is gone by itself; absent keeps it. At least 60. */
  ttl?: number;
}

export interface Page {
  keys: string[];
  /** Opaque; absent at the end. */
  cursor?: string;
}

export interface KeyValueStore {
  get(key: string): Promise<string | undefined>;
  /** Several at once, in the order asked for. */
  getMany(keys: string[]): Promise<(string | undefined)[]>;
  /** Keys under a prefix in order, at most `limit`. */
  list(prefix: string, limit: number, cursor?: string): Promise<Page>;
  /**
   * Makes all changes or none: atomically on Deno KV. Workers KV has no compare-and-swap: there they are compared, then made
   * in the order given, so a fault leaves a prefix of them.
   * @returns false when something else was found than expected, and nothing was changed
   */
  commit(changes: Change[]): Promise<boolean>;
}
