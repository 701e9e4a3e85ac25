// Turns: images begin in the order in which they ask, however long each takes. One that asks while another ends does not overtake waiting ones.
// docs/abuse.md: A97.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapLimited } from '../../src/core/map_limited.ts';
import { createTurns, openTurn } from '../../src/verify/turns.ts';
import { runs } from '../support/fuzz.ts';

const CALLS = 40;

test('A97 images begin in the order in which they asked, whatever the order in which they end', async () => {
  const work = fc.record({ calls: fc.integer({ min: 1, max: 6 }), asking: fc.nat(9), judging: fc.nat(3) });
  const works = fc.array(work, { minLength: 8, maxLength: 40 });
  const pass = async (ticks: number) => {
    for (let i = 0; i < ticks; i++) await Promise.resolve();
  };
  await fc.assert(
    fc.asyncProperty(works, async (images) => {
      let left = CALLS;
      const turns = createTurns(() => left);
      const indexes = images.map((_, index) => index);
      const begun: number[] = [];
      const refused: number[] = [];
      await mapLimited(indexes, 4, async (index) => {
        const { calls, asking, judging } = images[index] as (typeof images)[number];
        try {
          const end = await turns.queue().start();
          begun.push(index);
          left -= calls;
          await pass(asking);
          end();
          await pass(judging);
        } catch (error) {
          expect(error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
          refused.push(index);
        }
      });
      expect([...begun, ...refused]).toEqual(indexes);
      expect(left).toBeGreaterThanOrEqual(0);
      if (refused.length > 0) expect(left).toBeLessThan(6);
    }),
    runs(500),
  );
});

describe('an image', () => {
  /** Turns of which each that is taken and ended is counted. */
  function counted() {
    const seen = { taken: 0, ended: 0 };
    const start = async () => {
      seen.taken++;
      return () => void seen.ended++;
    };
    return { seen, turn: openTurn({ queue: () => ({ start, leave: () => undefined }) }) };
  }
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  test('takes one turn, however often it looks, and ends it', async () => {
    const { seen, turn } = counted();
    await turn.begin();
    await turn.begin();
    expect(seen).toEqual({ taken: 1, ended: 0 });
    turn.end();
    await settled();
    expect(seen).toEqual({ taken: 1, ended: 1 });
  });

  test('that looked for nothing, or has the request to itself, has no turn to end', async () => {
    const { seen, turn } = counted();
    turn.end();
    await settled();
    expect(seen).toEqual({ taken: 0, ended: 0 });
    const alone = openTurn(undefined);
    await alone.begin();
    alone.end();
  });

  test('whose turn does not come ends none', async () => {
    const turn = openTurn(createTurns(() => 0));
    await expect(turn.begin()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', retryable: false });
    turn.end();
    await settled();
  });
});

test('an image begins when one that has calls reserved ends', async () => {
  let left = 31;
  const turns = createTurns(() => left);
  const end = await turns.queue().start();
  let isBegun = false;
  const second = turns
    .queue()
    .start()
    .then((done) => {
      isBegun = true;
      return done;
    });
  await new Promise((resolve) => setTimeout(resolve));
  expect(isBegun, '32 would be needed for two at a time').toBe(false);
  left = 6;
  end();
  (await second)();
  left = 32;
  await turns.queue().start();
  await turns.queue().start();
  expect(isBegun).toBe(true);
});

describe('an image that has queued up', () => {
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  async function three() {
    const turns = createTurns(() => 100);
    const [first, second, third] = [openTurn(turns), openTurn(turns), openTurn(turns)];
    const begun: string[] = [];
    third.begin().then(() => begun.push('third'));
    await settled();
    expect(begun).toEqual([]);
    return { first, second, begun };
  }

  test('keeps its place until it begins, is ended, or lets the others pass', async () => {
    for (const leave of ['begin', 'end', 'letPass'] as const) {
      const { first, second, begun } = await three();
      second[leave]();
      await settled();
      expect(begun, `${leave}: the first is still in front`).toEqual([]);
      first[leave]();
      await settled();
      expect(begun).toEqual(['third']);
    }
  });

  test('and has let the others pass begins behind them', async () => {
    const { first, second, begun } = await three();
    first.letPass();
    first.begin().then(() => begun.push('first'));
    second.begin().then(() => begun.push('second'));
    await settled();
    expect(begun).toEqual(['second', 'third', 'first']);
    first.letPass();
  });
});
