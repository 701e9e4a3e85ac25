// `npm start`: runs the whole service on this machine, with one real signature to verify. Options: --runtime deno, --once.
//
// The bundle runs twice in a row: first on a hidden port, where the seed's key is stored and its signature verified;
// then, with the same state, on HOST and PORT. So once /healthz responds there, everything is in place, and no proxy
// sits between callers and the service.

import { join, relative, resolve } from 'node:path';
import { DEFAULT_REGISTRIES } from '../src/config.ts';
import { readArguments, withUsage } from './arguments.ts';
import { build } from './build.ts';
import { BUNDLE, ROOT } from './paths.ts';
import { startSeedRegistry } from './seed/registry.ts';
import { type Caller, seedPath, storeSeedKey, verifySeed } from './seed/verification.ts';
import { RUNTIMES, type Runtime, type Service, startService } from './service/service.ts';
import { settingsFromEnvironment, withItem } from './service/settings.ts';
import { keptAdminToken } from './start/admin_token.ts';
import { assertCanListen, type ListenAddress, listenAddress, localOrigin } from './start/listen_address.ts';

const USAGE = `npm start -- [--runtime workerd|deno] [--once]
From the environment: HOST (127.0.0.1), PORT (8787), STATE_DIR (.countersign), and every setting of the service.`;

/** What to stop at the end, in reverse order. */
const running: { stop(): Promise<void> }[] = [];
let serving = false;

async function main(): Promise<void> {
  const { runtime, once } = runtimeAndMode();
  const address = listenAddress(process.env);
  if (!once) await assertCanListen(address);
  await build();

  const stateDir = resolve(ROOT, process.env.STATE_DIR || '.countersign');
  const registry = await startSeedRegistry();
  running.push(registry);
  const chosen = settingsFromEnvironment(process.env);
  const adminToken = chosen.ADMIN_TOKEN ?? (await keptAdminToken(stateDir));
  const settings = {
    ...chosen,
    ADMIN_TOKEN: adminToken,
    ACCESS: chosen.ACCESS ?? 'open',
    REGISTRIES: withItem(chosen.REGISTRIES ?? DEFAULT_REGISTRIES, registry.host),
    INSECURE_REGISTRIES: withItem(chosen.INSECURE_REGISTRIES, registry.host),
  };
  const options = { bundle: BUNDLE, settings, stateDir: join(stateDir, runtime) };

  const hidden = await startService(runtime, options);
  running.push(hidden);
  const { verified, path } = await verifyFirst({ url: hidden.url, adminToken }, registry.host);
  if (once) return end(verified ? 0 : 1);

  await hidden.stop();
  running.pop();
  const tokenFrom =
    chosen.ADMIN_TOKEN === undefined ? relative(process.cwd(), join(stateDir, 'admin-token')) : undefined;
  printUsage({ address, path, adminToken, tokenFrom, open: settings.ACCESS === 'open' });
  const service = await startService(runtime, { ...options, ...address, isLogged: true });
  running.push(service);
  serving = true;
  console.log(`\nServing on ${localOrigin(address)} (${runtime}). Press Ctrl-C to stop.`);
  watch(service);
}

function runtimeAndMode(): { runtime: Runtime; once: boolean } {
  const { values } = readArguments(USAGE, {
    options: {
      runtime: { type: 'string', default: 'workerd' },
      once: { type: 'boolean', default: false },
    },
  });
  const runtime = RUNTIMES.find((name) => name === values.runtime);
  if (runtime === undefined)
    throw new Error(withUsage(USAGE, `Unknown runtime ${JSON.stringify(values.runtime)}.`));
  return { runtime, once: values.once };
}

async function verifyFirst(service: Caller, registry: string): Promise<{ verified: boolean; path: string }> {
  const path = seedPath(registry, await storeSeedKey(service));
  const { verified, logIndex, line } = await verifySeed(service, path);
  console.log(line);
  if (verified) console.log(`The signature is entry ${logIndex} of the public transparency log.`);
  else console.error('The seed image did not verify. The line above says why.');
  return { verified, path };
}

interface Usage {
  address: ListenAddress;
  path: string;
  adminToken: string;
  /** The file that keeps the token, if it was generated and not set by the user. */
  tokenFrom: string | undefined;
  open: boolean;
}

function printUsage({ address, path, adminToken, tokenFrom, open }: Usage): void {
  const origin = localOrigin(address);
  const header = `-H 'Authorization: Bearer ${adminToken}' `;
  const admin = tokenFrom === undefined ? '-H "Authorization: Bearer $ADMIN_TOKEN" ' : header;
  const access = open ? '' : admin;
  console.log(`
Try it from another terminal:
  curl -s ${access}'${origin}${path}'
  curl -s ${access}-H 'Accept: text/plain' '${origin}${path}'
  curl -s ${admin}'${origin}/v1/keys'`);
  if (tokenFrom !== undefined)
    console.log(`\nThe administrator's token (kept in ${tokenFrom}): ${adminToken}`);
}

function watch(service: Service): void {
  service.ended.then((how) => {
    console.error(how);
    return end(1);
  });
}

let ending = false;

async function end(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  for (const part of running.reverse()) await part.stop();
  process.exit(code);
}

/** Once it serves, a signal is the normal way to end it: exit code 0. Before that, the signal's conventional exit code. */
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => end(serving ? 0 : code));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  await end(1);
}
