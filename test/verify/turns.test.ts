// Turns: images begin in the order in which they ask, however long each takes. One that asks while another ends does not overtake waiting ones.
// docs/abuse.md: A97.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapLimited } from '../../src/core/map_limited.ts';
import { createTurns } from '../../src/verify/turns.ts';
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
          const end = await turns.take();
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
