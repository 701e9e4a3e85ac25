// What reading a request's body costs, whatever is in it and however it arrives, and what is said of one that is wrong.
import { expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import type { AppContext } from '../../../src/http/context.ts';
import { readItems } from '../../../src/http/request/batch_items.ts';
import { badRequest, parseJsonBody, readBody, readJson, validate } from '../../../src/http/request/body.ts';
import { heldEvidenceIn } from '../../../src/http/request/held_evidence.ts';
import { verifyBodySchema } from '../../../src/http/request/schemas.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';

function contextOf(body: ReadableStream | null, type?: string, length?: number): AppContext {
  const headers = new Map([
    ['Content-Type', type],
    ['Content-Length', length?.toString()],
  ]);
  const header = (name: string) => headers.get(name);
  return { req: { header, raw: { body } }, get: () => () => 10_000 } as unknown as AppContext;
}

test('a body of many chunks is raced against the clock once, not once for each chunk', async () => {
  const races = vi.spyOn(Promise, 'race');
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < 100; at++) controller.enqueue(Uint8Array.of(at));
      controller.close();
    },
  });
  const read = await readBody(contextOf(body), 100);
  expect(read).toEqual(Uint8Array.from({ length: 100 }, (_, at) => at));
  expect(races).toHaveBeenCalledTimes(1);
});

test('a body that states a length beyond the limit is not begun, whatever it has', async () => {
  const { body } = new Response('12345');
  await expect(readBody(contextOf(body, undefined, 6), 5)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(body?.locked).toBe(false);
  expect(await readBody(contextOf(body, undefined, 5), 5)).toEqual(utf8('12345'));
});

test('a request without a body has an empty one', async () => {
  expect(await readBody(contextOf(null), 5)).toEqual(new Uint8Array());
});

test('what is left of a body that is too long is not read, and no timer stays', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const cancel = vi.fn();
  const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(utf8('123'));
  const endless = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  await expect(readBody(contextOf(endless), 5)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(cancel).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('a body that breaks off is the mistake of whoever sent it', async () => {
  const broken = new ReadableStream({
    pull(controller) {
      controller.error(new TypeError('the connection is gone'));
    },
  });
  await expect(readBody(contextOf(broken), 5)).rejects.toMatchObject({
    code: 'BAD_REQUEST',
    message: 'The request body ended early.',
  });
});

test('a key that many items of a batch bring is parsed once', async () => {
  const [first, second] = [await makeKey('ed25519'), await makeKey('P-256')];
  const items = Array.from({ length: 50 }, () => ({ image: 'busybox', publicKeys: [first.pem, second.pem] }));
  const { body } = new Response(JSON.stringify({ items }));
  const read = await readItems(contextOf(body, 'application/json'), {});
  const keys = read.flatMap(({ question }) =>
    'trust' in question && 'publicKeys' in question.trust ? question.trust.publicKeys : [],
  );
  expect(keys).toHaveLength(100);
  expect([...new Set(keys)].map(({ fingerprint }) => fingerprint)).toEqual([
    first.fingerprint,
    second.fingerprint,
  ]);
});

test('annotations are counted before they are examined', () => {
  const annotations = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`name${at}`, at]));
  expect(() => validate(verifyBodySchema, { image: 'busybox', annotations })).toThrow(
    'annotations: at most 64.',
  );
});

test.each(['payload', 'base64Signature'])(
  'what stands beside %s is measured before it is examined',
  (field) => {
    const withBeside = (length: number) =>
      utf8(JSON.stringify({ [field]: 'AAAA'.repeat(300_000), signature: '', unknown: 'x'.repeat(length) }));
    expect(() => heldEvidenceIn(withBeside(1000), 'body')).toThrow('Unknown name');
    expect(() => heldEvidenceIn(withBeside(1024 * 1024), 'body')).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  },
);

test('a body is JSON by its Content-Type, in any letter case and with parameters', async () => {
  const schema = z.strictObject({ a: z.number() });
  const read = (type?: string) => readJson(contextOf(new Response('{"a":1}').body, type), schema, 100);
  for (const type of [
    'application/json',
    'Application/JSON ; charset=utf-8',
    'application/vnd.dev.sigstore.bundle.v0.3+json',
  ])
    expect(await read(type), type).toEqual({ a: 1 });
  for (const type of [undefined, '', 'text/plain', 'application/jsonp', 'application/x-www-form-urlencoded'])
    await expect(read(type)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });
});

test.each<[string, z.ZodType, string, string]>([
  ['a value that is missing', z.object({ a: z.object({ b: z.string() }) }), '{"a":{}}', 'a.b: is missing.'],
  ['the whole', z.object({}), '[]', 'Expected object, received array.'],
  ['unknown names', z.strictObject({}), '{"a":1,"b":2}', 'Unknown name "a", "b".'],
  ['unknown names inside', z.object({ a: z.strictObject({}) }), '{"a":{"b":2}}', 'a: unknown name "b".'],
  [
    'many unknown names',
    z.strictObject({}),
    `{"${'a'.repeat(300)}":1}`,
    `Unknown name "${'a'.repeat(199)}….`,
  ],
  ['a name', z.record(z.string().regex(/^a/, 'expected an a'), z.number()), '{"b":1}', 'b: expected an a.'],
  [
    'the alternative that it is like',
    z.union([z.string(), z.strictObject({ a: z.number() })]),
    '{"a":"x"}',
    'a: expected number, received string.',
  ],
  [
    'what the union says',
    z.union([z.string(), z.number()], { error: 'expected a or 1' }),
    '[]',
    'Expected a or 1.',
  ],
  [
    'too many items',
    z.object({ a: z.array(z.number()).max(1) }),
    '{"a":[1,2]}',
    'a: expected array to have at most 1 items.',
  ],
  [
    'more items than are looked at one by one, wherever they are',
    z.looseObject({}),
    `{"a":[{"b":[${'0,'.repeat(10_000)}0]}]}`,
    'a.0.b: expected at most 10000 items in a list.',
  ],
  [
    'more names than are copied',
    z.looseObject({}),
    JSON.stringify({ a: Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`a${at}`, at])) }),
    'a: expected at most 10000 names in an object.',
  ],
  [
    'more names than are copied, of the body itself',
    z.looseObject({}),
    JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, at) => [`a${at}`, at]))),
    'The body: expected at most 10000 names in an object.',
  ],
  ['as many items', z.strictObject({}), `{"a":[${'0,'.repeat(9_999)}0]}`, 'Unknown name "a".'],
  [
    'too few characters',
    z.object({ a: z.string().min(2) }),
    '{"a":"x"}',
    'a: expected string to have at least 2 characters.',
  ],
  ['a word', z.object({ a: z.enum(['x', 'y']) }), '{"a":"z"}', 'a: expected one of "x"|"y".'],
  [
    'a name that no object may have',
    z.object({}),
    '{"a":[{"__proto__":1}]}',
    'The name __proto__ is not accepted.',
  ],
])('what is wrong with a value is said: %s', (_, schema, text, message) => {
  expect(() => validate(schema, parseJsonBody(utf8(text)))).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST', message }),
  );
});

test('an error of a validator that names nothing is an error too', () => {
  expect(badRequest({ issues: [] })).toMatchObject({ code: 'BAD_REQUEST', message: 'Not valid.' });
});

test('text that is no JSON is said to be none, and where', () => {
  expect(() => parseJsonBody(utf8('{"a":}'))).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST', message: 'Body: not a JSON value (offset 5).' }),
  );
});
