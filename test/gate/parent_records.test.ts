// Which records of parents stay in an isolate's memory, what they cost in the store, and how long a request tries to write one.
import { expect, onTestFinished, test, vi } from 'vitest';
import { Undecided } from '../../src/core/errors/undecided.ts';
import { createGateMemory, type GateSession } from '../../src/gate/gate_session.ts';
import { parentsOf, recordChildren } from '../../src/gate/parent_records.ts';
import { guardStore } from '../../src/store/kv/guard.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createMemoryStore } from '../../src/store/kv/memory.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { makeKv } from '../support/fake_kv.ts';

const image = { registry: 'registry.example', repository: 'app' };
const digestOf = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}` as const;
const parents = Array.from({ length: 32 }, (_, at) => ({ digest: digestOf(at), size: 1 }));

test('full records take the place of many small ones', async () => {
  const get = vi.fn(async (id: string) => JSON.stringify({ id, parents, at: 1 }));
  const session = { verifier: { ports: { now: () => 1000 } } };
  const gate = {
    memory: createGateMemory(),
    edge: undefined,
    session,
    store: { get },
  } as unknown as GateSession;
  const find = (at: number) => parentsOf(gate, image, 'blob', digestOf(at) as never).next();
  for (let at = 0; at < 2000; at++) await find(at);
  await find(1999);
  expect(get).toHaveBeenCalledTimes(2000);
  await find(0);
  expect(get).toHaveBeenCalledTimes(2001);
});

test('the most children that a manifest may have are recorded within the operations that Workers KV allows a request', async () => {
  const kv = makeKv();
  const store = createWorkersKvStore(kv as unknown as KvNamespace);
  const session = { verifier: { ports: { now: () => 1000 } } };
  const children = Array.from({ length: 257 }, (_, at) => ({ digest: digestOf(at), size: 1 }));
  const record = (memory: ReturnType<typeof createGateMemory>) => {
    const gate = { memory, edge: undefined, session, store } as unknown as GateSession;
    return recordChildren(gate, image, 'blob', children as never, { digest: digestOf(1000) as never });
  };
  const [here, elsewhere] = [createGateMemory(), createGateMemory()];
  for (const when of ['new', 'again']) {
    await record(here);
    expect([kv.reads.length, kv.writes.length], when).toEqual([2 * 257, 257]);
  }
  for (const when of ['new', 'again']) {
    await record(elsewhere);
    expect([kv.reads.length, kv.writes.length], `${when} in another isolate`).toEqual([3 * 257, 257]);
  }
});

test('what the store has lost is written again with what is new, from memory', async () => {
  const session = { verifier: { ports: { now: () => 1000 } } };
  const memory = createGateMemory();
  const record = async (store: KeyValueStore, parent: number) => {
    const gate = { memory, edge: undefined, session, store } as unknown as GateSession;
    const children = [{ digest: digestOf(1) as never, size: 1 }];
    await recordChildren(gate, image, 'blob', children, { digest: digestOf(parent) as never });
  };
  await record(createMemoryStore(), 2);
  const emptied = createMemoryStore();
  await record(emptied, 3);
  const [key = ''] = (await emptied.list('parents/', 1)).keys;
  expect(JSON.parse((await emptied.get(key)) ?? '').parents).toEqual([
    { digest: digestOf(3), size: 1 },
    { digest: digestOf(2), size: 1 },
  ]);
});

test('a defect in writing is thrown, and nothing is tried again', async () => {
  const commit = vi.fn(() => Promise.reject(new TypeError('a defect')));
  const session = { verifier: { ports: { now: () => 1000 } } };
  const store = { ...createMemoryStore(), commit };
  const gate = { memory: createGateMemory(), edge: undefined, session, store } as unknown as GateSession;
  const children = [{ digest: digestOf(1) as never, size: 1 }];
  await expect(
    recordChildren(gate, image, 'blob', children, { digest: digestOf(2) as never }),
  ).rejects.toThrow('a defect');
  expect(commit).toHaveBeenCalledTimes(1);
});

test('a store that takes no write is unavailable, before a manifest with many children has used the operations of a request', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const kv = makeKv();
  const store = guardStore(createWorkersKvStore(kv as unknown as KvNamespace), () => () => undefined);
  const session = { verifier: { ports: { now: () => 1000 } } };
  let operations = 0;
  kv.before = async (operation) => {
    operations++;
    if (operation === 'put') throw new Error('KV put() limit exceeded for the day.');
  };
  for (const count of [1, 100, 257]) {
    const children = Array.from({ length: count }, (_, at) => ({ digest: digestOf(at), size: 1 }));
    const gate = { memory: createGateMemory(), edge: undefined, session, store } as unknown as GateSession;
    operations = 0;
    const recorded = recordChildren(gate, image, 'blob', children as never, {
      digest: digestOf(1000) as never,
    });
    const error = recorded.catch((thrown) => thrown);
    await vi.runAllTimersAsync();
    expect(await error, `${count} children`).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
    expect(operations).toBe(3 * Math.min(300, count * 10));
  }
});

test('what another isolate of the location has just recorded is found at the edge, while the store shows none and takes no write', async () => {
  const kv = makeKv();
  const store = guardStore(createWorkersKvStore(kv as unknown as KvNamespace), () => () => undefined);
  const session = { verifier: { ports: { now: () => 1000 } } };
  const texts = new Map<string, string>();
  const edge = {
    get: async (key: string) => texts.get(key),
    put: async (key: string, text: string) => void texts.set(key, text),
  };
  const written = new Set<string>();
  let begun = 0;
  let isFirstRead = () => {};
  const bothRead = new Promise<void>((resolve) => {
    isFirstRead = resolve;
  });
  kv.before = async (operation, name) => {
    if (operation === 'put' && written.has(name)) throw new Error('KV PUT failed: 429 Too Many Requests');
    if (operation === 'put') written.add(name);
    // Both have looked at the edge before either writes.
    if (operation === 'get' && ++begun === 2) isFirstRead();
    if (operation === 'get') await bothRead;
  };
  kv.freeze();
  const record = () => {
    const gate = { memory: createGateMemory(), edge, session, store } as unknown as GateSession;
    const children = [{ digest: digestOf(1) as never, size: 1 }];
    return recordChildren(gate, image, 'blob', children, { digest: digestOf(1000) as never });
  };
  await Promise.all([record(), record()]);
  expect(kv.writes).toHaveLength(1);
});

test('pulls at the same moment of one manifest with many children all succeed: one writes, and the others see that it did', async () => {
  const kept = createMemoryStore();
  const children = Array.from({ length: 257 }, (_, at) => ({ digest: digestOf(at) as never, size: 1 }));
  let isRead = () => {};
  const allRead = new Promise<void>((resolve) => {
    isRead = resolve;
  });
  const counts = { reads: 0, writes: 0 };
  const store: KeyValueStore = {
    ...kept,
    async get(key) {
      const text = await kept.get(key);
      // All of them have read every record before any of them writes one.
      if (++counts.reads === 5 * children.length) isRead();
      await allRead;
      return text;
    },
    async commit(changes) {
      counts.writes++;
      return kept.commit(changes);
    },
  };
  const session = { verifier: { ports: { now: () => 1000 } } };
  const gate = { memory: createGateMemory(), edge: undefined, session, store } as unknown as GateSession;
  const pull = () => recordChildren(gate, image, 'blob', children, { digest: digestOf(1000) as never });
  await Promise.all(Array.from({ length: 5 }, pull));
  expect(counts).toEqual({ reads: 5 * children.length, writes: 5 * children.length });
});

/** Isolates of one location, with a store that may show any record of a blob, and a clock. */
function makeLocation() {
  const texts = new Map<string, string>();
  const edge = {
    get: async (key: string) => texts.get(key),
    put: async (key: string, text: string) => void texts.set(key, text),
  };
  const kv = makeKv();
  const store = createWorkersKvStore(kv as unknown as KvNamespace);
  const clock = { now: 1_000_000 };
  const session = { verifier: { ports: { now: () => clock.now } } };
  const blob = digestOf(1) as never;
  const isolate = () => {
    const gate = { memory: createGateMemory(), edge, session, store } as unknown as GateSession;
    /** What the first look finds, or what both do. */
    const find = async (looks: 1 | 2) => {
      const found: number[][] = [];
      for await (const group of parentsOf(gate, image, 'blob', blob)) {
        found.push(group.map(({ digest }) => Number.parseInt(digest.slice(7), 16)));
        if (found.length === looks) break;
      }
      return found;
    };
    const record = (parent: number) =>
      recordChildren(gate, image, 'blob', [{ digest: blob, size: 1 }], { digest: digestOf(parent) as never });
    return { gate, find, record };
  };
  return { isolate, kv, clock, edgeTexts: texts };
}

test('what the location has just recorded is kept where the store still shows what was there before', async () => {
  const { isolate, kv, clock } = makeLocation();
  const [one, other] = [isolate(), isolate()];
  await one.record(10);
  expect(await other.find(1)).toEqual([[10]]);
  kv.freeze();
  clock.now += 1000;
  await one.record(11);
  expect(await other.find(2), 'also in an isolate that remembers the older record').toEqual([[10], [11]]);
  expect(await other.find(1)).toEqual([[11, 10]]);
  clock.now += 1000;
  await other.record(12);
  kv.thaw();
  expect(await isolate().find(2), 'no parent is lost').toEqual([[12, 11, 10], []]);
});

test('a record that was just read from the store, with nothing at the edge, is not read again', async () => {
  const { isolate, kv, edgeTexts } = makeLocation();
  await isolate().record(10);
  edgeTexts.clear();
  kv.reads.length = 0;
  expect(await isolate().find(2)).toEqual([[10], []]);
  expect(kv.reads).toHaveLength(1);
});

test('what the same isolate records between both looks is found by the second', async () => {
  const { isolate, edgeTexts } = makeLocation();
  await isolate().record(10);
  edgeTexts.clear();
  const { gate, record } = isolate();
  const looks = parentsOf(gate, image, 'blob', digestOf(1) as never);
  expect((await looks.next()).value).toMatchObject([{ digest: digestOf(10) }]);
  await record(11);
  expect((await looks.next()).value).toMatchObject([{ digest: digestOf(11) }]);
});

test('a parent that a write from elsewhere has removed is recorded again within ten minutes', async () => {
  const { isolate, kv, clock, edgeTexts } = makeLocation();
  const here = isolate();
  await here.record(10);
  const [[key = '', { value = '' } = {}] = []] = [...kv.stored];
  const elsewhere = { value: value.replace(digestOf(10), digestOf(20)), metadata: null };
  kv.stored.set(key, elsewhere);
  edgeTexts.clear();
  clock.now += 599_999;
  await here.record(10);
  expect(kv.stored.get(key), 'still remembered').toEqual(elsewhere);
  clock.now += 1;
  await here.record(10);
  expect(await isolate().find(1)).toEqual([[10, 20]]);
});

test('a record is written although the store refuses to write it for three seconds', async () => {
  let waited = 0;
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  vi.stubGlobal('setTimeout', (proceed: () => void, pause: number) => {
    waited += pause;
    queueMicrotask(proceed);
  });
  const commit = vi.fn(async () => {
    if (waited < 3000) throw new Undecided('STORE_UNAVAILABLE', 'Too many writes.');
    return true;
  });
  const gate = {
    memory: createGateMemory(),
    edge: undefined,
    session: { verifier: { ports: { now: () => 1000 } } },
    store: { get: async () => undefined, commit },
  } as unknown as GateSession;
  try {
    await recordChildren(gate, image, 'blob', [{ digest: digestOf(1) as never, size: 1 }], {
      digest: digestOf(2) as never,
    });
    expect(await commit.mock.results.at(-1)?.value).toBe(true);
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  }
});
