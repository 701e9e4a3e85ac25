// The Worker that is measured for comparison with the service, on both runtimes:
// - /floor/FORM?n= and /core/FORM?n= do the work n times in one request, for a form of signature or the seed (also
//   /reading/seed); /core/NAME?n= also for growing work.
// - /proxy?url= passes a body on; /hash?url= also hashes it.
// - /empty does nothing; /store only reads the trust store, as a verification does; /fetches?url= also fetches what a
//   verification fetches, and ignores it.

import { Hono } from 'hono';
import { createDenoKvStore, type DenoKv } from '../../src/store/kv/deno_kv.ts';
import type { KeyValueStore } from '../../src/store/kv/key_value.ts';
import { createWorkersKvStore, type KvNamespace } from '../../src/store/kv/workers_kv.ts';
import { FORMS, type Form, makeForm } from './forms.ts';
import { GROWN, makeGrown } from './growth.ts';
import { makeCoreSeed, makeFloor, makeReadingFloor, type Work } from './work.ts';

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
app.get('/fetches', async (context) => {
  for (const url of context.req.queries('url') ?? []) await (await fetch(url)).arrayBuffer();
  return context.json({ found: (await read(context.env)) !== undefined });
});
app.get('/proxy', async (context) => pass(await fetch(context.req.query('url') ?? '')));
app.get('/hash', async (context) => {
  const upstream = await fetch(context.req.query('url') ?? '');
  return upstream.body === null ? upstream : pass(upstream, hashed(upstream.body));
});
app.get('/:part/:form', async (context) => {
  const { part, form } = context.req.param();
  const work = await workNamed(part as Part, form);
  for (let left = Number(context.req.query('n')); left > 0; left--) await work();
  return context.json({});
});

export default app;

/** A bare proxy: the same body, at the same length. */
function pass({ body, headers }: Response, instead: BodyInit | null = body): Response {
  return new Response(instead, { headers: { 'content-length': headers.get('content-length') ?? '' } });
}

interface Native {
  crypto: { DigestStream?: new (name: string) => WritableStream };
  process?: {
    getBuiltinModule(name: string): {
      createHash(name: string): { update(chunk: Uint8Array): void; digest(): void };
    };
  };
}

/** Hashing at its lowest cost: natively, while the bytes pass through. */
function hashed(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const { crypto, process } = globalThis as unknown as Native;
  if (crypto.DigestStream !== undefined) {
    const [one, two] = body.tee();
    two.pipeTo(new crypto.DigestStream('SHA-256')).catch(() => undefined);
    return one;
  }
  const hash = process?.getBuiltinModule('node:crypto').createHash('sha256');
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) {
        hash?.digest();
        controller.close();
      } else {
        hash?.update(value);
        controller.enqueue(value);
      }
    },
  });
}

type Part = 'floor' | 'reading' | 'core';

async function workNamed(part: Part, form: string): Promise<Work> {
  const name = `${part}/${form}`;
  if (works[name] === undefined) Object.assign(works, await makeWorks(form));
  const work = works[name];
  if (work === undefined) throw new Error(`unknown work ${name}`);
  return work;
}

async function makeWorks(form: string): Promise<Record<string, Work>> {
  if (form === 'seed') {
    const [floor, reading, core] = await Promise.all([makeFloor(), makeReadingFloor(), makeCoreSeed()]);
    return { 'floor/seed': floor, 'reading/seed': reading, 'core/seed': core };
  }
  if (GROWN.includes(form)) return { [`core/${form}`]: await makeGrown(form) };
  if (!FORMS.includes(form as Form)) throw new Error(`unknown form ${form}`);
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
