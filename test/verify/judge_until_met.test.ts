// When evidence is judged while places are slow, and which budget pays for it.
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import type { JudgedRequirement } from '../../src/core/verdict.ts';
import type { Meter } from '../../src/core/verification.ts';
import type { FoundEvidence } from '../../src/registry/find_evidence.ts';
import { judgeLooks } from '../../src/verify/judge_until_met.ts';
import type { Look } from '../../src/verify/place.ts';
import type { Session } from '../../src/verify/session.ts';

const evidence = (name: string) => ({ name }) as unknown as Evidence;
const never = new Promise<never>(() => undefined);
const remembered = (...names: string[]) => ({
  evidence: names.map(evidence),
  gaps: [],
  unopened: [],
  since: 0,
  at: 0,
});

/** Judges the looks; evidence with the name `good` suffices, and each judgement costs three verifications and two proofs. */
function world(looks: Look[], { at = () => Promise.resolve() }: { at?: Session['timeAt'] } = {}) {
  const meter: Meter = { verifications: 0, proofs: 0 };
  const session = { timeAt: at, spent: { verifications: 0 } };
  const seen: string[][] = [];
  const judgeFound = async (found: FoundEvidence[], spent: Meter) => {
    const names = found.flatMap((one) =>
      one.evidence.map((item) => (item as unknown as { name: string }).name),
    );
    seen.push(names);
    spent.verifications += 3;
    spent.proofs += 2;
    const threshold = names.includes('good') ? 0 : 1;
    return {
      names,
      judged: threshold === 0 ? [] : [{ requirement: { threshold }, results: [] }],
    } as unknown as {
      names: string[];
      judged: JudgedRequirement[];
    };
  };
  return { meter, session, seen, result: judgeLooks(session, looks, { judgeFound, meter }) };
}

describe('looks', () => {
  test('that are cached are judged at once, without waiting', async () => {
    const asked: number[] = [];
    const at = async (part: number) => void asked.push(part);
    const looks = [{ soFar: [], whole: remembered('a') }];
    const { result, seen, meter } = world(looks, { at });
    await result;
    expect(seen).toEqual([['a']]);
    expect(asked).toEqual([]);
    expect(meter).toEqual({ verifications: 3, proofs: 2 });
  });

  test('that finish in time are judged by all their evidence', async () => {
    const looks = [{ soFar: [evidence('good')], whole: Promise.resolve(remembered('good', 'b')) }];
    const { result, seen } = world(looks, { at: () => never });
    expect((await result).names).toEqual(['good', 'b']);
    expect(seen).toHaveLength(1);
  });

  test('that are late are judged by the evidence so far if it suffices, and the image’s budget pays', async () => {
    const looks = [
      { soFar: [evidence('a')], whole: never },
      { soFar: [evidence('good')], whole: never },
    ];
    const { result, meter, session } = world(looks);
    expect((await result).names).toEqual(['a', 'good']);
    expect(meter).toEqual({ verifications: 3, proofs: 0 });
    expect(session.spent.verifications).toBe(0);
  });

  test('are judged early again only if new evidence has arrived, and the image’s budget does not pay for that', async () => {
    const soFar: Evidence[] = [];
    let finish: (whole: ReturnType<typeof remembered>) => void = () => undefined;
    const whole = new Promise<ReturnType<typeof remembered>>((resolve) => {
      finish = resolve;
    });
    const at = async (part: number) => {
      if (part === 0.75) soFar.push(evidence('a'));
      if (part === 0.9) setTimeout(() => finish(remembered('a', 'good')));
    };
    const { result, seen, meter, session } = world([{ soFar, whole }], { at });
    expect((await result).names).toEqual(['a', 'good']);
    expect(seen).toEqual([['a'], ['a', 'good']]);
    expect(meter).toEqual({ verifications: 3, proofs: 2 });
    expect(session.spent.verifications).toBe(3);
  });

  test('that fail reject with their error', async () => {
    const fault = new TypeError('a fault');
    const whole = Promise.reject(fault);
    whole.catch(() => undefined);
    await expect(world([{ soFar: [], whole }], { at: () => never }).result).rejects.toBe(fault);
  });
});
