// What the gate's answers share: the session, the verdict in headers and in the log, and the headers of content.
import type { Digest } from '../../core/crypto/digest.ts';
import type { ImageReference } from '../../core/reference.ts';
import type { GateSession } from '../../gate/gate_session.ts';
import { failedReport, mayPass, type Report } from '../../verify/report.ts';
import type { Session } from '../../verify/session.ts';
import { deny, unavailable } from '../answer/distribution_error.ts';
import { auditDecision } from '../audit.ts';
import type { AppContext, Service } from '../context.ts';
import { DEFAULT_POLICY } from '../request/read_question.ts';
import { withSession } from '../with_session.ts';

const POLICY = { id: DEFAULT_POLICY, isImplied: true };

/** @param work runs under the deadline; a stream that it opened may continue past it */
export function throughGate<T extends object>(
  service: Service,
  context: AppContext,
  work: (gate: GateSession) => Promise<T>,
): Promise<T> {
  const gateOf = (session: Session): GateSession => ({
    session,
    memory: service.gate.memory,
    edge: service.gate.edge,
    store: context.get('store'),
    policy: POLICY,
  });
  return withSession(service, context, (session) => work(gateOf(session)));
}

/** Answers an error that came before a verdict: a refusal or undecided outcome is itself a verdict; any other error is rethrown. */
export function answerFailed(
  service: Service,
  context: AppContext,
  reference: ImageReference,
  error: unknown,
): Response {
  const report = failedReport(error);
  const refusal = answerJudged(service, context, reference, report);
  if (refusal === undefined) throw error;
  return refusal;
}

/** Puts the verdict in the headers and in the log. @returns the refusal, if the image does not pass */
export function answerJudged(
  service: Service,
  context: AppContext,
  reference: ImageReference,
  report: Report,
): Response | undefined {
  auditDecision(service, context, { reference, report, isGated: true });
  return showJudged(context, report);
}

/** Puts the verdict in the headers. @returns the refusal, if the image does not pass */
export function showJudged(context: AppContext, report: Report): Response | undefined {
  const { verdict, code, summary, undecided } = report;
  context.set('verifications', report.verifications);
  context.header('Countersign-Verdict', verdict);
  if (undecided !== undefined) return unavailable(context, undecided);
  if (!mayPass(report)) return deny(context, code, summary);
  if (verdict === 'refused') context.header('Countersign-Code', code);
  return undefined;
}

/** @param isByDigest whether the client asked by digest, so that the content never changes */
export function contentHeaders(context: AppContext, digest: Digest, isByDigest: boolean): void {
  context.header('Docker-Content-Digest', digest);
  context.header('Docker-Distribution-API-Version', 'registry/2.0');
  context.header('ETag', `"${digest}"`);
  // Whether it may be pulled can change at any time, so no shared cache may decide that.
  context.header('Cache-Control', isByDigest ? 'private, no-cache, immutable' : 'private, no-cache');
}

/** Marks a list: nothing in it has been judged. */
export function sayNotJudged(context: AppContext): void {
  context.header('Countersign-Verdict', 'undecided');
  context.header('Countersign-Code', 'NOT_JUDGED');
}
