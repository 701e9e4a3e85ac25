// A fake Deno KV in memory: keys are lists of parts, and an atomic change checks versions when it is committed.

interface Entry {
  key: string[];
  value: unknown;
  versionstamp: string | null;
}

/** Deno KV's own limits: keys in one read, checks in one change. */
const MAX_READ = 10;
const MAX_CHECKS = 100;

export function makeDenoKv() {
  const stored = new Map<string, Entry>();
  let version = 0;
  const name = (key: string[]) => key.join('\u0000');
  const read = (key: string[]): Entry => stored.get(name(key)) ?? { key, value: null, versionstamp: null };
  return {
    get: async (key: string[]) => read(key),
    async getMany(keys: string[][]) {
      if (keys.length > MAX_READ) throw new TypeError(`Too many keys (max ${MAX_READ})`);
      return keys.map(read);
    },
    list({ prefix }: { prefix: string[] }, { limit, cursor }: { limit: number; cursor?: string }) {
      const inside = [...stored.values()]
        .filter(({ key }) => key.length > prefix.length && prefix.every((part, i) => key[i] === part))
        .sort((a, b) => (name(a.key) < name(b.key) ? -1 : 1));
      const start = cursor === undefined ? 0 : inside.findIndex(({ key }) => name(key) > atob(cursor));
      const page = start < 0 ? [] : inside.slice(start, start + limit);
      const last = page.at(-1);
      return {
        cursor: last === undefined || page.length < limit ? '' : btoa(name(last.key)),
        async *[Symbol.asyncIterator]() {
          yield* page;
        },
      };
    },
    atomic() {
      const checks: { key: string[]; versionstamp: string | null }[] = [];
      const writes: (() => void)[] = [];
      const change = {
        check(entry: { key: string[]; versionstamp: string | null }) {
          checks.push(entry);
          return change;
        },
        set(key: string[], value: string) {
          writes.push(() =>
            stored.set(name(key), { key, value, versionstamp: String(++version).padStart(20, '0') }),
          );
          return change;
        },
        delete(key: string[]) {
          writes.push(() => stored.delete(name(key)));
          return change;
        },
        async commit() {
          if (checks.length > MAX_CHECKS) throw new TypeError(`Too many checks (max ${MAX_CHECKS})`);
          const ok = checks.every(({ key, versionstamp }) => read(key).versionstamp === versionstamp);
          if (ok) for (const write of writes) write();
          return { ok };
        },
      };
      return change;
    },
  };
}
