// How far an image is looked into: what was found is judged, and more is looked for only where that does not suffice.
import { isMet, type JudgedRequirement } from '../core/verdict.ts';
import type { Meter } from '../core/verification.ts';
import type { FoundEvidence } from '../registry/find_evidence.ts';
import { isWorthAnotherLook } from './evidence_cache.ts';
import { isWhole, type Look, lookAgain, lookDeeper, type Place, wholeOf } from './gather.ts';
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

/** By what was found first; where that does not suffice, by what is there now, and then by what the lists call something else. */
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
  const second = isOld ? await judgeLooks(session, again, judging) : first;
  if (areMet(second)) return second;
  const fresh = await wholeOf(again);
  if (fresh.every(isWhole)) return second;
  return judgeLooks(session, await lookDeeper(session, places, fresh, turn), judging);
}

/** When so much of the time is over, what was found by then may suffice: one place that never answers holds up no good signature. */
const EARLY = [0.5, 0.75, 0.9];

/** By all that the looks come to, or, where some are late, by what suffices without it. */
export async function judgeLooks<J extends Judged>(
  session: Pick<Session, 'timeAt' | 'spent'>,
  looks: Look[],
  { judgeFound, meter }: Judging<J>,
): Promise<J> {
  const whole = wholeOf(looks);
  const isLate = looks.some((look) => look.whole instanceof Promise);
  let known = 0;
  for (const part of isLate ? EARLY : []) {
    if (await Promise.race([whole.then(() => true), session.timeAt(part).then(() => false)])) break;
    const soFar = looks.map((look) => ({ evidence: [...look.soFar], gaps: [], unopened: [] }));
    const count = soFar.reduce((sum, { evidence }) => sum + evidence.length, 0);
    if (count === known) continue;
    known = count;
    // Were it to use up what the image may cost, an early judgement could spoil the one on all there is.
    const own: Meter = { verifications: 0, proofs: 0 };
    const early = await judgeFound(soFar, own);
    const payer = areMet(early) ? meter : session.spent;
    payer.verifications += own.verifications;
    if (areMet(early)) return early;
  }
  return judgeFound(await whole, meter);
}

function areMet({ judged }: Judged): boolean {
  return judged.every(isMet);
}
