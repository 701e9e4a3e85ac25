// Retries: which failed calls are made again, and when.
import { describe, expect, test, vi } from 'vitest';
import { failing, fakeWorld, ok, undecided } from './fake_world.ts';

describe('a GET request', () => {
  test.each([408, 500, 502, 503, 504])('answered with %s is retried once', async (status) => {
    const { send, sent } = fakeWorld({ answers: [failing(status), ok()] });
    expect((await send()).status).toBe(200);
    expect(sent).toHaveLength(2);
  });

  test.each([200, 401, 404, 429, 501])('answered with %s is not retried', async (status) => {
    const { send, sent } = fakeWorld({ answers: [failing(status), ok()] });
    expect((await send()).status).toBe(status);
    expect(sent).toHaveLength(1);
  });

  test('is made at most twice', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503), failing(503), ok()] });
    expect((await send()).status).toBe(503);
    expect(sent).toHaveLength(2);
    const broken = fakeWorld({ answers: [new Error('reset'), new Error('reset'), ok()] });
    await expect(broken.send()).rejects.toMatchObject(
      undecided('REGISTRY_UNAVAILABLE', /the connection failed/),
    );
    expect(broken.sent).toHaveLength(2);
  });

  test('whose connection failed is retried once, after a pause', async () => {
    vi.useFakeTimers();
    try {
      const { send, sent } = fakeWorld({ answers: [new Error('reset'), ok()] });
      const answer = send();
      await vi.advanceTimersByTimeAsync(149);
      expect(sent).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect((await answer).status).toBe(200);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not retried if the upstream sends Retry-After', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503, { 'retry-after': '9' }), ok()] });
    expect((await send()).status).toBe(503);
    expect(sent).toHaveLength(1);
  });

  test('is not retried if it is a POST', async () => {
    const { send, sent } = fakeWorld({ answers: [failing(503), ok()] });
    expect((await send({ method: 'POST' })).status).toBe(503);
    expect(sent).toHaveLength(1);
    const broken = fakeWorld({ answers: [new Error('reset'), ok()] });
    await expect(broken.send({ method: 'POST' })).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(broken.sent).toHaveLength(1);
  });

  test('is not retried after the deadline, before or during the pause', async () => {
    const late = fakeWorld({ answers: [new Error('reset'), ok()] });
    late.deadline.abort();
    await expect(late.send()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(late.sent).toHaveLength(1);
    const pausing = fakeWorld({ answers: [failing(503), ok()] });
    setTimeout(() => pausing.deadline.abort(), 20);
    await expect(pausing.send()).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' });
    expect(pausing.sent).toHaveLength(1);
  });
});
