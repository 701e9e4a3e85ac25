// `trust apply`: what it refuses, and that a refusal changes nothing.
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { folderWith } from './temp_folder.ts';
import { type Files, json, policy, smallFolder } from './trust_folders.ts';
import { SERVICE, startTrustWorld, TOKEN, type TrustWorld } from './trust_world.ts';

let world: TrustWorld;
let files: Files;
beforeEach(async () => {
  world = startTrustWorld();
  files = await smallFolder();
});

/** Applies the small folder with more files, and asserts a refusal without any request. @returns the messages */
async function refusal(more: Files): Promise<string[]> {
  const { code, out, err } = await world.apply(await folderWith({ ...files, ...more }));
  expect(code).toBe(1);
  expect(out).toEqual([]);
  expect(world.sent).toEqual([]);
  return err;
}

test('every invalid file is reported with its place, before the first request', async () => {
  const key = await makeKey();
  const broken = await refusal({
    'keys/junk.pub': 'junk',
    'keys/terms.pub': key.pem,
    'keys/terms.json': '{"scopes": []}',
    'keys/twice.pub': (await makeKey()).pem,
    'keys/twice.json': '{"description": "a", "description": "b"}',
    'keys/window.pub': (await makeKey()).pem,
    'keys/window.json': json({ validFrom: '2025-01-01T00:00:00Z', validUntil: '2024-01-01T00:00:00Z' }),
    'keys/whole.pub': (await makeKey()).pem,
    'keys/whole.json': json({ publicKey: key.pem }),
    'keys/list.pub': (await makeKey()).pem,
    'keys/list.json': '[]',
    'keys/lonely.json': '{}',
    'keys/reason.pub': (await makeKey('P-521')).pem,
    'keys/reason.json': json({ revoked: {} }),
    'keys/future.pub': (await makeKey()).pem,
    'keys/future.json': json({ revoked: { reason: 'x', compromisedAt: '2999-01-01T00:00:00Z' } }),
    'keys/null.pub': (await makeKey()).pem,
    'keys/null.json': json({ revoked: null }),
    'logs/empty.json': '{}',
    'logs/root.json': json({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' }),
    'policies/prod.json': json({
      rules: [{ name: 'a', match: ['**', 'ghcr.io//x'], require: { keys: ['release'] } }],
    }),
    'policies/cut.json': '{"rules": [',
    'policies/field.json': json({ rules: [], rule: [] }),
    'policies/large.json': json({ rules: [], description: 'x'.repeat(60_000) }),
  });
  const beginnings = [
    'keys/lonely.json: there is no keys/lonely.pub beside it',
    'keys/list.json: expected an object',
    'keys/twice.json: duplicate field "description"',
    'keys/whole.json: publicKey: the key belongs in the .pub file only',
    'policies/cut.json: not a JSON value (offset',
    'keys/junk.pub: PEM: no "-----BEGIN',
    'keys/terms.json: scopes: an empty list',
    'keys/window.json: validUntil: must not be before validFrom.',
    'keys/reason.json: revoked.reason: ',
    'keys/future.json: revoked.compromisedAt: is in the future',
    'keys/null.json: revoked: ',
    'logs/empty.json: url: ',
    'logs/root.json: Trusted root: contains neither',
    'policies/prod.json: rules.0.match.1: ',
    'policies/field.json: ',
    'policies/large.json: ',
  ];
  for (const beginning of beginnings)
    expect(
      broken.filter((line) => line.startsWith(beginning)),
      beginning,
    ).toHaveLength(1);
  expect(broken).toHaveLength(beginnings.length);
});

test('a file that is not part of the layout is reported', async () => {
  expect(
    await refusal({
      'keys/cosign.key': 'x',
      'keys/Release.pub': 'x',
      'keys/sub/a.pub': 'x',
      'policies/prod.yaml': 'x',
      'tokens/ci.json': '{}',
      'notes.txt': 'x',
      '.github/workflows/trust.yml': 'x',
      'policies/README.md': 'x',
    }),
  ).toEqual([
    expect.stringMatching(/^notes\.txt: is not part of the layout/),
    expect.stringMatching(/^tokens: is not part/),
    expect.stringMatching(/^keys\/Release\.pub: "Release" is not a valid id/),
    expect.stringMatching(/^keys\/cosign\.key: is not part/),
    expect.stringMatching(/^keys\/sub: is not part/),
    expect.stringMatching(/^policies\/prod\.yaml: is not part/),
  ]);
});

test('control characters in file names and descriptions do not reach the terminal', async () => {
  const [line] = await refusal({ 'keys/\u001b[31m\n.key': 'x' });
  expect(line).toMatch(/^keys\/\\u\{1b\}\[31m\\u\{a\}\.key: /);
  await world.call('PUT', '/v1/policies/prod', JSON.stringify({ rules: [] }));
  await world.call(
    'PUT',
    '/v1/keys/release',
    json({ publicKey: files['keys/release.pub'], description: '\u202e\u009bx' }),
  );
  expect((await world.apply(await folderWith(files))).out[0]).toBe(
    '~ key release: description "\\u{202e}\\u{9b}x" → none',
  );
});

test('a broken link, a file that is too large, and one that is not text are reported', async () => {
  const folder = await folderWith({ ...files, 'policies/large.json': ' '.repeat(300_000) });
  await symlink(join(folder, 'nowhere'), join(folder, 'keys/link.pub'));
  const { code, err } = await world.apply(folder);
  expect(code).toBe(1);
  expect(err).toEqual([
    expect.stringMatching(/^keys\/link\.pub: is not part of the layout/),
    expect.stringMatching(/^policies\/large\.json: is larger than/),
  ]);
});

test('a private key is refused in any file, and nothing of it is printed', async () => {
  const pem = await (await makeKey()).privatePem();
  const encrypted = pem.replaceAll('PRIVATE KEY', 'ENCRYPTED SIGSTORE PRIVATE KEY');
  const lines = await refusal({
    'keys/a.pub': pem,
    'keys/b.pub': encrypted,
    'keys/c.pub': `${(await makeKey()).pem}${pem}`,
    'keys/d.pub': (await makeKey()).pem,
    'keys/d.json': json({ description: pem }),
    'policies/e.json': json({ rules: [], description: pem }),
  });
  expect(lines.map((line) => line.replace(/(: this is a private key): .*/, '$1'))).toEqual([
    'keys/a.pub: this is a private key',
    'keys/b.pub: this is a private key',
    'keys/c.pub: this is a private key',
    'keys/d.json: this is a private key',
    'policies/e.json: this is a private key',
  ]);
  for (const part of pem.split('\n').filter((line) => /^[A-Za-z0-9+/=]+$/.test(line)))
    expect(lines.join('\n')).not.toContain(part.slice(0, 20));
});

test('one key under two ids is refused, and so is one log', async () => {
  expect(
    await refusal({
      'keys/again.pub': files['keys/release.pub'] ?? '',
      'logs/again.json': files['logs/private.json'] ?? '',
    }),
  ).toEqual([
    'keys/release.pub: This key is already stored, as again.',
    'logs/private.json: This log is already stored, as again.',
  ]);
});

test('an empty or missing folder is refused', async () => {
  const empty = await folderWith({ 'README.md': 'x' });
  expect((await world.apply(empty)).err[0]).toContain('is it the right folder?');
  expect((await world.apply(`${empty}/missing`)).err[0]).toMatch(
    /missing: cannot be read as a folder \(ENOENT\)$/,
  );
  expect(world.sent).toEqual([]);
});

/** Applies a folder, and asserts a refusal after only reading from the service. @returns the messages */
async function conflict(given: Files, ...flags: string[]): Promise<string[]> {
  for (const dry of [['--dry-run'], []]) {
    const { code, out, err } = await world.apply(await folderWith(given), ...flags, ...dry);
    expect(code).toBe(1);
    expect(out).toEqual([]);
    expect(world.changes()).toEqual([]);
    if (dry.length === 0) return err;
  }
  return [];
}

test('a policy that names a key that exists nowhere is refused', async () => {
  expect(await conflict({ ...files, 'policies/prod.json': policy(['release', 'nobody']) })).toEqual([
    'policies/prod.json: rules.0.require.keys.1: there is no key nobody in the folder or in the service.',
  ]);
});

test('a key or log that the service holds under another id is refused', async () => {
  const log = files['logs/private.json'];
  await world.call('PUT', '/v1/keys/first', json({ publicKey: files['keys/release.pub'] }));
  await world.call('PUT', '/v1/logs/first', log);
  expect(await conflict(files)).toEqual([
    'keys/release.pub: the service already holds this key as first; keep that id, or delete it there first.',
    'logs/private.json: the service already holds this log as first; keep that id, or delete it there first.',
  ]);
  await world.call('POST', '/v1/keys/first/revoke', json({ reason: 'lost' }));
  expect((await conflict(files))[0]).toContain(
    'it is revoked there and cannot be stored again under another id',
  );
});

test('a built-in log is refused, unless the service does not trust it', async () => {
  const builtIn = startTrustWorld({ PUBLIC_LOG: 'on' });
  const [log] = (await builtIn.call('GET', '/v1/logs')).logs;
  const { url, publicKey, validFrom } = log;
  const given = { 'logs/public.json': json({ url, publicKey, validFrom }) };
  expect((await world.apply(await folderWith(given))).code).toBe(0);
  world = builtIn;
  expect(await conflict(given)).toEqual([
    `logs/public.json: this log is built into the service, as ${log.id}; remove it from the folder.`,
  ]);
  const named = { [`logs/${log.id}.json`]: files['logs/private.json'] ?? '' };
  expect((await conflict(named))[0]).toContain('built in');
});

test('an answer of an unknown form is refused', async () => {
  world.before = ({ path }) =>
    path.startsWith('/v1/keys') ? Response.json({ keys: [{ id: 'a', color: 'red' }] }) : undefined;
  expect((await conflict(files))[0]).toContain('has a form that this version does not know');
  world.before = () => new Response('<html>');
  expect((await conflict(files))[0]).toBe(
    'GET /v1/keys: the response is not a list of keys; is this the right URL?',
  );
});

test('a redirect is not followed, and a wrong token is an error', async () => {
  world.before = () => new Response(null, { status: 302, headers: { Location: 'https://evil.example/' } });
  expect((await conflict(files))[0]).toMatch(/302: this is a redirect, which is not followed/);
  expect(world.sent.map(({ redirect }) => redirect)).toEqual(['manual']);
  world = startTrustWorld({ ADMIN_TOKEN: 'another' });
  expect((await conflict(files))[0]).toMatch(/401 UNAUTHENTICATED: .+ \(request [\w-]+\)$/);
});

test('a token that an answer repeats is not printed', async () => {
  world.before = ({ headers }) =>
    Response.json({ code: 'X', detail: `you sent ${headers.get('authorization')}` }, { status: 400 });
  expect((await conflict(files))[0]).toContain('you sent Bearer [token]');
});

test.each<[name: string, args: string[], says: RegExp]>([
  ['no command', [], /Expected apply or export/],
  ['another command', ['destroy', 'x', '--url', SERVICE], /Expected apply or export/],
  ['no folder', ['apply', '--url', SERVICE], /Expected one folder/],
  ['two folders', ['apply', 'a', 'b', '--url', SERVICE], /Expected one folder/],
  ['an unknown flag', ['apply', 'a', '--url', SERVICE, '--yes'], /Unknown option '--yes'/],
  ['a token as a flag', ['apply', 'a', '--url', SERVICE, `--token=${TOKEN}`], /Unknown option '--token'/],
  ['a flag of the other command', ['export', 'a', '--url', SERVICE, '--prune'], /export has no --prune/],
  ['the same the other way', ['apply', 'a', '--url', SERVICE, '--force'], /apply has no --force/],
  ['no URL', ['apply', 'a'], /Give the service's URL with --url/],
  ['http', ['apply', 'a', '--url', 'http://countersign.example'], /expected https/],
  ['http to a name that looks local', ['apply', 'a', '--url', 'http://localhost.example'], /expected https/],
  [
    'a password in the URL',
    ['apply', 'a', '--url', `https://x:${TOKEN}@countersign.example`],
    /without credentials/,
  ],
  ['no URL at all', ['apply', 'a', '--url', 'countersign'], /expected an https URL/],
])('wrong usage is refused: %s', async (_, args, says) => {
  const { code, out, err } = await world.run(...args);
  expect(code).toBe(2);
  expect(out).toEqual([]);
  expect(err.join('\n')).toMatch(says);
  expect(world.sent).toEqual([]);
});

test('--help prints the usage', async () => {
  const { code, out } = await world.run('--help');
  expect(code).toBe(0);
  expect(out.join('\n')).toMatch(/^usage: /);
});

test.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1'])('%s needs no TLS', async (url) => {
  world.before = () => new Response('{}', { status: 404 });
  expect((await world.run('apply', await folderWith(files), '--url', url)).code).toBe(1);
});
