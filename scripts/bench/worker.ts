// The Worker that is measured beside the service, on both runtimes: /floor?n= and /core?n= do the work n times in one
// request; /empty is an empty route; /store is one with nothing but the reads of the trust store that a verification does.

import { Hono } from 'hono';
import { createDenoKvStore, type DenoKv } from '../../src/store/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/key_value.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/workers_kv.ts';
import { makeCoreSeed, makeFloor, type Work } from './work.ts';

/** As long as a stored key's record. */
const RECORD = JSON.stringify({ id: 'seed', publicKey: 'x'.repeat(500) });

interface Bindings {
  TRUST?: KvNamespace;
}

interface DenoGlobal {
  env: { get(name: string): string | undefined };
  openKv(path: string | undefined): Promise<DenoKv>;
}

const works: Record<string, Work> = {};
let store: KeyValueStore | undefined;

const app = new Hono<{ Bindings: Bindings }>();
app.get('/empty', (context) => context.json({}));
app.get('/store', async (context) => context.json({ found: (await read(context.env)) !== undefined }));
app.get('/floor', async (context) => context.json(await repeat('floor', context.req.query('n'))));
app.get('/core', async (context) => context.json(await repeat('core', context.req.query('n'))));

export default app;

async function repeat(name: 'floor' | 'core', times: string | undefined): Promise<object> {
  const work = await workNamed(name);
  for (let left = Number(times); left > 0; left--) await work();
  return {};
}

async function workNamed(name: 'floor' | 'core'): Promise<Work> {
  const known = works[name];
  if (known !== undefined) return known;
  const work = await (name === 'floor' ? makeFloor() : makeCoreSeed());
  works[name] = work;
  return work;
}

async function read(env: Bindings): Promise<string | undefined> {
  store ??= await openStore(env);
  const [value] = await store.getMany(['key/seed', 'revocation/seed']);
  if (value === undefined) await store.commit([{ key: 'key/seed', expected: undefined, value: RECORD }]);
  return value;
}

async function openStore(env: Bindings): Promise<KeyValueStore> {
  const deno = (globalThis as { Deno?: DenoGlobal }).Deno;
  if (deno !== undefined) return createDenoKvStore(await deno.openKv(deno.env.get('DENO_KV_PATH')));
  if (env.TRUST === undefined) throw new Error('no KV namespace is bound');
  return createWorkersKvStore(env.TRUST);
}
