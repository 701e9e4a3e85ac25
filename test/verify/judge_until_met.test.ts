// When evidence is judged while places are slow, and which budget pays for it.
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/core/crypto/digest.ts';
import type { Evidence } from '../../src/core/evidence/evidence.ts';
import type { Meter } from '../../src/core/meter.ts';
import { parseImageReference } from '../../src/core/reference.ts';
import type { JudgedRequirement } from '../../src/core/verdict.ts';
import type { FoundEvidence } from '../../src/registry/find_evidence.ts';
import { parsePlatform } from '../../src/registry/platform.ts';
import type { Remembered } from '../../src/verify/evidence/evidence_cache.ts';
import { gatherEvidence } from '../../src/verify/evidence/gather.ts';
import type { Look as LookAtPlace } from '../../src/verify/evidence/place.ts';
import { judgeLooks, judgeUntilMet } from '../../src/verify/judge_until_met.ts';
import type { Session } from '../../src/verify/session.ts';
import { openTurn } from '../../src/verify/turn.ts';
import { attach } from '../support/artifacts.ts';
import { utf8 } from '../support/bytes.ts';
import { makeImage, makeIndex, payloadFor } from '../support/sign_image.ts';
import { makeVerifier } from '../support/verifier.ts';

const evidence = (name: string) => ({ name }) as unknown as Evidence;
const never = new Promise<never>(() => undefined);
const REFERRER = { digest: `sha256:${'0'.repeat(64)}` as Digest, via: 'referrers' as const };
const remembered = (...names: string[]): Remembered => ({
  evidence: names.map(evidence),
  gaps: [],
  unopened: [],
  since: 0,
  at: 0,
});

type Look = Omit<LookAtPlace, 'place'>;

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
  const forParts: Meter = { verifications: 0, proofs: 0 };
  const result = judgeLooks(session, looks, { judgeFound, meter, forParts });
  return { meter, forParts, session, seen, result };
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

  test('of which one is late and one is cached are judged by the evidence so far, too', async () => {
    const good = remembered('good');
    const looks = [
      { soFar: good.evidence, whole: good },
      { soFar: [], whole: never },
    ];
    expect((await world(looks).result).names).toEqual(['good']);
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

  test('that ask whether it is enough are answered by what all found so far, on one budget beside the image’s', async () => {
    const { promise: whole, resolve: finish } = Promise.withResolvers<ReturnType<typeof remembered>>();
    const looks: Look[] = [
      { soFar: [evidence('a')], whole },
      { soFar: [], whole: Promise.resolve(remembered()) },
    ];
    const { result, seen, meter, forParts, session } = world(looks, { at: () => never });
    const ask = () => Promise.all(looks.map((look) => look.isEnough?.()));
    expect(await ask()).toEqual([false, false]);
    looks[1]?.soFar.push(evidence('good'));
    expect(await ask()).toEqual([true, true]);
    expect(seen, 'what was enough stays enough').toHaveLength(3);
    expect(forParts).toEqual({ verifications: 9, proofs: 6 });
    expect(session.spent.verifications).toBe(9);
    finish({ ...remembered('a', 'good'), unopened: [{ ...REFERRER, isLikely: true }] });
    await result;
    expect(meter, 'where it was stopped because it is enough, the image pays').toEqual({
      verifications: 3,
      proofs: 2,
    });
    expect(forParts.verifications).toBe(9);
  });

  test('that were cut short are judged on the budget for parts, and the image pays if that suffices', async () => {
    for (const [name, isLikely, cost, other] of [
      ['a', true, 0, 3],
      ['good', true, 3, 0],
      ['a', false, 3, 0],
    ] as const) {
      const whole = { ...remembered(name), unopened: [{ ...REFERRER, isLikely }] };
      const { result, meter, forParts, session } = world([{ soFar: [], whole }]);
      await result;
      expect([meter.verifications, session.spent.verifications], `${name} ${isLikely}`).toEqual([
        cost,
        other,
      ]);
      expect(forParts.verifications).toBe(isLikely ? 3 : 0);
    }
  });

  test('that fail reject with their error', async () => {
    const fault = new TypeError('a fault');
    const whole = Promise.reject(fault);
    whole.catch(() => undefined);
    await expect(world([{ soFar: [], whole }], { at: () => never }).result).rejects.toBe(fault);
  });
});

describe('the index and the image of one platform', () => {
  const HOST = 'registry.example';
  const platform = parsePlatform('linux/amd64');

  async function indexed() {
    const verifier = makeVerifier(HOST);
    const { registry, session } = verifier;
    registry.referrers = {};
    const leaf = await makeImage('leaf');
    const index = await makeIndex([{ image: leaf, platform: { os: 'linux', architecture: 'amd64' } }]);
    for (const item of [leaf, index]) registry.push('app', item);
    const sign = async ({ digest }: { digest: string }, label: string) => {
      const payload = payloadFor(digest, { optional: { label } });
      return (await registry.sign('app', digest, [{ payload, signature: 'AAAA' }])).digest;
    };
    /** Looks for the platform, until evidence with this manifest is among what is judged. @returns the manifests, judgement by judgement */
    const judgements = async (good: string, of: { platform?: typeof platform } = { platform }) => {
      const own = session();
      const turn = openTurn(undefined);
      const reference = parseImageReference(`${HOST}/app@${index.digest}`);
      const wanted = { what: 'signatures' as const, predicateTypes: [] };
      const { looks } = await gatherEvidence(own, { reference, ...of }, wanted, {}, turn);
      const seen: (string | undefined)[][] = [];
      const judgeFound = async (found: FoundEvidence[]) => {
        const manifests: (string | undefined)[] = found.flatMap((one) =>
          one.evidence.map(({ source }) => source.manifest),
        );
        seen.push(manifests);
        const judged = [{ requirement: { threshold: 1 }, results: [] }] as unknown as JudgedRequirement[];
        return { judged: manifests.includes(good) ? [] : judged };
      };
      // Nothing is judged early.
      own.timeAt = () => never;
      await judgeUntilMet(own, looks, { judgeFound, meter: { verifications: 0, proofs: 0 } }, turn);
      return seen;
    };
    return { ...verifier, leaf, index, sign, judgements };
  }

  test('are both looked for again if what is cached about one of them is old', async () => {
    const { wait, index, sign, judgements } = await indexed();
    const old = await sign(index, 'old');
    await judgements(old, {});
    wait(4000);
    const pushed = await sign(index, 'new');
    expect(await judgements(pushed)).toEqual([[old], [pushed]]);
  });

  test('are not opened further if looking again suffices', async () => {
    const { registry, wait, index, leaf, sign, judgements } = await indexed();
    const other = await attach(registry, 'app', leaf, utf8('{}'), { artifactType: 'application/json' });
    const old = await sign(index, 'old');
    await judgements(old);
    wait(4000);
    const pushed = await sign(index, 'new');
    expect(await judgements(pushed)).toEqual([[old], [pushed]]);
    expect(registry.log().some((line) => line.includes(other.digest))).toBe(false);
  });

  test('are opened further if the list of one of them describes something as another thing', async () => {
    const { registry, index, leaf, sign, judgements } = await indexed();
    const signature = await sign(index, 'a');
    const other = await attach(registry, 'app', leaf, utf8('{}'), { artifactType: 'application/json' });
    expect(await judgements(other.digest)).toEqual([[signature], [signature, other.digest]]);
  });

  test('are judged once if there is nothing more to open', async () => {
    const { index, sign, judgements } = await indexed();
    const signature = await sign(index, 'a');
    expect(await judgements('another')).toEqual([[signature]]);
  });
});
