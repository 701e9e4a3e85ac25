// Runs the table in Deno against one module of the service.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot, readFixtures } from './fixtures.ts';

/** @returns Deno's exit code */
export async function runInDeno(worker: string, only = ''): Promise<number> {
  const flags = [
    'run',
    '--no-lock',
    '--no-prompt',
    '--node-modules-dir=manual',
    '--unstable-kv',
    '--allow-net',
    '--allow-env',
    '--allow-read',
    '--allow-import',
  ];
  const child = spawn(
    join(projectRoot, 'node_modules/.bin/deno'),
    [...flags, join(import.meta.dirname, 'entry_deno.ts'), pathToFileURL(worker).href, only],
    { cwd: projectRoot, stdio: ['pipe', 'inherit', 'inherit'] },
  );
  child.stdin.end(JSON.stringify(await readFixtures()));
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
