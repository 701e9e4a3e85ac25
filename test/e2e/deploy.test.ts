// Runs the commands for Cloudflare Workers exactly as docs/operations.md shows them, against a fake of the platform's API: the
// upload is the bundle that was tested, with only the settings of wrangler.toml.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BUNDLE, ROOT } from '../../scripts/paths.ts';
import { type CloudflareApi, startCloudflareApi } from './support/cloudflare_api.ts';

const SECRET = 'a-secret-of-thirty-two-characters';

let api: CloudflareApi;
beforeEach(async () => {
  api = await startCloudflareApi('countersign');
});
afterEach(() => api.stop());

test('each command has its documented effect, and the bundle is uploaded unchanged', {
  timeout: 180_000,
}, async () => {
  const commands = await documentedCommands();
  const command = (part: string) => commands.find((line) => line.includes(part)) ?? `no ${part}`;

  expect(await run(command('kv namespace create'))).toContain(`id = "${'a'.repeat(32)}"`);
  expect(api.namespaces).toEqual(['TRUST']);

  await run(command('secret put'), SECRET);
  expect([...api.secrets]).toEqual([['ADMIN_TOKEN', SECRET]]);
  await run(command('npm run deploy'));
  await run(command('npm run deploy'));

  // Before the first upload, wrangler creates a Worker of its own to hold the secret.
  const [draft, first, second] = api.uploads;
  for (const upload of [first, second]) {
    expect([...(upload?.modules ?? [])].map(([name, bytes]) => [name, sha256(bytes)])).toEqual([
      ['countersign.js', sha256(await readFile(BUNDLE))],
    ]);
    const { main_module, compatibility_flags, bindings, keep_bindings } = upload?.metadata ?? {};
    expect({ main_module, compatibility_flags }).toEqual({
      main_module: 'countersign.js',
      compatibility_flags: ['global_fetch_strictly_public'],
    });
    expect((bindings as { name: string }[]).map(({ name }) => name).sort()).toEqual([
      'ACCESS',
      'PUBLIC_LOG',
      'REGISTRIES',
      'TRUST',
    ]);
    expect(keep_bindings, 'a deployment keeps the secrets').toContain('secret_text');
  }
  expect(api.deployed).toEqual([draft?.id, first?.id, second?.id]);
  const alone = { enabled: true, previews_enabled: false };
  expect(api.addresses, 'earlier versions, with their secrets, are not reachable').toEqual([alone, alone]);
  const isKept = { enabled: true, invocation_logs: false };
  for (const { observability } of api.settings)
    expect(observability, 'the log is kept, without queries').toMatchObject({
      enabled: true,
      redact_query_string: true,
      logs: isKept,
    });
  expect(api.settings).toHaveLength(2);

  await run(command('rollback'));
  expect(api.deployed.slice(3)).toEqual([first?.id]);
  expect(api.unknown).toEqual([]);
});

/** The commands of the section's first and last shell example, without comments. */
async function documentedCommands(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  const lines = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.split('\n'));
  return lines.map((line) => line.replace(/\s+#.*/, ''));
}

/** @returns the output. @throws Error with the output if the command fails */
async function run(command: string, input = ''): Promise<string> {
  const child = spawn(command, {
    cwd: ROOT,
    shell: true,
    env: { ...process.env, ...api.environment, CI: 'true', WRANGLER_SEND_METRICS: 'false' },
  });
  child.stdin.end(input);
  const [printed, problems, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${command}: exit code ${code}\n${printed}${problems}`);
  expect(printed + problems).not.toContain(SECRET);
  return printed;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
