// Decides how far to look: judges what was found, and looks further only if that does not suffice.
import { isMet, type JudgedRequirement } from '../core/verdict.ts';
import type { Meter } from '../core/verification.ts';
import type { FoundEvidence } from '../registry/find_evidence.ts';
import { isWorthAnotherLook } from './evidence_cache.ts';
import { isWhole, lookAgain, lookDeeper, wholeOf } from './gather.ts';
import type { Look, Place } from './place.ts';
import type { Session } from './session.ts';
import type { Turn } from './turns.ts';

interface Judging<J> {
  judgeFound(found: FoundEvidence[], meter: Meter): Promise<J>;
  /** The image's own. */
  meter: Meter;
}

interface Judged {
  judged: JudgedRequirement[];
}

/** Judges what was found first; if that does not suffice, what is there now; and then, step by step, what was left unopened. */
export async function judgeUntilMet<J extends Judged>(
  session: Session,
  places: Place[],
  looks: Look[],
  judging: Judging<J>,
  turn: Turn,
): Promise<J> {
  const first = await judgeLooks(session, looks, judging);
  if (areMet(first)) return first;
  const found = await wholeOf(looks);
  const now = session.verifier.ports.now();
  const isOld = found.some((item) => isWorthAnotherLook(item, now));
  const again = isOld ? await lookAgain(session, places, found, turn) : looks;
  let latest = isOld ? await judgeLooks(session, again, judging) : first;
  let reached = again;
  while (!areMet(latest)) {
    const whole = await wholeOf(reached);
    if (whole.every(isWhole)) break;
    reached = await lookDeeper(session, places, whole, turn);
    latest = await judgeLooks(session, reached, judging);
  }
  return latest;
}

/** Fractions of the time after which what was found so far may suffice: a place that never answers must not hold up a good signature. */
const EARLY = [0.5, 0.75, 0.9];

/** Judges everything that the looks find or, if some are late, the part that suffices without the rest. */
export async function judgeLooks<J extends Judged>(
  session: Pick<Session, 'timeAt' | 'spent'>,
  looks: Look[],
  { judgeFound, meter }: Judging<J>,
): Promise<J> {
  const whole = wholeOf(looks);
  const isLate = looks.some((look) => look.whole instanceof Promise);
  const judgePart = async (): Promise<J | undefined> => {
    const soFar = looks.map((look) => ({ evidence: [...look.soFar], gaps: [], unopened: [] }));
    // On the image's own meter, an early judgement could use up what the judgement of everything needs.
    const own: Meter = { verifications: 0, proofs: 0 };
    const early = await judgeFound(soFar, own);
    const payer = areMet(early) ? meter : session.spent;
    payer.verifications += own.verifications;
    return areMet(early) ? early : undefined;
  };
  // An error here is one of judging, and shows when everything is judged.
  for (const look of looks)
    look.isEnough = () =>
      judgePart().then(
        (early) => early !== undefined,
        () => false,
      );
  let known = 0;
  for (const part of isLate ? EARLY : []) {
    if (await Promise.race([whole.then(() => true), session.timeAt(part).then(() => false)])) break;
    const count = looks.reduce((sum, { soFar }) => sum + soFar.length, 0);
    if (count === known) continue;
    known = count;
    const early = await judgePart();
    if (early !== undefined) return early;
  }
  return judgeFound(await whole, meter);
}

function areMet({ judged }: Judged): boolean {
  return judged.every(isMet);
}
