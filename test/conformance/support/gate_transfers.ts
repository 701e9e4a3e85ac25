// Transfers through the gate: an image that was pulled, blobs as they arrive, and bodies that registries send.
import { ADMIN_TOKEN } from '../../support/service.ts';
import type { TestContext } from '../table.ts';
import { equal, ok } from './assert.ts';
import { BASIC, type GateWorld, makeGateWorld, pushLayered } from './world_gate.ts';
import { signerOf } from './world_policies.ts';

/** A signed image with layers of these sizes, whose manifest has been pulled, so that its layers may be pulled. */
export async function makePulled(t: TestContext, sizes = [300_000]) {
  const world = await makeGateWorld(t);
  const pushed = await pushLayered(world, [signerOf(world.signers, 'a')], { sizes });
  equal((await world.pull(`app/manifests/${pushed.tag}`)).status, 200);
  const [layer] = pushed.layers;
  ok(layer, 'a layer');
  return { world, layer, ...pushed };
}

/** The bytes that arrive, or undefined if the transfer breaks off. */
export async function download(
  t: TestContext,
  world: GateWorld,
  digest: string,
  headers: Record<string, string> = {},
) {
  const request = new Request(`https://countersign.example/v2/${world.registry.host}/app/blobs/${digest}`, {
    headers: { authorization: BASIC, ...headers },
  });
  const env = { TRUST: world.service.kv, REGISTRIES: world.registry.host, ADMIN_TOKEN };
  const response = await t.worker.fetch(request, env, {
    waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
  });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const so = async (isWhole: boolean) => {
    const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
    return { response, length: bytes.length, isWhole, ...(isWhole && { bytes }) };
  };
  try {
    const reader = response.body?.getReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) return await so(true);
      chunks.push(value);
    }
  } catch {
    return so(false);
  }
}

/** The log lines about transfers that broke off. */
export const alerts = (t: TestContext) => t.logged().filter(({ event }) => event === 'transfer-broken');

/** A response with half of the bytes, after which the connection is reset. */
export function brokenOff(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      if (isFirst) controller.enqueue(bytes.slice(0, bytes.length / 2));
      else controller.error(new TypeError('connection reset'));
      isFirst = false;
    },
  });
}
