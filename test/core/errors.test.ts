// Messages of errors may quote what others wrote, and are shortened.
import { expect, test } from 'vitest';
import { parseJson } from '../../src/core/encoding/json.ts';
import { attempt, Malformed } from '../../src/core/encoding/malformed.ts';
import { CallerError } from '../../src/core/errors/caller_error.ts';
import { Undecided } from '../../src/core/errors/undecided.ts';

const LONG = 'ä'.repeat(100_000);

test('a problem with a long text quotes only its beginning', () => {
  const error = attempt(() => parseJson(`{"${LONG}":1,"${LONG}":2}`, 'manifest'));
  if (!(error instanceof Malformed)) throw new Error('accepted');
  expect(error.message).toMatch(/^manifest: duplicate field "ä{4000,}…$/);
  expect([error.message.length, error.problem.length]).toEqual([4097, 4097]);
});

test.each([new CallerError('BAD_REQUEST', LONG), new Undecided('REGISTRY_MALFORMED', LONG)])(
  'a message is shortened: $name',
  ({ message }) => expect(message).toBe(`${LONG.slice(0, 4096)}…`),
);

test('a message is not cut within a character', () => {
  expect(new Malformed('x', '😀'.repeat(3000)).message.isWellFormed()).toBe(true);
});
