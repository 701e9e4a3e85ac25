// What all records share: preconditions (RFC 9110 §13), validity windows and maximum sizes.
import { describe, expect, test } from 'vitest';
import { checkPrecondition } from '../../src/store/preconditions.ts';
import { assertWindow, narrowJson, serialized } from '../../src/store/records.ts';

const codeOf = (work: () => unknown) => {
  try {
    work();
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('a precondition', () => {
  test.each([
    [{}, undefined, 'done'],
    [{}, 'r', 'done'],
    [{ ifNoneMatch: '*' }, undefined, 'done'],
    [{ ifNoneMatch: ' * ' }, undefined, 'done'],
    [{ ifNoneMatch: '*' }, 'r', 'PRECONDITION_FAILED'],
    [{ ifNoneMatch: '"r"' }, undefined, 'BAD_REQUEST'],
    [{ ifMatch: '*' }, 'r', 'done'],
    [{ ifMatch: ' * ' }, 'r', 'done'],
    [{ ifMatch: '*' }, undefined, 'PRECONDITION_FAILED'],
    [{ ifMatch: '"r"' }, 'r', 'done'],
    [{ ifMatch: '"a", "r" ,"b"' }, 'r', 'done'],
    [{ ifMatch: '"a","b"' }, 'r', 'PRECONDITION_FAILED'],
    [{ ifMatch: 'r' }, 'r', 'PRECONDITION_FAILED'],
    [{ ifMatch: 'W/"r"' }, 'r', 'PRECONDITION_FAILED'],
    [{ ifMatch: '"r"' }, undefined, 'PRECONDITION_FAILED'],
    [{ ifMatch: '' }, 'r', 'PRECONDITION_FAILED'],
    [{ ifMatch: '"r"', ifNoneMatch: '*' }, 'r', 'PRECONDITION_FAILED'],
  ])('%j for revision %s: %s', (precondition, revision, outcome) =>
    expect(codeOf(() => checkPrecondition(precondition, revision))).toBe(outcome),
  );

  test('that fails for a weak ETag only because a proxy has made it weak says so', () => {
    const check = (ifMatch: string) => () => checkPrecondition({ ifMatch }, 'r');
    expect(check('W/"r"')).toThrow(/made the ETag weak.*W\//);
    expect(check('W/"a"')).toThrow(/has changed/);
  });
});

describe('a validity window', () => {
  const [early, late] = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z'];
  test.each([
    [{}, 'done'],
    [{ validFrom: late }, 'done'],
    [{ validUntil: early }, 'done'],
    [{ validFrom: early, validUntil: late }, 'done'],
    [{ validFrom: early, validUntil: early }, 'done'],
    [{ validFrom: late, validUntil: early }, 'BAD_REQUEST'],
  ])('%j: %s', (window, outcome) => expect(codeOf(() => assertWindow(window))).toBe(outcome));
});

describe('the JSON of a record', () => {
  test('has only characters of one byte, and is parsed back to the same value', () => {
    const record = { text: 'é \u0100 \u2028 😀 \u0001', nested: ['ß', 1] };
    const json = narrowJson(record);
    expect(json).toMatch(/^[\x00-\xff]*$/);
    expect(json).toContain('\\u0100');
    expect(JSON.parse(json)).toEqual(record);
  });

  test('has a maximum size', () => {
    const room = 63 * 1024 - '{"a":""}'.length;
    expect(serialized({ a: 'x'.repeat(room) }, 'policy').length).toBe(63 * 1024);
    expect(codeOf(() => serialized({ a: 'x'.repeat(room + 1) }, 'policy'))).toBe('TOO_LARGE');
  });
});
