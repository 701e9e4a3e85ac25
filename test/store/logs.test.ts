// Transparency logs in the store: what finds them by log id and for a search, and changes that meet others.
import { beforeEach, describe, expect, test } from 'vitest';
import { createDenoKvStore, type DenoKv } from '../../src/store/kv/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { MAX_LOG_RECORD, recordKey, type StoredLog } from '../../src/store/log_records.ts';
import { deleteLog, findStoredLog, getLog, listLogs, putLog } from '../../src/store/logs.ts';
import type { Precondition } from '../../src/store/preconditions.ts';
import { makeDenoKv } from '../support/fake_deno_kv.ts';
import { makeKey } from '../support/keys.ts';

const [one, other] = [await logContent(), await logContent()];
const indexKey = (log: StoredLog) => `log-id/${log.logId}`;

let store: KeyValueStore;
beforeEach(() => {
  store = createDenoKvStore(makeDenoKv() as unknown as DenoKv);
});

async function logContent(): Promise<StoredLog> {
  const { pem, fingerprint } = await makeKey();
  return {
    url: 'https://rekor.example',
    version: 1,
    publicKey: pem,
    logId: fingerprint.slice('sha256:'.length),
    validFrom: '2020-01-01T00:00:00Z',
  };
}

const codeOf = ({ code }: { code?: string }) => code ?? 'not a coded error';
const put = (id: string, log: StoredLog, precondition: Precondition = {}) =>
  putLog(store, id, log, { precondition, by: 'test', now: 0 }).then(
    ({ isNew }) => (isNew ? 'new' : 'replaced'),
    codeOf,
  );
const remove = (id: string, precondition: Precondition = {}) =>
  deleteLog(store, id, precondition).then(() => 'gone', codeOf);

async function set(key: string, value: string | undefined) {
  expect(await store.commit([{ key, expected: await store.get(key), value }])).toBe(true);
}

describe('a log is found by its id', () => {
  test('while its record contains it', async () => {
    expect(await put('a', one)).toBe('new');
    expect(await findStoredLog(store, one.logId)).toMatchObject({ name: 'rekor.example', logId: one.logId });
    expect(await findStoredLog(store, other.logId)).toBeUndefined();
    expect(await put('a', other)).toBe('replaced');
    expect(await findStoredLog(store, one.logId)).toBeUndefined();
    expect(await findStoredLog(store, other.logId)).toMatchObject({ logId: other.logId });
    expect(await store.get(indexKey(one))).toBeUndefined();
    expect(await remove('a')).toBe('gone');
    expect(await findStoredLog(store, other.logId)).toBeUndefined();
    expect(await store.get(indexKey(other))).toBeUndefined();
  });

  test('not through an entry that a change has left behind', async () => {
    await put('a', one);
    await set(indexKey(other), 'a');
    expect(await findStoredLog(store, other.logId)).toBeUndefined();
    await set(indexKey(other), 'gone');
    expect(await findStoredLog(store, other.logId)).toBeUndefined();
    expect(await put('b', other)).toBe('new');
    expect(await findStoredLog(store, other.logId)).toMatchObject({ logId: other.logId });
  });

  test('and a stored key that does not give that id makes the store undecided', async () => {
    await put('a', { ...one, logId: other.logId });
    await expect(findStoredLog(store, other.logId)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: false,
    });
  });
});

describe('a log that is already stored', () => {
  test('is refused under a second id, whose record it would be too', async () => {
    await put('a', one);
    const again = putLog(store, 'b', one, { precondition: {}, by: 'test', now: 0 });
    await expect(again).rejects.toMatchObject({
      code: 'CONFLICT',
      message: 'This log is already stored, as a.',
    });
    expect(await getLog(store, 'b')).toBeUndefined();
  });

  test('is taken over if the record it was in has another log now', async () => {
    await put('a', other);
    await set(indexKey(one), 'a');
    expect(await put('b', one)).toBe('new');
    expect(await findStoredLog(store, one.logId)).toMatchObject({ logId: one.logId });
  });
});

test('a record may be as long as the maximum, and no longer', async () => {
  const at = (length: number) => ({ ...one, url: `https://rekor.example/${'x'.repeat(length)}` });
  await put('a', at(1));
  const room = MAX_LOG_RECORD - ((await store.get(recordKey('a')))?.length ?? 0);
  expect(await put('a', at(1 + room))).toBe('replaced');
  expect(await store.get(recordKey('a'))).toHaveLength(MAX_LOG_RECORD);
  const longer = putLog(store, 'a', at(2 + room), { precondition: {}, by: 'test', now: 0 });
  await expect(longer).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message: `The record is longer than ${MAX_LOG_RECORD} characters.`,
  });
});

describe('a change that meets another', () => {
  const NEW = { ifNoneMatch: '*' };
  const both = async (work: () => Promise<string>) => (await Promise.all([work(), work()])).toSorted();

  test('gets PRECONDITION_FAILED if that one has made its condition false', async () => {
    expect(await both(() => put('a', one, NEW))).toEqual(['PRECONDITION_FAILED', 'new']);
    const ifMatch = `"${(await getLog(store, 'a'))?.revision}"`;
    expect(await both(() => put('a', one, { ifMatch }))).toEqual(['PRECONDITION_FAILED', 'replaced']);
    const now = `"${(await getLog(store, 'a'))?.revision}"`;
    expect(await both(() => remove('a', { ifMatch: now }))).toEqual(['PRECONDITION_FAILED', 'gone']);
  });

  test('gets CONFLICT if not', async () => {
    expect(await both(() => put('a', one))).toEqual(['CONFLICT', 'new']);
    expect(await both(() => put('a', one, { ifMatch: '*' }))).toEqual(['CONFLICT', 'replaced']);
    const { commit } = store;
    store.commit = async (changes) => {
      store.commit = commit;
      expect(await put('a', one)).toBe('replaced');
      return commit(changes);
    };
    expect(await remove('a', { ifMatch: '*' })).toBe('CONFLICT');
  });
});

test('a deletion that has only the list of authorities to clear meets a condition about the record', async () => {
  const listed = { certificates: ['x'], validFrom: '2020-01-01T00:00:00Z' };
  await set('authorities', JSON.stringify({ a: [listed] }));
  expect(await remove('a', { ifMatch: '*' })).toBe('PRECONDITION_FAILED');
  expect(await remove('b', { ifMatch: '*' })).toBe('LOG_NOT_FOUND');
});

describe('the logs to search', () => {
  /** A store that lists these pages. */
  const paged = (pages: string[][]): KeyValueStore => ({
    ...store,
    list: async (_, _limit, cursor = '0') => {
      const next = Number(cursor) + 1;
      const keys = (pages[Number(cursor)] ?? []).map(recordKey);
      return { keys, ...(next < pages.length && { cursor: String(next) }) };
    },
  });

  test('are those of the first five pages, of which some may be empty, and whether there are more is said', async () => {
    await put('a', one);
    await put('b', other);
    const ids = ({ logs, isAll }: Awaited<ReturnType<typeof listLogs>>) => [
      logs.map(({ logId }) => logId),
      isAll,
    ];
    const all = [one.logId, other.logId];
    expect(ids(await listLogs(paged([['a', 'b']]), 2))).toEqual([all, true]);
    expect(ids(await listLogs(paged([['a', 'b']]), 1))).toEqual([[one.logId], false]);
    expect(ids(await listLogs(paged([[], ['a'], [], [], ['b']]), 2))).toEqual([all, true]);
    expect(ids(await listLogs(paged([[], ['a'], [], [], [], ['b']]), 2))).toEqual([[one.logId], false]);
  });

  test('are read side by side, and none beyond what is asked for matters', async () => {
    await put('a', one);
    await put('b', other);
    await set('log/unreadable', '{');
    const rounds: number[] = [];
    const counting: KeyValueStore = {
      ...paged([['gone', 'a', 'b', 'unreadable', ...Array.from({ length: 30 }, (_, i) => `gone-${i}`)]]),
      getMany: (keys) => {
        rounds.push(keys.length);
        return store.getMany(keys);
      },
    };
    expect(await listLogs(counting, 1)).toMatchObject({ logs: [{ logId: one.logId }], isAll: false });
    expect(rounds).toEqual([16]);
    await expect(listLogs(counting, 2)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.commit([{ key: 'log/unreadable', expected: '{', value: undefined }]);
    rounds.length = 0;
    expect(await listLogs(counting, 2)).toMatchObject({
      logs: [{ logId: one.logId }, { logId: other.logId }],
      isAll: true,
    });
    expect(rounds).toEqual([16, 16, 2]);
  });

  test('do not include one that was deleted after it was listed', async () => {
    await put('a', one);
    expect(await listLogs(paged([['gone', 'a']]), 2)).toMatchObject({
      logs: [{ logId: one.logId }],
      isAll: true,
    });
  });
});
