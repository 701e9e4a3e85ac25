// Many images in one request: side by side within a bound, equal questions once, each with an outcome of its own.
import { CallerError } from '../core/caller_error.ts';
import { mapLimited } from '../core/map_limited.ts';
import { formatReference, fullName } from '../core/reference.ts';
import { Undecided } from '../core/undecided.ts';
import { formatPlatform } from '../registry/platform.ts';
import type { AnyQuestion, ImageQuestion } from './question.ts';
import { failedReport, type Progress, type Report } from './report.ts';
import { type Session, shared } from './session.ts';
import { createTurns } from './turns.ts';
import { verifyEvidence, verifyImage } from './verify.ts';

/** Images begun at once. Workers itself opens six connections at a time and keeps the rest waiting. */
const MAX_IMAGES_AT_ONCE = 32;
/** Of all images together: beyond it none begins. One by itself may have 256. */
const MAX_VERIFICATIONS_TOGETHER = 4096;

/** A caller's mistake about one image leaves the others as they are. */
export type Outcome = Report | CallerError;

/** What there is of the outcomes, at any moment. */
export interface Many {
  questions: (AnyQuestion | CallerError)[];
  outcomes: (Outcome | undefined)[];
  progress: Progress[];
}

export function beginMany(questions: Many['questions']): Many {
  return { questions, outcomes: questions.map(() => undefined), progress: questions.map(() => ({})) };
}

/** Fills in the outcomes. @param done is told of each as it comes */
export async function verifyMany(
  session: Session,
  many: Many,
  done: (index: number) => void = () => undefined,
): Promise<void> {
  if (many.questions.length > 1) session.turns = createTurns(() => session.egress.callsLeft());
  const indexes = many.questions.map((_, index) => index);
  await mapLimited(indexes, MAX_IMAGES_AT_ONCE, async (index) => {
    many.outcomes[index] = await outcomeOf(session, many, index);
    done(index);
  });
}

/** What is not done when time is up is undecided. */
export function endMany({ outcomes, progress }: Many, undecided: Undecided): Outcome[] {
  return outcomes.map((outcome, index) => outcome ?? failedReport(undecided, progress[index] ?? {}));
}

async function outcomeOf(session: Session, { questions, progress }: Many, index: number): Promise<Outcome> {
  const question = questions[index];
  const own = progress[index];
  if (question === undefined || own === undefined) throw new TypeError('no such image');
  if (question instanceof CallerError) return question;
  const { verifications } = session.spent;
  if (verifications > MAX_VERIFICATIONS_TOGETHER) return failedReport(tooMuch(), own);
  try {
    if ('held' in question) return await verifyEvidence(session, question, own);
    const name = `verdict ${identity(question)}`;
    const common = shared(session, `${name} so far`, (): Progress => own);
    progress[index] = common;
    return await shared(session, name, () => verifyImage(session, question, common));
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}

function tooMuch(): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    `Not begun: more than ${MAX_VERIFICATIONS_TOGETHER} signature verifications in one request; send it in another one.`,
    { retryable: false },
  );
}

/** Equal for questions that have one answer. */
function identity(question: ImageQuestion): string {
  const { reference, platform, signatures, trust, annotations, transparency, attestation } = question;
  const whom =
    'publicKeys' in trust
      ? { own: trust.publicKeys.map(({ fingerprint }) => fingerprint), waived: trust.isLogWaived }
      : 'keys' in trust
        ? { keys: trust.keys }
        : { policy: 'draft' in trust.policy ? trust.policy.draft.version : trust.policy };
  return JSON.stringify([
    formatReference(reference),
    platform === undefined ? null : formatPlatform(platform),
    signatures === undefined ? null : fullName(signatures),
    whom,
    annotations,
    transparency,
    attestation,
  ]);
}
