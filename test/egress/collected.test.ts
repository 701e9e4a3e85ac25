// On Deno, a body can be aborted even after its response has been garbage-collected. Node and workerd need no test for it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { denoBinary } from '../../scripts/service/deno.ts';

test('aborting a call ends its body, though nobody references its response any more', async () => {
  const module = join(import.meta.dirname, 'collected_deno.ts');
  const flags = [
    '--no-prompt',
    '--no-config',
    '--no-lock',
    '--allow-net=127.0.0.1',
    '--v8-flags=--expose-gc',
  ];
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', DENO_NO_PACKAGE_JSON: '1' };
  const { stdout } = await promisify(execFile)(denoBinary(), ['run', ...flags, module], { env });
  expect(stdout).toBe('ended\n');
});
