// The Worker that is measured beside the service, on both runtimes: /floor/FORM?n= and /core/FORM?n= do the work n times in one
// request, for a form of signature or the seed; /empty is an empty route; /store is one with nothing but the reads of the trust store that a verification does.

import { Hono } from 'hono';
import { createDenoKvStore, type DenoKv } from '../../src/store/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/key_value.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/workers_kv.ts';
import { type Form, makeForm } from './forms.ts';
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
app.get('/:part/:form', async (context) => {
  const { part, form } = context.req.param();
  const work = await workNamed(part as Part, form);
  for (let left = Number(context.req.query('n')); left > 0; left--) await work();
  return context.json({});
});

export default app;

type Part = 'floor' | 'core';

async function workNamed(part: Part, form: string): Promise<Work> {
  const name = `${part}/${form}`;
  if (works[name] === undefined) Object.assign(works, await makeWorks(form));
  const work = works[name];
  if (work === undefined) throw new Error(`no work ${name}`);
  return work;
}

async function makeWorks(form: string): Promise<Record<string, Work>> {
  if (form === 'seed') return { 'floor/seed': await makeFloor(), 'core/seed': await makeCoreSeed() };
  const { floor, core } = await makeForm(form as Form);
  return { [`floor/${form}`]: floor, [`core/${form}`]: core };
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
