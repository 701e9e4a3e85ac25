// Ranges of blobs through the gate: cut from a whole whose digest is checked.
import { base64 } from '../../support/bytes.ts';
import { ADMIN_TOKEN } from '../../support/service.ts';
import { inPieces } from '../../support/upstream.ts';
import { equal, ok } from '../support/assert.ts';
import { download, makePulled } from '../support/gate_transfers.ts';
import { BASIC } from '../support/world_gate.ts';
import { test } from '../table.ts';

test('A88 a valid range is served from a whole whose digest is checked, one outside is 416, and an invalid one is ignored', async (t) => {
  const { world, layer } = await makePulled(t);
  const { length } = layer.bytes;
  const good: [string, number, number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=0-9', 0, 9],
    ['bytes=10-', 10, length - 1],
    ['bytes=-5', length - 5, length - 1],
    [`bytes=0-99999999999999999999`, 0, length - 1],
    [`bytes=${length - 1}-`, length - 1, length - 1],
    ['bytes=-99999999999999', 0, length - 1],
    ['bytes=100000-200000', 100_000, 200_000],
  ];
  for (const [range, first, last] of good) {
    const { response, bytes } = await download(t, world, layer.digest, { range });
    equal(
      [response.status, response.headers.get('content-range')],
      [206, `bytes ${first}-${last}/${length}`],
      range,
    );
    equal(base64(bytes ?? new Uint8Array()) === base64(layer.bytes.slice(first, last + 1)), true, range);
  }
  for (const range of ['bytes=-0', `bytes=${length}-`, `bytes=${length}-${length + 5}`]) {
    const answer = await world.pull(`app/blobs/${layer.digest}`, { headers: { range } });
    equal([answer.status, answer.headers.get('content-range')], [416, `bytes */${length}`], range);
  }
  for (const range of [
    'bytes=5-1',
    'bytes=0-1,5-6',
    'bytes=a-b',
    'items=0-1',
    'bytes=-',
    'bytes=0--1',
    '0-1',
  ]) {
    const { response, length: got } = await download(t, world, layer.digest, { range });
    equal([response.status, got], [200, length], range);
  }
  const range = 'bytes=0-9';
  const same = await download(t, world, layer.digest, { range, 'if-range': `"${layer.digest}"` });
  equal(same.response.status, 206);
  for (const condition of ['"other"', `W/"${layer.digest}"`, 'Wed, 21 Oct 2015 07:28:00 GMT'])
    equal(
      (await download(t, world, layer.digest, { range, 'if-range': condition })).response.status,
      200,
      condition,
    );
});

test('A88 the end of a range is held back until the digest of the whole blob matches', async (t) => {
  const { world, layer } = await makePulled(t, [4_000_000]);
  const bad = layer.bytes.slice();
  bad[3_999_999] = (bad[3_999_999] ?? 0) ^ 1;
  const serve = (bytes: Uint8Array<ArrayBuffer>) => {
    world.registry.lie = ({ reference }, truth) =>
      reference === layer.digest ? new Response(inPieces(bytes, 50_000)) : truth();
  };
  for (const [range, length] of [
    ['bytes=0-9', 10],
    ['bytes=0-1999999', 2_000_000],
    ['bytes=100-3999998', 3_999_899],
    ['bytes=-5', 5],
  ] as const) {
    serve(layer.bytes);
    const good = await download(t, world, layer.digest, { range });
    equal([good.response.status, good.isWhole, good.length], [206, true, length], range);
    serve(bad);
    const lied = await download(t, world, layer.digest, { range });
    ok(lied.length < length, `${range}: ${lied.length} bytes`);
  }
});

test('the answer with a small range of a large blob begins at once, so that a client who leaves is noticed', async (t) => {
  const { world, layer } = await makePulled(t, [4_000_000]);
  const order: string[] = [];
  const { promise: answered, resolve: letGoOn } = Promise.withResolvers<void>();
  // The registry sends the end once the answer has begun, or after a while if it waits for that in vain.
  const half = async function* () {
    yield layer.bytes.slice(0, 2_000_000);
    await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 2000))]);
    order.push('end of the blob');
    yield layer.bytes.slice(2_000_000);
  };
  const parts = half();
  world.registry.lie = ({ reference }, truth) =>
    reference === layer.digest
      ? new Response(
          new ReadableStream({
            async pull(controller) {
              const { value } = await parts.next();
              if (value === undefined) controller.close();
              else controller.enqueue(value);
            },
          }),
        )
      : truth();
  const request = new Request(
    `https://countersign.example/v2/${world.registry.host}/app/blobs/${layer.digest}`,
    { headers: { authorization: BASIC, range: 'bytes=0-9' } },
  );
  const env = { TRUST: world.service.kv, REGISTRIES: world.registry.host, ADMIN_TOKEN };
  const response = await t.worker.fetch(request, env, {
    waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
  });
  order.push('answer');
  letGoOn();
  const bytes = new Uint8Array(await response.arrayBuffer());
  equal(base64(bytes), base64(layer.bytes.slice(0, 10)));
  equal(order, ['answer', 'end of the blob']);
});
