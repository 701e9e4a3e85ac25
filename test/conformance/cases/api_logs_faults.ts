// /v1/logs with a store that fails or holds records that cannot be parsed: never treated as none, and no half-written change remains.
import { listAuthorities } from '../../../src/store/authorities.ts';
import { findStoredLog } from '../../../src/store/logs.ts';
import { type Document, makeRoot, START } from '../../support/fake_root.ts';
import type { Service } from '../../support/service.ts';
import { equal, match, ok, throws } from '../support/assert.ts';
import { expectProblem } from '../support/world.ts';
import { start } from '../support/world_logs.ts';
import { test } from '../table.ts';

test('A67 authorities that cannot be parsed are 503 wherever they are needed, never treated as none', async (t) => {
  const { service, call, put, store } = start(t);
  const { document, tsa } = await makeRoot('a');
  await put('root', document);
  const key = 'authorities';
  const good = service.kv.stored.get(key);
  ok(good);
  const directory = JSON.parse(good.value);
  const [authority] = directory.root;
  const spoil = (change: object) => JSON.stringify({ root: [{ ...authority, ...change }] });
  const spoiled = [
    '',
    'null',
    '{',
    '[]',
    '"x"',
    '{"root":[]}',
    '{"root":{}}',
    '{"NO ID":[]}',
    spoil({ more: 1 }),
    spoil({ validFrom: undefined }),
    spoil({ validFrom: 'soon' }),
    spoil({ certificates: [] }),
  ];
  for (const value of spoiled) {
    service.kv.stored.set(key, { ...good, value });
    const error = await throws(() => listAuthorities(store), 'Undecided', value);
    match(error.message, /cannot be read/);
  }
  for (const value of spoiled) {
    service.kv.stored.set(key, { ...good, value });
    const body = { certificates: tsa.pem, validFrom: START };
    expectProblem(await put('tsa', body), 503, 'STORE_UNAVAILABLE', value);
    expectProblem(await call('DELETE', '/root'), 503, 'STORE_UNAVAILABLE', value);
  }
  service.kv.stored.set(key, good);
  equal((await listAuthorities(store)).length, 1);
  const record = service.kv.stored.get('log/root');
  ok(record);
  for (const certificates of [[], ['x'], [...authority.certificates].reverse()]) {
    const value = JSON.stringify({
      ...JSON.parse(record.value),
      authorities: [{ ...authority, certificates }],
    });
    service.kv.stored.set('log/root', { ...record, value });
    const error = await throws(() => listAuthorities(store), 'Undecided', value);
    match(error.message, /cannot be read/);
  }
  service.kv.stored.set('log/root', record);
  equal((await listAuthorities(store)).length, 1);
  service.kv.stored.set(key, { ...good, value: good.value.replace('"root"', '"other"') });
  service.kv.stored.set('log/other', record);
  await throws(() => listAuthorities(store), 'Undecided', 'the record of another id');
});

test('A70 an authority whose terms change counts throughout, by its record, in whatever order list and record arrive', async (t) => {
  const { service, call, put, store } = start(t);
  const { tsa } = await makeRoot('a');
  const { stored } = service.kv;
  const state = () => new Map(stored);
  const windows = async () => (await listAuthorities(store)).map(({ validUntil }) => validUntil);
  const terms = (validUntil: string) => ({ certificates: tsa.pem, validFrom: START, validUntil });
  await put('tsa', terms('2026-01-01T00:00:00Z'));
  const before = state();
  await put('tsa', terms('2027-01-01T00:00:00Z'));
  const after = state();
  const [old, present] = [Date.parse('2026-01-01T00:00:00Z'), Date.parse('2027-01-01T00:00:00Z')];
  equal(await windows(), [present]);
  const arrives = (name: string, from: typeof before) => stored.set(name, from.get(name) as never);
  arrives('authorities', before);
  equal(await windows(), [present], 'the record first');
  arrives('log/tsa', before);
  arrives('authorities', after);
  equal(await windows(), [old], 'the list first');
  arrives('log/tsa', after);
  equal((await call('DELETE', '/tsa')).status, 204);
  arrives('log/tsa', after);
  equal(await windows(), [], 'what the list does not have any more');
});

test('A67 a log record that cannot be parsed is 503, and none of its logs is found', async (t) => {
  const { service, call, put, store } = start(t);
  const { document, logIds, signers } = await makeRoot('a');
  await put('root', document);
  const good = service.kv.stored.get('log/root');
  ok(good);
  const record = JSON.parse(good.value);
  const spoil = (edit: (copy: Document) => unknown) => {
    const copy = structuredClone(record);
    edit(copy);
    return JSON.stringify(copy);
  };
  for (const value of [
    '{',
    spoil((copy) => (copy.id = 'other')),
    spoil((copy) => (copy.more = 1)),
    spoil((copy) => (copy.logs[0].more = 1)),
    spoil((copy) => (copy.logs[0].validFrom = undefined)),
    spoil((copy) => (copy.logs[0].publicKey = signers[1].pem)),
    spoil((copy) => (copy.logs[0].searched = true)),
  ]) {
    service.kv.stored.set('log/root', { ...good, value });
    await throws(() => findStoredLog(store, logIds[0]), 'Undecided', value);
    if (!value.includes(signers[0].pem.slice(30, 60))) continue;
    const answer = await call('GET', '/root');
    expectProblem(answer, 503, 'STORE_UNAVAILABLE', value);
    equal(answer.json.retryable, false, 'not retryable: the record must be replaced first');
    expectProblem(await put('root', document), 503, 'STORE_UNAVAILABLE', value);
  }
});

test('A111 an authority that is stored within a second of another is 503 with Retry-After, and a repeat stores it', async (t) => {
  const { service, call, put, store } = start(t);
  const written = new Set<string>();
  // As Workers KV, for which no time passes here: one write a second of each key.
  service.kv.before = (operation, name) => {
    if (operation !== 'put') return;
    if (written.has(name)) throw new Error('KV PUT failed: 429 Too Many Requests');
    written.add(name);
  };
  const [first, second] = await Promise.all([makeRoot('a'), makeRoot('b')]);
  const terms = ({ tsa }: typeof first) => ({ certificates: tsa.pem, validFrom: START });
  equal((await put('first', terms(first))).status, 201);
  const answer = await put('second', terms(second));
  expectProblem(answer, 503, 'STORE_UNAVAILABLE');
  equal([answer.json.retryable, answer.headers.get('retry-after')], [true, '1']);
  equal((await call('GET', '/second')).status, 404, 'whoever compares sees that it is missing');
  written.clear();
  equal((await put('second', terms(second), { 'if-none-match': '*' })).status, 201);
  equal((await listAuthorities(store)).length, 2);
});

test('A111 after a failure between the writes of a log record or its deletion, a repeat completes it', async (t) => {
  const { service, call, put, store } = start(t);
  const { document, logIds } = await makeRoot('a');
  const down = () => {
    throw new Error('KV is down');
  };
  for (let allowed = 0; allowed < 4; allowed++) {
    service.kv.stored.clear();
    failAfter(service, allowed, down);
    expectProblem(await put('root', document), 503, 'STORE_UNAVAILABLE', `after ${allowed} writes`);
    delete service.kv.before;
    equal(await listAuthorities(store), [], 'nothing counts without the record');
    equal((await call('GET', '/root')).status, 404, 'which is written last');
    ok([200, 201].includes((await put('root', document)).status), `repeated after ${allowed} writes`);
    equal((await listAuthorities(store)).length, 1);
  }
  for (let allowed = 0; allowed < 2; allowed++) {
    failAfter(service, allowed, down);
    expectProblem(await call('DELETE', '/root'), 503, 'STORE_UNAVAILABLE', `after ${allowed} deletions`);
    delete service.kv.before;
    equal((await listAuthorities(store)).length, allowed === 0 ? 1 : 0, 'and removed first');
  }
  equal((await call('DELETE', '/root')).status, 204);
  for (const logId of logIds) equal(await findStoredLog(store, logId), undefined);
  // Two concurrent writers may leave a deleted record in the list of authorities: it is not trusted, and deleting it again removes it.
  await put('root', document);
  equal((await listAuthorities(store)).length, 1);
  service.kv.stored.delete('log/root');
  equal((await listAuthorities(store)).length, 0, 'an authority without its record is not trusted');
  equal((await call('DELETE', '/root')).status, 204);
  equal(await listAuthorities(store), []);
  expectProblem(await call('DELETE', '/root'), 404, 'LOG_NOT_FOUND');
});

function failAfter(service: Service, allowed: number, down: () => never): void {
  let left = allowed;
  service.kv.before = (operation) => {
    if ((operation === 'put' || operation === 'delete') && left-- <= 0) down();
  };
}
