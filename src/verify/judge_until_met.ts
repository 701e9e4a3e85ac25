// Decides how far to look: judges what was found, and looks further only if that does not suffice.

import type { Meter } from '../core/meter.ts';
import { isMet, type JudgedRequirement } from '../core/verdict.ts';
import type { FoundEvidence } from '../registry/find_evidence.ts';
import { isWorthAnotherLook } from './evidence/evidence_cache.ts';
import { isCutShort, isWhole, lookAgain, lookDeeper, wholeOf } from './evidence/look.ts';
import type { Look } from './evidence/place.ts';
import type { Session } from './session.ts';
import type { Turn } from './turn.ts';

interface Judging<J> {
  judgeFound(found: FoundEvidence[], meter: Meter): Promise<J>;
  /** The image's own. */
  meter: Meter;
  /**
   * For everything that is judged while likely evidence is left unopened. One for all of that: junk must neither use up what the judgement
   * of everything needs, nor multiply what an image may cost.
   */
  forParts: Meter;
}

interface Judged {
  judged: JudgedRequirement[];
}

/** Judges what was found first; if that does not suffice, what is there now; and then, step by step, what was left unopened. */
export async function judgeUntilMet<J extends Judged>(
  session: Session,
  looks: Look[],
  own: Omit<Judging<J>, 'forParts'>,
  turn: Turn,
): Promise<J> {
  const judging = { ...own, forParts: newMeter() };
  const first = await judgeLooks(session, looks, judging);
  if (areMet(first)) return first;
  const found = await wholeOf(looks);
  const now = session.verifier.ports.now();
  const isOld = found.some((item) => isWorthAnotherLook(item, now));
  let reached = isOld ? await lookAgain(session, looks, turn) : looks;
  let latest = isOld ? await judgeLooks(session, reached, judging) : first;
  while (!areMet(latest)) {
    if ((await wholeOf(reached)).every(isWhole)) break;
    reached = await lookDeeper(session, reached, turn);
    latest = await judgeLooks(session, reached, judging);
  }
  return latest;
}

/** Fractions of the time after which what was found so far may suffice: a place that never answers must not hold up a good signature. */
const EARLY = [0.5, 0.75, 0.9];

/** Judges everything that the looks find or, if some are late, the part that suffices without the rest. */
export async function judgeLooks<J extends Judged>(
  session: Pick<Session, 'timeAt' | 'spent'>,
  looks: Omit<Look, 'place'>[],
  { judgeFound, meter, forParts }: Judging<J>,
): Promise<J> {
  const whole = wholeOf(looks);
  const isLate = looks.some((look) => look.whole instanceof Promise);
  const soFar = () => looks.map((look) => ({ evidence: [...look.soFar], gaps: [], unopened: [] }));
  /** The image pays for what decides, the request for the rest. */
  const judgePart = async (found: FoundEvidence[], own: Meter, decides: (part: J) => boolean): Promise<J> => {
    const before = own.verifications;
    const part = await judgeFound(found, own);
    const payer = decides(part) ? meter : session.spent;
    payer.verifications += own.verifications - before;
    return part;
  };
  let enough = Promise.resolve(false);
  // An error here is one of judging, and shows when everything is judged.
  const ask = () => judgePart(soFar(), forParts, () => false).then(areMet, () => false);
  for (const look of looks)
    look.isEnough = () => {
      enough = enough.then((isMet) => isMet || ask());
      return enough;
    };
  let known = 0;
  for (const part of isLate ? EARLY : []) {
    if (await Promise.race([whole.then(() => true), session.timeAt(part).then(() => false)])) break;
    const count = looks.reduce((sum, { soFar }) => sum + soFar.length, 0);
    if (count === known) continue;
    known = count;
    // On the image's own meter, an early judgement could use up what the judgement of everything needs.
    const early = await judgePart(soFar(), newMeter(), areMet);
    if (areMet(early)) return early;
  }
  const found = await whole;
  const isPart = found.some(isCutShort) && !(await enough);
  return isPart ? judgePart(found, forParts, areMet) : judgeFound(found, meter);
}

function newMeter(): Meter {
  return { verifications: 0, proofs: 0 };
}

function areMet({ judged }: Judged): boolean {
  return judged.every(isMet);
}
