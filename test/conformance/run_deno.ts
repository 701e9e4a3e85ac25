// Runs the table in Deno against the built bundle, or with --source against the sources. Another argument selects cases by name.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundlePath, projectRoot, readFixtures } from './support/fixtures.ts';

const isSource = process.argv.includes('--source');
const worker = isSource ? join(projectRoot, 'src/worker.ts') : bundlePath;
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';
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
process.exitCode = code ?? 1;
