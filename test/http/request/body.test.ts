// What reading a request's body costs, whatever is in it and however it arrives.
import { expect, test, vi } from 'vitest';
import type { AppContext } from '../../../src/http/context.ts';
import { readItems } from '../../../src/http/request/batch_items.ts';
import { readBody, validate } from '../../../src/http/request/body.ts';
import { heldEvidenceIn } from '../../../src/http/request/held_evidence.ts';
import { verifyBodySchema } from '../../../src/http/request/schemas.ts';
import { utf8 } from '../../support/bytes.ts';
import { makeKey } from '../../support/keys.ts';

function contextOf(body: ReadableStream | null, type?: string): AppContext {
  const header = (name: string) => (name === 'Content-Type' ? type : undefined);
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
