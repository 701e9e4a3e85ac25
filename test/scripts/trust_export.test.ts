// `trust export` writes a folder that `apply` accepts, completely or not at all.
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { makeKey, type Signer } from '../support/keys.ts';
import { folderWith } from './temp_folder.ts';
import { everyForm, json, policy, smallFolder } from './trust_folders.ts';
import { SERVICE, startTrustWorld, type TrustWorld } from './trust_world.ts';

let world: TrustWorld;
beforeEach(() => {
  world = startTrustWorld();
});

/** The text of every file by its path. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const places = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      places.map(async (path) => [path.slice(folder.length + 1), await readFile(path, 'utf8')] as const),
    ),
  );
}

test('applying an exported folder changes nothing here, and gives the same state in an empty service', async () => {
  const parent = await folderWith({});
  await world.apply(await folderWith(await everyForm()));
  const { code, out, err } = await world.export(join(parent, 'trust'));
  expect({ code, err }).toEqual({ code: 0, err: [] });
  expect(out).toEqual([`Wrote 4 keys, 6 logs, 2 policies to ${parent}/trust.`]);
  expect(await readdir(parent)).toEqual(['trust']);
  expect((await world.apply(join(parent, 'trust'))).out.at(-1)).toBe('Nothing to change; 12 unchanged.');

  const other = startTrustWorld();
  expect((await other.apply(join(parent, 'trust'))).code).toBe(0);
  await other.export(join(parent, 'again'));
  expect(await filesIn(join(parent, 'again'))).toEqual(await filesIn(join(parent, 'trust')));
});

test('fields have a fixed order, times are UTC, and defaults are omitted', async () => {
  const given = await folderWith(await everyForm());
  await world.apply(given);
  await world.export(join(given, '.out'));
  const files = await filesIn(join(given, '.out'));
  expect(
    Object.keys(files)
      .filter((place) => place.startsWith('keys/'))
      .sort(),
  ).toEqual([
    'keys/bare.pub',
    'keys/full.json',
    'keys/full.pub',
    'keys/gone.json',
    'keys/gone.pub',
    'keys/lost.json',
    'keys/lost.pub',
  ]);
  expect(files['keys/bare.pub']).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  expect(files['keys/lost.json']).toBe(
    '{\n  "revoked": {\n    "reason": "laptop stolen",\n    "compromisedAt": "2024-05-05T04:05:05Z"\n  }\n}\n',
  );
  expect(Object.keys(JSON.parse(files['keys/full.json'] ?? ''))).toEqual([
    'description',
    'validFrom',
    'validUntil',
    'scopes',
    'transparency',
  ]);
  expect(Object.keys(JSON.parse(files['policies/full.json'] ?? ''))).toEqual([
    'description',
    'mirrors',
    'rules',
  ]);
});

test('built-in logs are not exported', async () => {
  world = startTrustWorld({ PUBLIC_LOG: 'on' });
  const parent = await folderWith({});
  expect((await world.export(join(parent, 'trust'))).out[0]).toContain('Wrote 0 keys, 0 logs, 0 policies');
  expect((await world.apply(join(parent, 'trust'))).out.at(-1)).toBe('Nothing to change; 0 unchanged.');
});

test('a folder that is not empty is refused before the first request', async () => {
  for (const files of [await smallFolder(), { 'notes.txt': 'x' }]) {
    const folder = await folderWith(files);
    const { code, err } = await world.export(folder);
    expect(code).toBe(1);
    expect(err).toEqual([`${folder}: is not empty; --force replaces its keys, logs and policies.`]);
    expect(world.sent).toEqual([]);
    expect(await filesIn(folder)).toEqual(files);
  }
});

test('--force replaces keys, logs and policies, and leaves README and dot files', async () => {
  const others = { 'README.md': 'a', '.git/config': 'b', 'keys/README': 'c', 'policies/.keep': '' };
  const folder = await folderWith({ ...(await smallFolder()), ...others });
  const { pem } = await makeKey();
  await world.call('PUT', '/v1/keys/only', json({ publicKey: pem }));
  expect((await world.export(folder, '--force')).code).toBe(0);
  expect(await filesIn(folder)).toEqual({ ...others, 'keys/only.pub': pem });
  expect(
    (await readdir(dirname(folder))).filter((name) => name.startsWith(`.${folder.split('/').at(-1)}`)),
  ).toEqual([]);
});

test('--force does not replace a folder with unknown files', async () => {
  const files = { ...(await smallFolder()), 'keys/cosign.key': 'x' };
  const folder = await folderWith(files);
  const { code, err } = await world.export(folder, '--force');
  expect(code).toBe(1);
  expect(err[0]).toMatch(/^keys\/cosign\.key: is not part of the layout/);
  expect(await filesIn(folder)).toEqual(files);
});

test('a fresh clone with only a README and .git counts as empty', async () => {
  const others = { 'README.md': 'a', '.git/config': 'b' };
  const folder = await folderWith(others);
  expect((await world.export(folder)).code).toBe(0);
  expect(await filesIn(folder)).toEqual(others);
});

test('after a failure the folder is unchanged, and nothing is left beside it', async () => {
  const parent = await folderWith({});
  world.before = ({ path }) =>
    path.startsWith('/v1/policies') ? new Response('', { status: 500 }) : undefined;
  expect((await world.export(join(parent, 'trust'))).code).toBe(1);
  expect(await readdir(parent)).toEqual([]);
});

test('after a failure while the parts are replaced, the old parts are put back', async () => {
  const files = { 'README.md': 'a', ...(await smallFolder()) };
  const folder = await folderWith(files);
  // A socket cannot be copied, so the last part fails.
  const socket = createServer().listen(join(folder, 'policies/.socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  await world.call('PUT', '/v1/keys/only', json({ publicKey: (await makeKey()).pem }));
  const { code, err } = await world.export(folder, '--force');
  expect(code).toBe(1);
  expect(err).toEqual([expect.stringContaining(`${folder}: cannot be written`)]);
  expect(await filesIn(folder)).toEqual(files);
});

test('a state that a folder cannot express is not exported', async () => {
  const parent = await folderWith({});
  const [one, two] = [await makeKey(), await makeKey()];
  const log = ({ pem, fingerprint }: Signer) => ({
    url: 'https://rekor.acme.example',
    version: 1,
    validFrom: '2024-01-01T00:00:00Z',
    publicKey: pem,
    logId: fingerprint.slice('sha256:'.length),
  });
  // Two logs at one address, of which only one is searched: a signing config can only name the address.
  const root = {
    id: 'root',
    builtIn: false,
    logs: [
      { ...log(one), version: 1 },
      { ...log(two), searched: false },
    ],
    authorities: [],
  };
  world.before = ({ path }) => (path.startsWith('/v1/logs') ? Response.json({ logs: [root] }) : undefined);
  const { code, err } = await world.export(join(parent, 'trust'));
  expect(code).toBe(1);
  expect(err).toEqual(['A folder cannot express these:', 'log root: logs.1.searched false → none']);
  expect(await readdir(parent)).toEqual([]);
});

test('a policy that names a missing key is exported with a warning', async () => {
  const parent = await folderWith({});
  await world.call('PUT', '/v1/policies/prod', policy(['nobody']));
  const { code, err } = await world.export(join(parent, 'trust'));
  expect(code).toBe(0);
  expect(err).toEqual([
    'policies/prod.json: rules.0.require.keys.0: there is no key nobody in the folder or in the service.',
  ]);
});

test('a path that cannot be written is an error', async () => {
  const folder = await folderWith({ file: '' });
  const { code, err } = await world.run('export', join(folder, 'file', 'trust'), '--url', SERVICE);
  expect(code).toBe(1);
  expect(err).toEqual([`${folder}/file/trust: cannot be written (ENOTDIR)`]);
});
