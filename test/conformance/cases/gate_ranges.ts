// Ranges of blobs through the gate: cut from a whole whose digest is checked.
import { base64 } from '../../support/bytes.ts';
import { inPieces } from '../../support/upstream.ts';
import { equal, ok } from '../assert.ts';
import { download, makePulled } from '../gate_transfers.ts';
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
    if (length <= 1024 * 1024) equal(lied.response.status, 403, range);
    else ok(lied.length < length, `${range}: ${lied.length} bytes`);
  }
});
