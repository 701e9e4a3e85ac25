// Runs the table in raw workerd, without Node compatibility, against the built bundle. An argument selects cases by name.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { readCompatibility } from '../../scripts/service/compatibility.ts';
import { printOutcome, printSummary } from './report.ts';
import { bundlePath, projectRoot, readFixtures } from './support/fixtures.ts';
import type { Outcome } from './table.ts';

const only = process.argv[2] ?? '';
const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'entry_workerd.ts')],
  bundle: true,
  format: 'esm',
  target: 'es2024',
  write: false,
  external: ['./countersign.js', './fixtures.json'],
});
const miniflare = new Miniflare({
  cf: false,
  workers: [
    {
      config: {
        name: 'table',
        ...(await readCompatibility()),
        manifest: {
          mainModule: 'table.js',
          modulesRoot: projectRoot,
          modules: {
            'table.js': { type: 'esm', contents: outputFiles[0]?.text ?? '' },
            'countersign.js': { type: 'esm', contents: await readFile(bundlePath, 'utf8') },
            'fixtures.json': { type: 'json', contents: JSON.stringify(await readFixtures()) },
          },
        },
      },
    },
  ],
});
const ask = async (query: string) => (await miniflare.dispatchFetch(`http://table/${query}`)).json();
const outcomes: Outcome[] = [];
for (const [number, name] of ((await ask('')) as string[]).entries()) {
  if (!name.includes(only)) continue;
  const outcome = await ask(`?case=${number}`).catch((error) => ({
    name,
    result: 'failed',
    message: String(error),
  }));
  outcomes.push(outcome as Outcome);
  printOutcome(outcome as Outcome);
}
await miniflare.dispose();
process.exitCode = printSummary(outcomes);
