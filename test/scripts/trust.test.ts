// `trust apply` of a folder to the real application: first runs, changes, concurrent changes and failures.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { folderWith } from './temp_folder.ts';
import { everyForm, type Files, json, policy, smallFolder } from './trust_folders.ts';
import { failOnce, startTrustWorld, type TrustWorld } from './trust_world.ts';

let world: TrustWorld;
let files: Files;
beforeEach(async () => {
  world = startTrustWorld();
  files = await smallFolder();
});

/** Applies the small folder. @returns the folder, and a function that changes one of its files, or removes it for undefined */
async function applied(): Promise<{ folder: string; set(place: string, text?: string): Promise<void> }> {
  const folder = await folderWith(files);
  expect(await world.apply(folder)).toMatchObject({ code: 0, err: [] });
  return {
    folder,
    set: (place, text) =>
      text === undefined ? rm(join(folder, place)) : writeFile(join(folder, place), text),
  };
}

test('everything is stored in the order of its dependencies', async () => {
  const { out } = await world.apply(await folderWith(files));
  expect(out).toEqual([
    '+ key release',
    '+ log private',
    '+ policy prod',
    '3 new, 0 to change, 0 to revoke, 0 to delete; 0 unchanged.',
    'Done.',
  ]);
  expect(world.changes()).toEqual(['PUT /v1/keys/release', 'PUT /v1/logs/private', 'PUT /v1/policies/prod']);
  expect(
    world.sent.filter(({ method }) => method === 'PUT').map((call) => call.headers.get('if-none-match')),
  ).toEqual(['*', '*', '*']);
  expect(await world.call('GET', '/v1/policies/prod')).toMatchObject(JSON.parse(policy(['release'])));
});

test('a second run changes nothing, for every form with and without its optional fields', async () => {
  const all = await folderWith(await everyForm());
  expect((await world.apply(all)).code).toBe(0);
  expect(await world.call('GET', '/v1/logs/fitted')).toMatchObject({
    logs: [{ version: 2 }, { version: 2, searched: false }],
  });
  const again = await world.apply(all);
  expect(again).toMatchObject({ code: 0, err: [] });
  expect(again.out.filter((line) => !line.startsWith('= '))).toEqual(['Nothing to change; 12 unchanged.']);
  expect(world.changes()).toEqual([]);
  expect((await world.apply(all, '--dry-run')).code).toBe(0);
});

test('a dry run prints the plan, changes nothing and ends with 3', async () => {
  const folder = await folderWith(files);
  const dry = await world.apply(folder, '--dry-run');
  expect(dry.code).toBe(3);
  expect(dry.out.at(-1)).toBe('Nothing was changed (--dry-run).');
  expect(world.changes()).toEqual([]);
  expect((await world.call('GET', '/v1/keys')).keys).toEqual([]);
  expect((await world.apply(folder)).out.slice(0, -1)).toEqual(dry.out.slice(0, -1));
});

test.each<[name: string, place: string, text: (given: Files) => unknown, line: string]>([
  ['a term', 'keys/release.json', () => ({ description: 'CI' }), '~ key release: description none → "CI"'],
  [
    'a waived log',
    'keys/release.json',
    () => ({ transparency: 'unsafe-none' }),
    '~ key release: transparency "required" → "unsafe-none"',
  ],
  [
    'a number',
    'policies/prod.json',
    () => JSON.parse(policy(['release'], { threshold: 1 })),
    '~ policy prod: rules.0.require.threshold none → 1',
  ],
  [
    'a list',
    'policies/prod.json',
    () => ({ rules: [{ name: 'all', match: ['quay.io/**'], require: { keys: ['release'] } }] }),
    '    rules.0.match + "quay.io/**"',
  ],
  [
    'a time',
    'logs/private.json',
    (given) => ({ ...JSON.parse(given['logs/private.json'] ?? ''), validFrom: '2024-01-01T00:00:00+01:00' }),
    '~ log private: validFrom "2024-01-01T00:00:00Z" → "2023-12-31T23:00:00Z"',
  ],
])('%s that differs is printed and changed, with If-Match', async (_, place, text, line) => {
  const { folder, set } = await applied();
  await set(place, json(text(files)));
  const { code, out } = await world.apply(folder);
  expect(code).toBe(0);
  expect(out).toContain(line);
  expect(world.changes()).toEqual([`PUT /v1/${place.replace('.json', '')}`]);
  expect(world.sent.at(-1)?.headers.get('if-match')).toMatch(/^"[^"]+"$/);
  expect((await world.apply(folder)).out.at(-1)).toBe('Nothing to change; 3 unchanged.');
});

test('another key under the same id is printed by its fingerprint; other text of the same key is no change', async () => {
  const { folder, set } = await applied();
  await set('keys/release.pub', `Signs releases.\n${files['keys/release.pub']}`);
  expect((await world.apply(folder)).out).toContain('= key release');
  const other = await makeKey();
  await set('keys/release.pub', other.pem);
  const { out } = await world.apply(folder);
  expect(out[0]).toMatch(/^~ key release: fingerprint "sha256:[0-9a-f]{64}" → "sha256:[0-9a-f]{64}"$/);
  expect((await world.call('GET', '/v1/keys/release')).fingerprint).toBe(other.fingerprint);
});

test('a change succeeds even if a compressing proxy makes ETags weak', async () => {
  const { folder, set } = await applied();
  await set('keys/release.json', json({ description: 'CI' }));
  const etags: (string | null)[] = [];
  world.before = async ({ method, path, headers }) => {
    if (method !== 'GET' || path !== '/v1/keys/release') return void etags.push(headers.get('if-match'));
    const document = await world.call('GET', path);
    return Response.json(document, { headers: { ETag: 'W/"11-22"' } });
  };
  expect((await world.apply(folder)).code).toBe(1);
  expect(etags.at(-1)).toBe('"11-22"');
});

test('without an ETag nothing is overwritten', async () => {
  const { folder, set } = await applied();
  await set('keys/release.json', json({ description: 'CI' }));
  world.before = async ({ method, path }) =>
    method === 'GET' && path === '/v1/keys/release'
      ? Response.json(await world.call('GET', path))
      : undefined;
  const { code, err } = await world.apply(folder);
  expect(code).toBe(1);
  expect(err[0]).toContain('sent no ETag');
  expect(world.changes()).toEqual([]);
});

test('if someone else changes a record in between, their change is kept, and the next run applies ours', async () => {
  const { folder, set } = await applied();
  await set('policies/prod.json', policy(['release'], { threshold: 1 }));
  world.before = async ({ method }) => {
    if (method !== 'PUT') return undefined;
    delete world.before;
    await world.call('PUT', '/v1/policies/prod', policy(['release'], { transparency: 'online' }));
    return undefined;
  };
  const { code, err } = await world.apply(folder);
  expect(code).toBe(1);
  expect(err[0]).toMatch(/^PUT \/v1\/policies\/prod: 412 PRECONDITION_FAILED: .+ \(request [\w-]+\)$/);
  expect(err).toContain(
    'Someone else has changed policy prod in the meantime; their change was not overwritten.',
  );
  expect(err.at(-1)).toBe('Run it again to do the rest.');
  expect((await world.call('GET', '/v1/policies/prod')).rules[0].require).toMatchObject({
    transparency: 'online',
  });
  expect((await world.apply(folder)).out).toContain('    rules.0.require.transparency "online" → none');
});

test('if someone else creates a record in between, it is kept', async () => {
  world.before = async ({ method, path }) => {
    if (method !== 'PUT' || path !== '/v1/keys/release') return undefined;
    delete world.before;
    await world.call('PUT', path, json({ publicKey: (await makeKey()).pem, description: 'theirs' }));
    return undefined;
  };
  const { code, err } = await world.apply(await folderWith(files));
  expect(code).toBe(1);
  expect(err[0]).toContain('412 PRECONDITION_FAILED');
  expect((await world.call('GET', '/v1/keys/release')).description).toBe('theirs');
});

test('if someone else deletes a record after it was listed, it is stored again', async () => {
  const { folder, set } = await applied();
  await set('policies/prod.json', policy(['release'], { threshold: 1 }));
  world.before = async ({ path }) => {
    if (path !== '/v1/policies/prod') return undefined;
    delete world.before;
    await world.call('DELETE', path);
    return undefined;
  };
  expect((await world.apply(folder)).out).toContain('+ policy prod');
});

test('after a failure in the middle, the output lists what was done and what was not, and a second run completes it', async () => {
  const folder = await folderWith(files);
  failOnce(world, 'PUT /v1/logs/private', () =>
    Response.json(
      { code: 'STORE_UNAVAILABLE', detail: 'The trust store does not answer.' },
      { status: 503, headers: { 'X-Request-Id': 'abc' } },
    ),
  );
  const { code, err } = await world.apply(folder);
  expect(code).toBe(1);
  expect(err).toEqual([
    'PUT /v1/logs/private: 503 STORE_UNAVAILABLE: The trust store does not answer. (request abc)',
    'Done:',
    '  + key release',
    'Not done:',
    '  + log private',
    '  + policy prod',
    'Run it again to do the rest.',
  ]);
  const second = await world.apply(folder);
  expect(second.out.slice(0, 3)).toEqual(['= key release', '+ log private', '+ policy prod']);
  expect((await world.apply(folder)).out.at(-1)).toBe('Nothing to change; 3 unchanged.');
});

test('without an answer, the output says that it is not known whether the change was made', async () => {
  failOnce(world, 'PUT /v1/keys/release', () => {
    throw new TypeError('fetch failed', { cause: new Error('socket hang up') });
  });
  const { code, err } = await world.apply(await folderWith(files));
  expect(code).toBe(1);
  expect(err.slice(0, 3)).toEqual([
    'PUT /v1/keys/release: no response: socket hang up',
    'It is not known whether key release was changed.',
    'Done: nothing',
  ]);
});

test('a folder without keys may name keys of the service; lists are read page by page', async () => {
  await world.call('PUT', '/v1/keys/release', json({ publicKey: files['keys/release.pub'] }));
  const many = Array.from({ length: 101 }, (_, at) => [`policies/p${at}.json`, policy(['release'])]);
  const folder = await folderWith(Object.fromEntries(many));
  expect((await world.apply(folder)).code).toBe(0);
  const { out } = await world.apply(folder);
  expect(out[0]).toBe('? key release (not in the folder)');
  expect(out.at(-1)).toBe('Nothing to change; 101 unchanged.');
  expect(world.sent.map(({ path }) => path)).toContainEqual(
    expect.stringMatching(/policies\?limit=100&cursor=/),
  );
});

test('a key and a log may move to another id in one run if the old id gets another one', async () => {
  const { folder, set } = await applied();
  const log = JSON.parse(files['logs/private.json'] ?? '');
  await set('keys/release.pub', (await makeKey()).pem);
  await set('keys/a.pub', files['keys/release.pub']);
  await set('logs/private.json', json({ ...log, publicKey: (await makeKey()).pem }));
  await set('logs/a.json', files['logs/private.json']);
  expect((await world.apply(folder)).code).toBe(0);
  expect(world.changes()).toEqual([
    'PUT /v1/keys/release',
    'PUT /v1/keys/a',
    'PUT /v1/logs/private',
    'PUT /v1/logs/a',
  ]);
});

test('prune deletes logs and policies that are not in the folder; without it they are listed', async () => {
  const { folder, set } = await applied();
  await set('keys/old.pub', (await makeKey()).pem);
  await set('keys/old.json', json({ revoked: { reason: 'lost' } }));
  await world.apply(folder);
  for (const place of ['keys/old.pub', 'keys/old.json', 'logs/private.json', 'policies/prod.json'])
    await set(place);
  expect((await world.apply(folder)).out).toEqual([
    '? key old (not in the folder; revoked)',
    '= key release',
    '? log private (not in the folder)',
    '? policy prod (not in the folder)',
    'Nothing to change; 1 unchanged.',
  ]);
  const { code, out } = await world.apply(folder, '--prune');
  expect(code).toBe(0);
  expect(out.slice(0, 4)).toEqual([
    '? key old (not in the folder; revoked)',
    '= key release',
    '- log private',
    '- policy prod',
  ]);
  expect(world.changes()).toEqual(['DELETE /v1/policies/prod', 'DELETE /v1/logs/private']);
  expect(world.sent.at(-1)?.headers.get('if-match')).toMatch(/^"/);
  expect((await world.call('GET', '/v1/keys/old')).state).toBe('revoked');
});

test('prune refuses to delete a key that is not revoked, and changes nothing', async () => {
  const { folder, set } = await applied();
  await world.call('PUT', '/v1/keys/other', json({ publicKey: (await makeKey()).pem }));
  await set('policies/prod.json');
  const { code, err } = await world.apply(folder, '--prune');
  expect(code).toBe(1);
  expect(err).toEqual([
    expect.stringMatching(/^key other: is not in the folder, and --prune does not delete keys/),
  ]);
  expect(world.changes()).toEqual([]);
});

test('after a 429 the command waits and retries', async () => {
  world = startTrustWorld({ RATE_LIMIT: '1' });
  const { err } = await world.apply(await folderWith(files));
  expect(world.slept.length).toBe(5);
  expect(world.slept.every((wait) => wait > 50_000 && wait <= 60_000)).toBe(true);
  expect(err[0]).toBe('The service asked to retry later (429); waiting 60 s.');
  expect(err.at(-1)).toMatch(/429 RATE_LIMITED/);
});

test('a wait for Retry-After is at most 60 s', async () => {
  failOnce(world, 'PUT /v1/keys/release', () =>
    Response.json({}, { status: 503, headers: { 'Retry-After': '86400' } }),
  );
  expect((await world.apply(await folderWith(files))).code).toBe(0);
  expect(world.slept).toEqual([60_000]);
});
