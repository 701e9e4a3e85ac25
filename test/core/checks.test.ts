// What a check reports about what it compared: short text unchanged, long text cut, each field by itself.
import { expect, test } from 'vitest';
import { type Compared, pass, runChecks, type Step } from '../../src/core/checks.ts';

const LIMIT = 2048;
const saying = (compared: Compared): Step<undefined> => ({
  name: 'signature',
  applies: () => true,
  run: () => pass(compared),
});

test.each(['expected', 'actual', 'source'] as const)(
  '%s is cut after 2048 characters, independently of the other fields',
  async (part) => {
    const others = { expected: 'e', actual: 'a', source: 's' };
    const full = { ...others, [part]: 'x'.repeat(LIMIT) };
    const long = { ...others, [part]: 'x'.repeat(LIMIT + 1) };
    const { checks } = await runChecks(
      [saying(full), saying(long), saying({ [part]: long[part] })],
      undefined,
    );
    const passed = { name: 'signature', result: 'pass' };
    const cut = `${'x'.repeat(LIMIT)}…`;
    expect(checks).toEqual([
      { ...passed, ...full },
      { ...passed, ...others, [part]: cut },
      { ...passed, [part]: cut },
    ]);
  },
);

test('a surrogate pair is not cut in half', async () => {
  const { checks } = await runChecks([saying({ actual: '😀'.repeat(LIMIT / 2 + 1).slice(1) })], undefined);
  expect(checks[0]?.actual?.isWellFormed()).toBe(true);
});
