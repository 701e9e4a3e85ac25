// Runs a verification from top to bottom: question → plan → trust → digest → evidence → checks → verdict. Every route calls one of the two
// verify functions here; neither decides anything itself.
import type { ArtifactDigest } from '../core/crypto/digest.ts';
import { messageOfDigest } from '../core/crypto/message.ts';
import type { SignatureEvidence } from '../core/evidence/evidence.ts';
import type { Meter } from '../core/meter.ts';
import { fullName } from '../core/reference.ts';
import { type JudgedRequirement, type Judgement, judge, type Requirement } from '../core/verdict.ts';
import type { FoundEvidence } from '../registry/find_evidence.ts';
import { MANIFEST_MEDIA_TYPES } from '../registry/manifest.ts';
import { gatherEvidence } from './evidence/gather.ts';
import { mergeEvidence } from './evidence/look.ts';
import { judgeEvidence } from './judge_evidence.ts';
import { judgeUntilMet } from './judge_until_met.ts';
import { type Exemption, planFor, wantedBy } from './plan.ts';
import type { EvidenceQuestion, HeldEvidence, ImageQuestion } from './question.ts';
import { failedJudgement, type Progress, type Report, signedDigest } from './report.ts';
import type { Session } from './session.ts';
import { loadRequirements } from './trust/load_requirements.ts';
import { openTrust } from './trust/open_trust.ts';
import { FOR_LOG, openTurn } from './turn.ts';

/** Verifies an image in a registry. Errors: only `CallerError`; what is refused or undecided is in the report. */
export async function verifyImage(
  session: Session,
  question: ImageQuestion,
  progress: Progress,
): Promise<Report> {
  return reporting(session, progress, async (meter) => {
    const { reference } = question;
    if (reference.digest !== undefined) progress.subject = { digest: reference.digest };
    const turn = openTurn(session.queue);
    try {
      const plan = await planFor(session, question, fullName(reference), progress);
      if ('exemption' in plan) return plan;
      // Before any outbound call: one caller's mistake in naming a key must not cost the other images of a batch theirs.
      const { requirements, missing } = await loadRequirements(session, plan);
      const judgeFound = async (all: FoundEvidence[], spent: Meter) => {
        const findings = mergeEvidence(all);
        return { ...findings, judged: await judgeAgainst(session, findings, requirements, spent) };
      };
      const wanted = wantedBy(plan);
      const asksLog = requirements.some(({ perSignature }) => perSignature.transparency === 'online');
      const callsIfKnown = asksLog ? FOR_LOG : 0;
      const { looks } = await gatherEvidence(session, question, wanted, progress, turn, callsIfKnown);
      // What another image has found is known, too.
      if (asksLog) await turn.begin(callsIfKnown);
      return { ...(await judgeUntilMet(session, looks, { judgeFound, meter }, turn)), missing };
    } finally {
      turn.end();
    }
  });
}

/** Verifies evidence that the caller sent, without a registry. Errors: only `CallerError`. */
export async function verifyEvidence(
  session: Session,
  question: EvidenceQuestion,
  progress: Progress,
): Promise<Report> {
  const { digest, held, reference } = question;
  progress.subject = { digest };
  return reporting(session, progress, async (meter) => {
    const name = reference === undefined ? undefined : fullName(reference);
    const plan = await planFor(session, question, name, progress);
    if ('exemption' in plan) return plan;
    const { requirements, missing } = await loadRequirements(session, plan);
    const findings = { evidence: held.map((one, index) => evidenceInHand(one, index, digest)), gaps: [] };
    return { ...findings, missing, judged: await judgeAgainst(session, findings, requirements, meter) };
  });
}

/** Turns what a caller sent into evidence about a digest. */
export function evidenceInHand(
  { form: format, ...bytes }: HeldEvidence,
  index: number,
  digest: ArtifactDigest,
): SignatureEvidence {
  const source = { index, via: 'request' as const };
  const subject = messageOfDigest(digest);
  return { format, ...bytes, source, subject, facts: new Map() } as SignatureEvidence;
}

function judgeAgainst(
  session: Session,
  { evidence }: Pick<FoundEvidence, 'evidence'>,
  requirements: Requirement[],
  meter: Meter,
): Promise<JudgedRequirement[]> {
  return judgeEvidence(evidence, requirements, openTrust(session), session.verifier.ports.now(), meter);
}

interface Judged extends Pick<FoundEvidence, 'gaps'> {
  judged: JudgedRequirement[];
  /** Keys that the rule lists but that are not stored. */
  missing: string[];
}

async function reporting(
  session: Session,
  progress: Progress,
  work: (meter: Meter) => Promise<Judged | Exemption>,
): Promise<Report> {
  const meter: Meter = { verifications: 0, proofs: 0 };
  const end = (judgement: Judgement, judged: JudgedRequirement[] = []): Report => {
    session.spent.verifications += meter.verifications;
    const signatures = judged.flatMap(({ results }) => results);
    return {
      ...judgement,
      ...sayWhat(judgement, progress),
      ...progress,
      keys: judged.flatMap(({ requirement }) => requirement.keys),
      signatures,
      verifications: meter.verifications,
    };
  };
  try {
    const outcome = await work(meter);
    if ('exemption' in outcome) return end(exempt(outcome));
    const { judged, gaps, missing } = outcome;
    return end(sayIndex(sayMissing(judge(judged, gaps), missing), progress), judged);
  } catch (error) {
    return end(failedJudgement(error));
  }
}

function exempt({ exemption: { name, unsafeAllowUnsigned } }: Exemption): Judgement {
  const summary = `Exempt from signing by rule ${name}: ${unsafeAllowUnsigned}`;
  return { verdict: 'exempt', code: 'EXEMPT', summary };
}

function sayMissing(judgement: Judgement, missing: string[]): Judgement {
  if (judgement.verdict !== 'refused' || missing.length === 0) return judgement;
  return {
    ...judgement,
    summary: `${judgement.summary} The rule names keys that are not stored: ${missing.join(', ')}.`,
  };
}

/** Often the images are signed, and the index that lists them is not. */
function sayIndex(judgement: Judgement, { subject }: Progress): Judgement {
  const isIndex =
    subject?.platform === undefined && MANIFEST_MEDIA_TYPES.index.includes(subject?.mediaType ?? '');
  if (judgement.code !== 'NO_SIGNATURES' || !isIndex) return judgement;
  const hint =
    'It is an index, and nothing about the images in it counts for it (platform= asks about one of them).';
  return { ...judgement, summary: `${judgement.summary} ${hint}` };
}

/** If only the platform's image is signed, the summary says so, because the reference names the index. */
function sayWhat({ summary, deciding }: Judgement, { subject }: Progress): { summary?: string } {
  const leaf = subject?.platform;
  if (leaf === undefined || signedDigest(deciding, subject) !== leaf.digest) return {};
  return { summary: `${leaf.name}, ${leaf.digest}: ${summary}` };
}
