// Policies in request bodies: their length, and where a mistake is.
import { expect, test } from 'vitest';
import { validatePolicy } from '../../../src/http/request/read_policy.ts';

test('a policy inside a larger body may be as long as one alone, and its mistakes have its place', () => {
  const ruleOf = (name: string, size: number) => ({
    name,
    match: ['**'],
    unsafeAllowUnsigned: 'x'.repeat(size),
  });
  const whole = { rules: Array.from({ length: 45 }, (_, at) => ruleOf(`${at}`, 1024)) };
  const rest = 48 * 1024 - JSON.stringify({ ...whole, rules: [...whole.rules, ruleOf('last', 0)] }).length;
  whole.rules.push(ruleOf('last', rest));
  expect(validatePolicy(whole, 'policy.').rules).toHaveLength(46);
  whole.rules[0] = ruleOf('00', 1024);
  expect(() => validatePolicy(whole, 'policy.')).toThrow(
    expect.objectContaining({ code: 'TOO_LARGE', message: 'The policy is larger than 49152 bytes.' }),
  );
  expect(() => validatePolicy({ rules: [{ name: 'a' }] }, 'policy.')).toThrow(
    expect.objectContaining({ code: 'BAD_POLICY', message: expect.stringMatching(/^policy\.rules\.0/) }),
  );
});
