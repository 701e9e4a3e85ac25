// Runs the table in Deno against the built bundle. An argument picks cases by name.
import { runInDeno } from './deno.ts';
import { bundlePath } from './fixtures.ts';

process.exitCode = await runInDeno(bundlePath, process.argv[2]);
