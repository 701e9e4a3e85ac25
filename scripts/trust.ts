// `npm run trust -- apply|export FOLDER --url URL`: syncs keys, logs and policies between a folder in git and a running
// service (docs/trust-in-git.md). The parts are in scripts/trust/.
import { setTimeout as wait } from 'node:timers/promises';
import { main } from './trust/main.ts';

process.exitCode = await main(process.argv.slice(2), {
  fetch: (url, init) => fetch(url, init),
  environment: process.env,
  directory: calledFrom(process.env),
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  sleep: (milliseconds) => wait(milliseconds),
});

/** npm runs scripts from the project's root, but the user's path is relative to where they called npm. */
function calledFrom({ npm_lifecycle_event: script, INIT_CWD: directory }: NodeJS.ProcessEnv): string {
  return script === 'trust' && directory !== undefined ? directory : process.cwd();
}
