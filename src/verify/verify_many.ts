// Verifies many images in one request: concurrently up to a limit, equal questions once, each image with its own outcome.

import { CallerError } from '../core/errors/caller_error.ts';
import { Undecided } from '../core/errors/undecided.ts';
import { rawBytes } from '../core/evidence/evidence.ts';
import { formatReference, fullName } from '../core/reference.ts';
import type { SignatureResult } from '../core/verify_signature.ts';
import { formatPlatform } from '../registry/platform.ts';
import { createCallQueue, LATE } from './call_queue.ts';
import type { AnyQuestion, ImageQuestion } from './question.ts';
import { failedReport, type Progress, type Report } from './report.ts';
import { type Session, shared } from './session.ts';
import { verifyEvidence, verifyImage } from './verify.ts';

/** Images in progress at once, while they are not late. Workers itself opens six connections at a time and queues the rest. */
const MAX_IMAGES_AT_ONCE = 32;
/** Signature verifications by finished images; beyond this no further image starts. A single image may take 256. */
const MAX_VERIFICATIONS_TOGETHER = 4096;
/** Signatures in the outcomes, likewise: judging one anew takes little, but an answer of many megabytes is made of them. */
const MAX_SIGNATURES_TOGETHER = 16_384;
/** In bytes: what was signed and is shown. Images that share an attestation show it as often as it was asked for. */
const MAX_SHOWN_TOGETHER = 16 * 1024 * 1024;

/** If what the caller sent for one image is wrong, the others are not affected. */
export type Outcome = Report | CallerError;

/** The outcomes so far. */
export interface Many {
  questions: (AnyQuestion | CallerError)[];
  outcomes: (Outcome | undefined)[];
  progress: Progress[];
  /** How many signatures were judged for the outcomes so far. */
  signatures: number;
  /** How many bytes of what was signed they show. */
  shown: number;
  include: Include;
}

type Include = 'predicate' | undefined;

/** @param include whether predicates are shown */
export function beginMany(questions: Many['questions'], include?: Include): Many {
  const outcomes = questions.map(() => undefined);
  return { questions, outcomes, progress: questions.map(() => ({})), signatures: 0, shown: 0, include };
}

/** Fills in the outcomes. @param done is called with each outcome's index as it arrives */
export async function verifyMany(
  session: Session,
  many: Many,
  done: (index: number) => void = () => undefined,
): Promise<void> {
  if (many.questions.length > 1) session.queue = createCallQueue(session.egress.callsLeft, session.timeAt);
  const indexes = many.questions.keys();
  await atOnce(session, async () => {
    for (const index of indexes) {
      const outcome = await outcomeOf(session, many, index);
      if ('signatures' in outcome) many.signatures += outcome.signatures.length;
      many.outcomes[index] = withinAnswer(many, index, outcome);
      done(index);
    }
  });
}

/** Does the work several times at once, and as often again when what is in progress is late: it may be waiting for what never answers. */
async function atOnce({ timeAt }: Session, work: () => Promise<void>): Promise<void> {
  const begin = () => Array.from({ length: MAX_IMAGES_AT_ONCE }, work);
  let all: Promise<unknown> = Promise.all(begin());
  for (const part of LATE)
    timeAt(part).then(() => {
      all = Promise.all([all, ...begin()]);
      // Whoever awaits what was begun before learns of a defect.
      all.catch(() => undefined);
    });
  for (let awaited: unknown; awaited !== all; ) {
    awaited = all;
    await all;
  }
}

/** Images that are not finished when time is up are undecided. */
export function endMany({ outcomes, progress }: Many, undecided: Undecided): Outcome[] {
  return outcomes.map((outcome, index) => outcome ?? failedReport(undecided, progress[index] ?? {}));
}

async function outcomeOf(session: Session, many: Many, index: number): Promise<Outcome> {
  const { questions, progress, signatures } = many;
  const question = questions[index];
  const own = progress[index];
  if (question === undefined || own === undefined) throw new TypeError('no such image');
  if (question instanceof CallerError) return question;
  if (session.spent.verifications > MAX_VERIFICATIONS_TOGETHER)
    return failedReport(tooMuch(`took more than ${MAX_VERIFICATIONS_TOGETHER} signature verifications`), own);
  if (signatures > MAX_SIGNATURES_TOGETHER)
    return failedReport(tooMuch(`judged more than ${MAX_SIGNATURES_TOGETHER} signatures`), own);
  try {
    if ('held' in question) return await verifyEvidence(session, question, own);
    const name = identity(question);
    const common = shared(session, 'progress', name, () => own);
    progress[index] = common;
    return await shared(session, 'verdict', name, () => verifyImage(session, question, common));
  } catch (error) {
    if (error instanceof CallerError) return error;
    throw error;
  }
}

/** The outcome, unless the answer would show too much with it. */
function withinAnswer(many: Many, index: number, outcome: Outcome): Outcome {
  if (!('signatures' in outcome)) return outcome;
  const shown = outcome.signatures.reduce((sum, one) => sum + shownOf(one, many.include), many.shown);
  if (shown > MAX_SHOWN_TOGETHER)
    return failedReport(
      tooMuch(`shows ${MAX_SHOWN_TOGETHER} bytes of what was signed, or would with this image`, 'Not shown'),
      many.progress[index] ?? {},
    );
  many.shown = shown;
  return outcome;
}

/** In bytes: all that was signed, if some of it is shown. */
function shownOf({ claims, evidence }: SignatureResult, include: Include): number {
  if (claims?.kind === 'in-toto') {
    const hasAnnotations = Object.keys(claims.about?.annotations ?? {}).length > 0;
    return include !== undefined || hasAnnotations ? claims.payload.length : 0;
  }
  return evidence === undefined || claims === undefined ? 0 : (rawBytes(evidence)?.length ?? 0);
}

/** @param what the request has done too much of */
function tooMuch(what: string, consequence = 'Not started'): Undecided {
  return new Undecided(
    'LIMIT_EXCEEDED',
    `${consequence}: this request already ${what}. Send this image in another request.`,
    { retryable: false },
  );
}

/** Equal for questions that have the same answer. */
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
