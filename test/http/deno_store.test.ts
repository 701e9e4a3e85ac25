// The trust store on Deno, if it cannot be opened: the answer says what to check, and nothing of the platform's own error.
import { expect, test, vi } from 'vitest';

test('a database that cannot be opened is undecided, and the next request tries again', async () => {
  const openKv = vi.fn(() => Promise.reject(new Error('canary')));
  vi.stubGlobal('Deno', { env: { toObject: () => ({ DENO_KV_PATH: '/nowhere' }) }, openKv });
  const { default: worker } = await import('../../src/worker.ts');
  for (const times of [1, 2]) {
    const answer = await worker.fetch(new Request('https://countersign.example/readyz'));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      retryable: true,
      detail: expect.stringMatching(/^The trust store could not be opened: check DENO_KV_PATH, (?!.*canary)/),
    });
    expect(openKv).toHaveBeenCalledTimes(times);
  }
  vi.unstubAllGlobals();
});
