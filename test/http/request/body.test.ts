// What reading a request's body costs, however it arrives.
import { expect, test, vi } from 'vitest';
import type { AppContext } from '../../../src/http/context.ts';
import { readBody } from '../../../src/http/request/body.ts';

test('a body of many chunks is raced against the clock once, not once for each chunk', async () => {
  const races = vi.spyOn(Promise, 'race');
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < 100; at++) controller.enqueue(Uint8Array.of(at));
      controller.close();
    },
  });
  const context = { req: { header: () => undefined, raw: { body } }, get: () => () => 10_000 };
  const read = await readBody(context as unknown as AppContext, 100);
  expect(read).toEqual(Uint8Array.from({ length: 100 }, (_, at) => at));
  expect(races).toHaveBeenCalledTimes(1);
});
