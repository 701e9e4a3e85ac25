// Which records of parents stay in an isolate's memory.
import { expect, test, vi } from 'vitest';
import { findParents } from '../../src/gate/parent_records.ts';
import { createGateMemory, type GateSession } from '../../src/gate/session.ts';

const image = { registry: 'registry.example', repository: 'app' };
const digestOf = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}` as const;
const parents = Array.from({ length: 32 }, (_, at) => ({ digest: digestOf(at), size: 1 }));

test('full records take the place of many small ones', async () => {
  const get = vi.fn(async (id: string) => JSON.stringify({ id, parents, at: 1 }));
  const session = { verifier: { ports: { now: () => 1000 } } };
  const gate = {
    memory: createGateMemory(),
    edge: undefined,
    session,
    store: { get },
  } as unknown as GateSession;
  const find = (at: number) => findParents(gate, image, 'blob', digestOf(at) as never, 'near');
  for (let at = 0; at < 2000; at++) await find(at);
  await find(1999);
  expect(get).toHaveBeenCalledTimes(2000);
  await find(0);
  expect(get).toHaveBeenCalledTimes(2001);
});
