// A fake Workers KV namespace in memory: the parts that the service uses, which can fail or lag as the real one does.

interface Stored {
  value: string;
  metadata: unknown;
}

export interface FakeKv {
  /** The stored values by name. */
  stored: Map<string, Stored>;
  /** Names read and written, in order. */
  reads: string[];
  writes: string[];
  /** Called before each operation, which fails with whatever error it throws. */
  before?: (operation: 'get' | 'put' | 'delete' | 'list', name: string) => void | Promise<void>;
  /** From now on, reads see the state of this moment, as at an edge location that has not caught up. */
  freeze(): void;
  thaw(): void;
  get(name: string, options?: unknown): Promise<unknown>;
  getWithMetadata(
    name: string,
    options?: unknown,
  ): Promise<{ value: unknown; metadata: unknown; cacheStatus: null }>;
  put(
    name: string,
    value: string | ArrayBuffer | Uint8Array,
    options?: { metadata?: unknown },
  ): Promise<void>;
  delete(name: string): Promise<void>;
  list(options?: { prefix?: string; limit?: number; cursor?: string | null }): Promise<unknown>;
}

/** Workers KV's own limits: bytes in a name, and names in one list. */
const MAX_NAME = 512;
const MAX_LIST = 1000;

export function makeKv(): FakeKv {
  let frozen: Map<string, Stored> | undefined;
  const seen = () => frozen ?? kv.stored;
  const check = (name: string) => {
    const { length } = new TextEncoder().encode(name);
    if (length === 0 || length > MAX_NAME || name === '.' || name === '..')
      throw new Error(`KV: bad name of ${length} bytes`);
  };
  const decode = (value: string, options: unknown) => {
    const type = typeof options === 'string' ? options : (options as { type?: string } | undefined)?.type;
    if (type === 'json') return JSON.parse(value);
    return type === 'arrayBuffer' ? new TextEncoder().encode(value).buffer : value;
  };
  const kv: FakeKv = {
    stored: new Map(),
    reads: [],
    writes: [],
    freeze: () => {
      frozen = new Map(kv.stored);
    },
    thaw: () => {
      frozen = undefined;
    },
    async get(name, options) {
      return (await kv.getWithMetadata(name, options)).value;
    },
    async getWithMetadata(name, options) {
      check(name);
      kv.reads.push(name);
      await kv.before?.('get', name);
      const found = seen().get(name);
      if (found === undefined) return { value: null, metadata: null, cacheStatus: null };
      return { value: decode(found.value, options), metadata: found.metadata, cacheStatus: null };
    },
    async put(name, value, options) {
      check(name);
      await kv.before?.('put', name);
      kv.writes.push(name);
      const text = typeof value === 'string' ? value : new TextDecoder().decode(value);
      kv.stored.set(name, { value: text, metadata: options?.metadata ?? null });
    },
    async delete(name) {
      check(name);
      await kv.before?.('delete', name);
      kv.writes.push(name);
      kv.stored.delete(name);
    },
    async list({ prefix = '', limit = MAX_LIST, cursor } = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST) throw new Error('KV: bad list limit');
      await kv.before?.('list', prefix);
      const names = [...seen().keys()].filter((name) => name.startsWith(prefix)).sort();
      const start = cursor == null || cursor === '' ? 0 : names.findIndex((name) => name > atob(cursor));
      const page = start < 0 ? [] : names.slice(start, start + limit);
      const last = page.at(-1);
      const complete = start < 0 || start + limit >= names.length;
      return {
        keys: page.map((name) => ({ name, metadata: seen().get(name)?.metadata ?? undefined })),
        list_complete: complete,
        ...(!complete && last !== undefined && { cursor: btoa(last) }),
        cacheStatus: null,
      };
    },
  };
  return kv;
}
