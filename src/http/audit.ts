// The audit log: one JSON line for each decision and each change of trust. It records who, what and why, but no secret, no evidence and
// no address.
import { formatInstant } from '../core/encoding/instant.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import type { NamedTrust } from '../verify/question.ts';
import { failedJudgement, mayPass, type Report } from '../verify/report.ts';

import { type AppContext, callerName, requestIds, type Service } from './context.ts';

export interface Decision {
  /** Absent if the caller named none. */
  reference?: ImageReference | undefined;
  /** Whether the reference is only the caller's claim. */
  isReferenceUnverified?: boolean;
  /** The URL of a file that is not in a registry, without its query. */
  file?: string | undefined;
  /** Whom the caller named. */
  named?: NamedTrust | undefined;
  report: Report;
  /** Set on routes that admit images, where `warn` lets a refused one pass: the line then says whether it passed. */
  isGated?: boolean;
  /** Set if it does not pass whatever the policy says: its content is wrong or not there. */
  isStopped?: boolean;
  /** A dry run, which admits nothing. */
  isDryRun?: boolean;
}

export function auditDecision(service: Service, context: AppContext, decision: Decision): void {
  const { reference, isReferenceUnverified, file, named } = decision;
  const { report, isGated, isStopped = false, isDryRun } = decision;
  const isClaimed = reference !== undefined && isReferenceUnverified === true;
  const isLogWaived = named !== undefined && 'publicKeys' in named && named.isLogWaived;
  const { verdict, code, subject, policy, signatures } = report;
  const keys = signatures.flatMap((one) => (one.verdict === 'verified' ? (one.signer ?? []) : []));
  service.metrics.decided(verdict, code, firstTime(report) ? report.verifications : 0);
  service.log({
    ...common(service, context, 'decision'),
    ...(reference !== undefined && { reference: formatReference(reference) }),
    ...(file !== undefined && { file }),
    ...(subject !== undefined && { digest: subject.digest }),
    verdict,
    code,
    ...(policy !== undefined && { policy: policy.id, version: policy.version, rule: policy.rule }),
    keys: [...new Set(keys.map(({ trusted }) => trusted.id ?? trusted.key.fingerprint))],
    // As in the answer: what only the caller states, and a log that the caller waived.
    ...(isClaimed && { unverified: ['reference'] }),
    ...(isLogWaived && { transparency: 'unsafe-none' }),
    ...(isGated === true && { passed: mayPass(report) && !isStopped }),
    ...(isDryRun === true && { dryRun: true }),
  });
}

/**
 * Makes the answer to what a verdict lets pass or not, and then logs the decision that the answer ended with: content that is not there,
 * turns out to be wrong, or cannot be read, has not been let through.
 * @param answer calls `stop` if there is nothing right to let through, with the verdict to log
 */
export async function auditAnswer(
  service: Service,
  context: AppContext,
  decision: Pick<Decision, 'reference' | 'file' | 'report'>,
  answer: (stop: (stopped: Report) => void) => Response | Promise<Response>,
): Promise<Response> {
  let stopped: Report | undefined;
  // Until there is an answer, nothing has passed, whatever is thrown.
  let final = { report: decision.report, isStopped: true };
  try {
    const response = await answer((report) => {
      stopped = report;
    });
    final = { report: stopped ?? decision.report, isStopped: stopped !== undefined };
    return response;
  } catch (error) {
    final.report = { ...decision.report, ...failedJudgement(error) };
    throw error;
  } finally {
    auditDecision(service, context, { ...decision, ...final, isGated: true });
  }
}

/** Equal images in a request share one report; its verifications are counted once. */
const counted = new WeakSet<Report>();

function firstTime(report: Report): boolean {
  if (counted.has(report)) return false;
  counted.add(report);
  return true;
}

/** Logs an image that could not be judged on a route that admits images: it does not pass, and that is logged as a decision. */
export function auditMistake(
  service: Service,
  context: AppContext,
  { reference, code, isDryRun }: { reference?: ImageReference | undefined; code: string; isDryRun?: boolean },
): void {
  service.metrics.decided('undecided', code, 0);
  service.log({
    ...common(service, context, 'decision'),
    ...(reference !== undefined && { reference: formatReference(reference) }),
    verdict: 'undecided',
    code,
    keys: [],
    passed: false,
    ...(isDryRun === true && { dryRun: true }),
  });
}

/** Like `auditMistake`, for an object whose images cannot be determined. */
export function auditUnread(service: Service, context: AppContext, isDryRun: boolean): void {
  auditMistake(service, context, { code: 'BAD_REQUEST', isDryRun });
}

export type Action = `${'key' | 'log' | 'policy' | 'token'}.${'put' | 'delete'}` | 'key.revoke';

/** @param revision the record's revision after the change; absent if it was deleted */
export function auditChange(
  service: Service,
  context: AppContext,
  action: Action,
  id: string,
  revision?: string,
): void {
  service.log({
    ...common(service, context, 'change'),
    action,
    id,
    ...(revision !== undefined && { revision }),
  });
}

/** A change of which nobody knows whether it was made: the store has failed, or was late. */
export function auditUnknownChange(service: Service, context: AppContext, code: string): void {
  const { method, path } = context.req;
  const [, , records, id, revoke] = path.split('/');
  const action = `${records?.replace(/ies$/, 'y').replace(/s$/, '')}.${revoke ?? method.toLowerCase()}`;
  service.log({ ...common(service, context, 'change'), action, id, code });
}

function common({ verifier }: Service, context: AppContext, event: 'decision' | 'change') {
  return {
    level: 'audit',
    event,
    time: formatInstant(verifier.ports.now()),
    ...requestIds(context),
    who: callerName(context),
    door: `${context.req.method} ${doorOf(context.req.path)}`,
  };
}

/** The route names in logs and metrics: a closed list, whatever paths callers ask for. */
const DOORS = [
  '/v2',
  '/v1/download',
  '/v1/verify/batch',
  '/v1/verify',
  '/v1/inspect',
  '/v1/admission',
  '/v1/gatekeeper',
  '/v1/keys',
  '/v1/logs',
  '/v1/policies/test',
  '/v1/policies',
  '/v1/tokens',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi.json',
] as const;

export function doorOf(path: string): string {
  if (path === '/') return path;
  return DOORS.find((door) => path === door || path.startsWith(`${door}/`)) ?? 'other';
}
