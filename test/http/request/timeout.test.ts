// The time that a request may take, by the caller's timeout= and the service's deadline.
import { describe, expect, test } from 'vitest';
import { isTimeout, workingTime } from '../../../src/http/request/timeout.ts';

const DEADLINE = 10_000;

test.each([
  [undefined, DEADLINE],
  ['8s', 7_500],
  ['2s', 1_800],
  ['500ms', 450],
  ['100ms', 80],
  ['1.25s', 1_125],
  ['1s250ms', 1_125],
  ['1ms', 1],
  ['1m30s', DEADLINE],
  ['1h', DEADLINE],
  ['abc', DEADLINE],
])('a timeout of %s leaves %s ms', (timeout, left) => expect(workingTime(DEADLINE, timeout)).toBe(left));

describe('a timeout', () => {
  test.each(['1s', '0.5ms', '1.123456789h', '0s1ms', '1s'.repeat(32)])('may be %s', (text) =>
    expect(isTimeout(text)).toBe(true),
  );
  test.each(['', '1', 's', '-1s', '+1s', '1 s', '1d', '1.s', '.5s', '0s', '0.0ms', `1s${'1s'.repeat(32)}`])(
    'may not be %j',
    (text) => expect(isTimeout(text)).toBe(false),
  );
});
