// `trust apply` and revocations, which are permanent.
import { beforeEach, expect, test } from 'vitest';
import { makeKey, type Signer } from '../support/keys.ts';
import { folderWith } from './temp_folder.ts';
import { json, policy } from './trust_folders.ts';
import { failOnce, startTrustWorld, type TrustWorld } from './trust_world.ts';

let world: TrustWorld;
let key: Signer;
beforeEach(async () => {
  world = startTrustWorld();
  key = await makeKey();
});

/** A folder with one key with these terms. */
const folder = (terms?: object, more: Record<string, string> = {}) =>
  folderWith({
    'keys/old.pub': key.pem,
    ...(terms !== undefined && { 'keys/old.json': json(terms) }),
    ...more,
  });
const LOST = { reason: 'lost' };

test('a key is revoked before anything else is changed', async () => {
  const [pem, changed] = [(await makeKey()).pem, (await makeKey()).pem];
  await world.apply(await folder({}, { 'keys/b.pub': changed }));
  const { code, out } = await world.apply(
    await folder(
      { revoked: LOST },
      {
        'keys/a.pub': pem,
        'keys/b.pub': changed,
        'keys/b.json': json({ description: 'b' }),
        'policies/a.json': policy(['a']),
      },
    ),
  );
  expect(code).toBe(0);
  expect(out).toContain('! revoke key old: "lost"');
  expect(world.changes()).toEqual([
    'POST /v1/keys/old/revoke',
    'PUT /v1/keys/b',
    'PUT /v1/keys/a',
    'PUT /v1/policies/a',
  ]);
  expect((await world.call('GET', '/v1/keys/old')).revoked).toMatchObject(LOST);
});

test('a changed compromisedAt or reason is sent as a second revocation', async () => {
  const at = '2024-01-01T00:00:00Z';
  await world.apply(await folder({ revoked: LOST }));
  const first = await world.apply(
    await folder({ revoked: { ...LOST, compromisedAt: '2024-01-01T01:00:00+01:00' } }),
  );
  expect(first.out[0]).toBe(`! revoke key old: compromisedAt none → "${at}"`);
  expect(world.changes()).toEqual(['POST /v1/keys/old/revoke']);
  expect(world.sent.at(-1)?.headers.get('if-match')).toMatch(/^"/);
  const same = await world.apply(await folder({ revoked: { ...LOST, compromisedAt: at } }));
  expect(same.out.at(-1)).toBe('Nothing to change; 1 unchanged.');
  const second = await world.apply(await folder({ revoked: { reason: 'stolen' } }));
  expect(second.out.slice(0, 3)).toEqual([
    '! revoke key old:',
    '    reason "lost" → "stolen"',
    `    compromisedAt "${at}" → none`,
  ]);
  expect((await world.call('GET', '/v1/keys/old')).revoked).toMatchObject({ reason: 'stolen' });
});

test('a key that is changed and revoked in one run is changed first, since a revoked key accepts no change', async () => {
  await world.apply(await folder({ description: 'ours' }));
  const { code, out } = await world.apply(await folder({ description: 'was ours', revoked: LOST }));
  expect(code).toBe(0);
  expect(out.slice(0, 2)).toEqual(['~ key old: description "ours" → "was ours"', '! revoke key old: "lost"']);
  expect(world.changes()).toEqual(['PUT /v1/keys/old', 'POST /v1/keys/old/revoke']);
  expect(await world.call('GET', '/v1/keys/old')).toMatchObject({ description: 'was ours', revoked: LOST });
});

test('a new key that is revoked is revoked right after it is stored; after a failure in between, the next run does that first', async () => {
  const more = { 'keys/a.pub': (await makeKey()).pem };
  const given = await folder({ revoked: LOST }, more);
  failOnce(world, 'POST /v1/keys/old/revoke', () => new Response('', { status: 500 }));
  const { code, err } = await world.apply(given);
  expect(code).toBe(1);
  expect(err).toEqual([
    'POST /v1/keys/old/revoke: 500: the response is not a problem document (request unknown)',
    'Done:',
    '  + key old',
    'Not done:',
    '  ! revoke key old',
    '  + key a',
    'Run it again to do the rest.',
  ]);
  expect((await world.apply(given)).code).toBe(0);
  expect(world.changes()).toEqual(['POST /v1/keys/old/revoke', 'PUT /v1/keys/a']);
});

test('a key that someone else changes before its revocation is not revoked in this run', async () => {
  await world.apply(await folder());
  world.before = async ({ method }) => {
    if (method !== 'POST') return undefined;
    delete world.before;
    await world.call('PUT', '/v1/keys/old', json({ publicKey: (await makeKey()).pem }));
    return undefined;
  };
  expect((await world.apply(await folder({ revoked: LOST }))).err[0]).toContain('412 PRECONDITION_FAILED');
  expect(await world.call('GET', '/v1/keys/old')).not.toHaveProperty('revoked');
});

test('a key that is revoked only in the service stays revoked, and the folder must state it', async () => {
  await world.apply(await folder());
  await world.call('POST', '/v1/keys/old/revoke', json(LOST));
  const { code, err } = await world.apply(await folder({ description: 'ours' }));
  expect(code).toBe(1);
  expect(err).toEqual([
    expect.stringMatching(
      /^keys\/old\.json: the key old is revoked in the service \(lost\), and a revocation is permanent/,
    ),
  ]);
  expect(world.changes()).toEqual([]);
});

test('nothing else about a revoked key may change', async () => {
  await world.apply(await folder({ description: 'ours', revoked: LOST }));
  const { code, err } = await world.apply(await folder({ revoked: LOST }));
  expect(code).toBe(1);
  expect(err).toEqual([
    'keys/old.pub: the key old is revoked, so nothing else about it can change: description "ours" → none.',
  ]);
  key = await makeKey();
  expect((await world.apply(await folder({ description: 'ours', revoked: LOST }))).err[0]).toContain(
    'fingerprint',
  );
});
