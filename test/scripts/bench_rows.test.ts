// What the rows of the benchmark are compared with, by the names that programs read them by.
import { expect, test } from 'vitest';
import { toRows } from '../../scripts/bench/rows.ts';

const taking = (microseconds: number) => ({ microseconds, low: microseconds, high: microseconds });

test.each([
  ['core/seed', 'floor'],
  ['http/registry-cached', 'http/store'],
  ['gate/blob', 'gate/bare-blob'],
  ['gate/cpu', 'gate/hash-cpu'],
  ['peer/cosign', 'http/tagged-cold'],
])('%s is compared with %s', (name, against) => {
  const rows = toRows('deno', new Map(Object.entries({ [against]: taking(2), [name]: taking(5) })));
  expect(rows[1]).toEqual({ runtime: 'deno', name, ...taking(5), ratio: 2.5, against });
});
