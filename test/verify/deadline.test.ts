// The deadline: an answer comes in time whatever work is still running, and that work is ended later too.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Undecided } from '../../src/core/errors/undecided.ts';
import { createTrace } from '../../src/egress/trace.ts';
import { deadlineExceeded, startDeadline } from '../../src/verify/deadline.ts';

const trace = createTrace(() => 0);
type Answer = { answer: string };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that a test ends when it wants, and its race with the deadline. */
function race(deadline = startDeadline(100, 1000, trace)) {
  let finish: (answer: Answer) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<Answer>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  const kept: Promise<unknown>[] = [];
  const late = ({ code }: Undecided) => ({ answer: code as string });
  const won = deadline.race(work, late, (promise) => kept.push(promise));
  return { won, finish, fail, kept, signal: deadline.signal };
}

describe('work', () => {
  test('that finishes in time is the answer, and leaves no timer or background work', async () => {
    const { won, finish, kept, signal } = race();
    await vi.advanceTimersByTimeAsync(99);
    finish({ answer: 'done' });
    expect(await won).toEqual({ answer: 'done' });
    expect(kept).toEqual([]);
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that fails in time rejects with its error', async () => {
    const { won, fail, signal } = race();
    fail(new TypeError('a fault'));
    await expect(won).rejects.toThrow('a fault');
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is late continues after the answer until it is done', async () => {
    const { won, finish, kept, signal } = race();
    await vi.advanceTimersByTimeAsync(100);
    expect(await won).toEqual({ answer: 'DEADLINE_EXCEEDED' });
    expect(kept).toHaveLength(1);
    expect(signal.aborted).toBe(false);
    finish({ answer: 'done' });
    await kept[0];
    expect(signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that fails after the answer leaves its error to whoever keeps it', async () => {
    const { won, fail, kept } = race();
    await vi.advanceTimersByTimeAsync(100);
    await won;
    const kept0 = expect(kept[0]).rejects.toThrow('a fault');
    fail(new TypeError('a fault'));
    await kept0;
  });

  test('that continues for too long after the answer is aborted', async () => {
    const { won, signal } = race();
    await vi.advanceTimersByTimeAsync(100);
    await won;
    await vi.advanceTimersByTimeAsync(999);
    expect(signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(signal.aborted).toBe(true);
  });

  test('is notified when a part of the time has passed, and no longer once it is done', async () => {
    const deadline = startDeadline(100, 1000, trace);
    let finish: (answer: Answer) => void = () => undefined;
    const work = new Promise<Answer>((resolve) => {
      finish = resolve;
    });
    const won = deadline.race(
      work,
      () => ({ answer: 'late' }),
      () => undefined,
    );
    const passed: number[] = [];
    await vi.advanceTimersByTimeAsync(30);
    for (const part of [0.5, 0.5, 0.9, 0.1]) deadline.at(part).then(() => passed.push(part));
    // One timer for each part, however many ask, and the deadline's own.
    expect(vi.getTimerCount()).toBe(4);
    await vi.advanceTimersByTimeAsync(0);
    expect(passed).toEqual([0.1]);
    await vi.advanceTimersByTimeAsync(19);
    expect(passed).toEqual([0.1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(passed).toEqual([0.1, 0.5, 0.5]);
    finish({ answer: 'done' });
    await won;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that asks for a signal only after the end gets an aborted one: nobody waits for it', async () => {
    const deadline = startDeadline(100, 1000, trace);
    const done = deadline.race(
      Promise.resolve({}),
      () => ({}),
      () => undefined,
    );
    await done;
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal).toBe(deadline.signal);
  });
});

test('the error names what was still awaited', () => {
  expect(deadlineExceeded(50, trace)).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: 'Not finished within 50 ms: still waiting for the computation. Try again.',
    retryable: true,
  });
  const waiting = createTrace(() => 0);
  waiting.begin('registry', { host: 'reg.example', step: 'manifest' });
  waiting.begin('rekor', { host: 'rekor.example', step: 'log entry' });
  expect(deadlineExceeded(50, waiting)).toMatchObject({
    message: expect.stringContaining('still waiting for the manifest from reg.example.'),
    upstream: { host: 'reg.example', step: 'manifest' },
  });
});
