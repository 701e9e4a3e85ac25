// Turns: images begin in the order in which they ask, however long each takes. One that asks while another ends does not overtake waiting ones.
// docs/abuse.md: A97.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapLimited } from '../../src/registry/map_limited.ts';
import { createCallQueue } from '../../src/verify/call_queue.ts';
import { FOR_LOG, openTurn } from '../../src/verify/turn.ts';
import { runs } from '../support/fuzz.ts';

const CALLS = 40;
/** What an image reserves unless it says otherwise. */
const RESERVED = 16;
/** In these tests, no part of the time passes. */
const never = () => new Promise<void>(() => undefined);
const settled = () => new Promise((resolve) => setTimeout(resolve));

test('A97 images begin in the order in which they asked, whatever the order in which they end', async () => {
  const work = fc.record({ calls: fc.integer({ min: 1, max: 6 }), asking: fc.nat(9), judging: fc.nat(3) });
  const works = fc.array(work, { minLength: 8, maxLength: 40 });
  const pass = async (ticks: number) => {
    for (let i = 0; i < ticks; i++) await Promise.resolve();
  };
  await fc.assert(
    fc.asyncProperty(works, async (images) => {
      let left = CALLS;
      const turns = createCallQueue(() => left, never);
      const indexes = images.map((_, index) => index);
      const begun: number[] = [];
      const refused: number[] = [];
      await mapLimited(indexes, 4, async (index) => {
        const { calls, asking, judging } = images[index] as (typeof images)[number];
        try {
          const turn = openTurn(turns);
          await turn.begin();
          begun.push(index);
          left -= calls;
          await pass(asking);
          turn.end();
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
  test('takes one turn, however often it looks, and ends it', async () => {
    const queue = createCallQueue(() => 2 * RESERVED - 1, never);
    const [turn, next] = [openTurn(queue), openTurn(queue)];
    await turn.begin();
    await turn.begin();
    let isBegun = false;
    const begun = next.begin().then(() => {
      isBegun = true;
    });
    await settled();
    expect(isBegun).toBe(false);
    turn.end();
    await begun;
  });

  test('that has the request to itself takes no turn', async () => {
    const alone = openTurn(undefined);
    await alone.begin();
    alone.end();
    expect(alone.place).toBeUndefined();
  });

  test('whose turn does not come ends none', async () => {
    const turn = openTurn(createCallQueue(() => 0, never));
    await expect(turn.begin()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', retryable: false });
    turn.end();
    await settled();
  });
});

test('an image begins when one that has calls reserved ends', async () => {
  let left = 31;
  const turns = createCallQueue(() => left, never);
  const [first, second] = [openTurn(turns), openTurn(turns)];
  await first.begin();
  let isBegun = false;
  const begun = second.begin().then(() => {
    isBegun = true;
  });
  await settled();
  expect(isBegun, '32 would be needed for two at a time').toBe(false);
  left = 6;
  first.end();
  await begun;
  second.end();
  left = 32;
  await openTurn(turns).begin();
  await openTurn(turns).begin();
});

describe('an image that has queued up', () => {
  async function three() {
    const turns = createCallQueue(() => 100, never);
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

describe('an image that looks for the same as another', () => {
  const late = (queue: ReturnType<typeof createCallQueue>) => {
    const begun: string[] = [];
    const [front, middle, back] = [openTurn(queue), openTurn(queue), openTurn(queue)];
    return { front, middle, back, begun };
  };

  test('gives it the place in front', async () => {
    let left = 0;
    const { front, middle, back, begun } = late(createCallQueue(() => left, never));
    const began = [
      back.begin().then(() => begun.push('back')),
      middle.begin().then(
        () => begun.push('middle'),
        () => begun.push('middle is not begun'),
      ),
    ];
    left = 6;
    front.letPass(back);
    await settled();
    expect(begun).toEqual(['back']);
    left = 0;
    back.end();
    await Promise.all(began);
    expect(begun).toEqual(['back', 'middle is not begun']);
  });

  test('leaves it the place that it has if that is in front, or if it has begun or ended', async () => {
    const { front, middle, back, begun } = late(createCallQueue(() => 100, never));
    middle.begin().then(() => begun.push('middle'));
    back.letPass(middle);
    await settled();
    expect(begun).toEqual([]);
    front.letPass(back);
    await settled();
    expect(begun).toEqual(['middle']);
    openTurn(undefined).letPass(middle);
    middle.letPass(front);
    middle.end();
    front.letPass(middle);
    await back.begin();
  });

  test('does not take its place to the back', async () => {
    const queue = createCallQueue(() => 100, never);
    const { front, middle, back, begun } = late(queue);
    const last = openTurn(queue);
    back.begin().then(() => begun.push('back'));
    middle.begin().then(() => begun.push('middle'));
    last.letPass(middle);
    front.letPass();
    await settled();
    expect(begun).toEqual(['middle', 'back']);
  });
});

describe('an image that only asks the log', () => {
  test('reserves fewer calls, so that several begin', async () => {
    let left = 2 * FOR_LOG;
    const turns = createCallQueue(() => left, never);
    const [first, second, third] = [openTurn(turns), openTurn(turns), openTurn(turns)];
    await first.begin(FOR_LOG);
    await second.begin(FOR_LOG);
    let isBegun = false;
    third.begin(FOR_LOG).then(() => {
      isBegun = true;
    });
    await settled();
    expect(isBegun).toBe(false);
    left = FOR_LOG - 1;
    first.end();
    await settled();
    expect(isBegun).toBe(false);
    left = FOR_LOG;
    second.end();
    await settled();
    expect(isBegun).toBe(true);
  });

  test('returns to its place if it has let others pass, but not to look for more', async () => {
    let left = 20;
    const turns = createCallQueue(() => left, never);
    const [asks, looks, middle, back] = [openTurn(turns), openTurn(turns), openTurn(turns), openTurn(turns)];
    const begun: string[] = [];
    const begin = (turn: typeof asks, name: string, calls?: number) =>
      turn.begin(calls).then(
        () => begun.push(name),
        () => begun.push(`${name} is not begun`),
      );
    const began = [begin(back, 'back')];
    asks.letPass(back);
    looks.letPass();
    began.push(begin(looks, 'looks'), begin(asks, 'asks', FOR_LOG));
    began.push(begin(middle, 'middle'));
    await settled();
    expect(begun).toEqual(['back', 'asks']);
    left = 0;
    back.end();
    asks.end();
    await Promise.all(began);
    expect(begun).toEqual(['back', 'asks', 'middle is not begun', 'looks is not begun']);
  });

  test('and then needs more queues up again', async () => {
    const left = 20;
    const turns = createCallQueue(() => left, never);
    const [first, second] = [openTurn(turns), openTurn(turns)];
    const begun: string[] = [];
    await first.begin(FOR_LOG);
    await first.begin(FOR_LOG);
    second.begin().then(() => begun.push('second'));
    await settled();
    expect(begun).toEqual(['second']);
    first.begin().then(() => begun.push('first'));
    await settled();
    expect(begun).toEqual(['second']);
    second.end();
    await settled();
    expect(begun).toEqual(['second', 'first']);
    await first.begin(FOR_LOG);
    first.end();
  });

  test('and then needs more gives back what was reserved for the log', async () => {
    const turns = createCallQueue(() => 2 * RESERVED + 1, never);
    const first = openTurn(turns);
    await first.begin(FOR_LOG);
    await first.begin();
    const second = openTurn(turns);
    await second.begin();
    first.end();
    second.end();
    const alone = openTurn(createCallQueue(() => RESERVED, never));
    await alone.begin(FOR_LOG);
    await alone.begin();
  });
});

test('once half of the time is over, those behind images that have not ended begin, as many as there are calls for, and again later', async () => {
  const passed = new Map<number, () => void>();
  const timeAt = (part: number) => new Promise<void>((resolve) => void passed.set(part, resolve));
  const turns = createCallQueue(() => 12, timeAt);
  const begun: number[] = [];
  for (const at of [0, 1, 2, 3, 4, 5])
    openTurn(turns)
      .begin()
      .then(() => begun.push(at));
  await settled();
  expect(begun).toEqual([0]);
  passed.get(0.5)?.();
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  passed.get(0.75)?.();
  await settled();
  expect(begun).toEqual([0, 1, 2, 3, 4]);
});

test('once half of the time is over, those that wait begin before those that do not ask yet', async () => {
  const passed = new Map<number, () => void>();
  const timeAt = (part: number) => new Promise<void>((resolve) => void passed.set(part, resolve));
  const turns = createCallQueue(() => 100, timeAt);
  const [stuck, second, third] = [openTurn(turns), openTurn(turns), openTurn(turns)];
  const begun: string[] = [];
  third.begin().then(() => begun.push('third'));
  second.begin().then(() => begun.push('second'));
  await settled();
  expect(begun).toEqual([]);
  passed.get(0.5)?.();
  await settled();
  expect(begun.toSorted()).toEqual(['second', 'third']);
  await stuck.begin();
});
