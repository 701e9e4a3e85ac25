// Queries: which names and repetitions are refused, and what is said of them.
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { CallerError } from '../../../src/core/errors/caller_error.ts';
import { query } from '../../../src/http/request/query.ts';

const schema = z.strictObject({
  one: z.string().min(2).optional(),
  word: z.enum(['x', 'y']).optional(),
  many: z.union([z.string().transform((value) => [value]), z.array(z.string()).max(2)]).optional(),
});
const app = new Hono();
app.get('/', query(schema), (context) => context.json(context.req.valid('query')));
app.onError((error, context) => {
  if (error instanceof CallerError) return context.text(`${error.code} ${error.message}`, 400);
  throw error;
});

test.each([
  ['one=ab&word=x&many=1&many=2', { one: 'ab', word: 'x', many: ['1', '2'] }],
  ['many=1', { many: ['1'] }],
  ['', {}],
])('?%s is %o', async (text, expected) => {
  expect(await (await app.request(`/?${text}`)).json()).toEqual(expected);
});

test.each([
  ['__proto__=1', 'The name __proto__ is not accepted.'],
  ['one=ab&__proto__=1', 'The name __proto__ is not accepted.'],
  ['=1', 'A query parameter has no name.'],
  ['two=1', 'Unknown name "two".'],
  ['one=ab&one=cd', 'one: may be given only once.'],
  ['word=x&word=y', 'word: may be given only once.'],
  ['word=z', 'word: expected one of "x"|"y".'],
  ['one=a', 'one: expected string to have at least 2 characters.'],
  ['many=1&many=2&many=3', 'many: expected array to have at most 2 items.'],
])('?%s: %s', async (text, message) => {
  const answer = await app.request(`/?${text}`);
  expect([answer.status, await answer.text()]).toEqual([400, `BAD_REQUEST ${message}`]);
});
