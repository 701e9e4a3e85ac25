// The memory of seen roots: one root per log, tree and size.
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../src/core/log/checkpoint.ts';
import type { TrustedLog } from '../../src/core/trust/trusted_log.ts';
import { createSeenRoots, noteRoot } from '../../src/verify/trust/seen_roots.ts';

const log = (logId: string) => ({ logId }) as TrustedLog;
const root = (fill: number) => new Uint8Array(32).fill(fill);
const checkpoint = (fill: number, size = 5n, origin = 'log.example') =>
  ({ origin, size, root: root(fill) }) as Checkpoint;

test('a second root for one size is reported, whichever came first', () => {
  const seen = createSeenRoots();
  expect(noteRoot(seen, log('a'), checkpoint(1))).toBeUndefined();
  expect(noteRoot(seen, log('a'), checkpoint(1))).toBeUndefined();
  expect(noteRoot(seen, log('a'), checkpoint(2))).toEqual(root(1));
  expect(noteRoot(seen, log('a'), checkpoint(1))).toBeUndefined();
});

test('another log, tree or size may have another root', () => {
  const seen = createSeenRoots();
  noteRoot(seen, log('a'), checkpoint(1));
  expect(noteRoot(seen, log('b'), checkpoint(2))).toBeUndefined();
  expect(noteRoot(seen, log('a'), checkpoint(2, 6n))).toBeUndefined();
  expect(noteRoot(seen, log('a'), checkpoint(2, 5n, 'log.example - 2'))).toBeUndefined();
});

test('long names of trees take the place of many short ones', () => {
  const seen = createSeenRoots();
  noteRoot(seen, log('a'), checkpoint(1));
  for (let size = 0n; size < 40n; size++) noteRoot(seen, log('b'), checkpoint(1, size, 'x'.repeat(60_000)));
  expect(noteRoot(seen, log('a'), checkpoint(2))).toBeUndefined();
});

test('a root is kept without the buffer that it was decoded into', () => {
  const seen = createSeenRoots();
  const decoded = new Uint8Array(new ArrayBuffer(2048), 64, 32).fill(1);
  noteRoot(seen, log('a'), { ...checkpoint(1), root: decoded });
  expect(noteRoot(seen, log('a'), checkpoint(2))?.buffer.byteLength).toBe(32);
});
