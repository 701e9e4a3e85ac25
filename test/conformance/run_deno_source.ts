// Runs the table in Deno against the sources, as they are. An argument picks cases by name.
import { join } from 'node:path';
import { runInDeno } from './deno.ts';
import { projectRoot } from './fixtures.ts';

process.exitCode = await runInDeno(join(projectRoot, 'src/worker.ts'), process.argv[2]);
