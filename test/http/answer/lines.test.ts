// Outcomes as lines: each as soon as it is known, a last line that says that nothing is missing, and none of that after a defect.
import { describe, expect, test } from 'vitest';
import { streamLines } from '../../../src/http/answer/lines.ts';
import type { Outcome } from '../../../src/verify/verify_many.ts';

const outcome = (verdict: string, code: string) => ({ verdict, code }) as Outcome;
const verified = outcome('verified', 'VERIFIED');
const refused = outcome('refused', 'NO_SIGNATURES');
const show = async (_: number, shown: Outcome) => ({ code: shown.code });
const settled = () => new Promise((resolve) => setTimeout(resolve));

type Done = Parameters<Parameters<typeof streamLines>[2]>[0];

/** A stream whose work is controlled by the test. */
function open(showing = show) {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome[]>();
  const defects: unknown[] = [];
  let done: Done = () => undefined;
  const stream = streamLines(
    showing,
    2,
    (tell) => {
      done = tell;
      return promise;
    },
    (error) => defects.push(error),
  );
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const line = async () => decoder.decode((await reader.read()).value);
  const rest = async () => {
    let text = '';
    for (;;) {
      const { done: isOver, value } = await reader.read();
      if (isOver) return text;
      text += decoder.decode(value);
    }
  };
  return { done: (...told: Parameters<Done>) => done(...told), resolve, reject, reader, line, rest, defects };
}

describe('a stream of lines', () => {
  test('has each outcome when it is known, in whatever order, and then the end', async () => {
    const { done, resolve, line, rest, defects } = open();
    done(1, refused);
    expect(await line()).toBe('{"index":1,"code":"NO_SIGNATURES"}\n');
    done(1, verified);
    done(0, verified);
    resolve([verified, refused]);
    expect(await rest()).toBe('{"index":0,"code":"VERIFIED"}\n{"end":true,"count":2,"worst":"refused"}\n');
    done(0, verified);
    await settled();
    expect(defects).toEqual([]);
  });

  test('has what nobody told of before the end', async () => {
    const { resolve, rest } = open();
    resolve([verified, verified]);
    expect(await rest()).toBe(
      '{"index":0,"code":"VERIFIED"}\n{"index":1,"code":"VERIFIED"}\n{"end":true,"count":2,"worst":"verified"}\n',
    );
  });

  test('breaks without an end when the work fails, which is a defect', async () => {
    const { done, reject, rest, defects } = open();
    done(0, verified);
    const error = new Error('work');
    reject(error);
    await expect(rest()).rejects.toBe(error);
    expect(defects).toEqual([error]);
    done(1, verified);
    await settled();
    expect(defects).toEqual([error]);
  });

  test('breaks without an end when an outcome cannot be shown', async () => {
    const error = new Error('show');
    const { done, resolve, rest, defects } = open(async (index, shown) => {
      if (index === 0) throw error;
      return show(index, shown);
    });
    done(0, verified);
    await settled();
    resolve([verified, verified]);
    await expect(rest()).rejects.toBe(error);
    expect(defects).toEqual([error]);
  });

  test('is no defect when the client leaves', async () => {
    const { done, resolve, reader, defects } = open();
    await reader.cancel();
    done(0, verified);
    resolve([verified, refused]);
    await settled();
    expect(defects).toEqual([]);
  });
});
