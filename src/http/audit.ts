// The audit log: one JSON line for each decision and for each change of trust. It names who, what and why; it holds no secret, no
// evidence and no address.
import { formatInstant } from '../core/encoding/instant.ts';
import { formatReference, type ImageReference } from '../core/reference.ts';
import { mayPass, type Report } from '../verify/report.ts';
import { callerName } from './authenticate.ts';
import type { AppContext, Service } from './context.ts';

export interface Decision {
  /** Absent where the caller named none. */
  reference?: ImageReference | undefined;
  report: Report;
  /** At a door where `warn` lets pass: whether it did. */
  isGated?: boolean;
  /** A trial that lets nothing through. */
  isDryRun?: boolean;
}

export function auditDecision(service: Service, context: AppContext, decision: Decision): void {
  const { reference, report, isGated, isDryRun } = decision;
  const { verdict, code, subject, policy, signatures } = report;
  const keys = signatures.flatMap((one) => (one.verdict === 'verified' ? (one.signer ?? []) : []));
  service.metrics.decided(verdict, code, report.verifications);
  service.log({
    ...common(service, context, 'decision'),
    ...(reference !== undefined && { reference: formatReference(reference) }),
    ...(subject !== undefined && { digest: subject.digest }),
    verdict,
    code,
    ...(policy !== undefined && { policy: policy.id, version: policy.version, rule: policy.rule }),
    keys: [...new Set(keys.map(({ trusted }) => trusted.id ?? trusted.key.fingerprint))],
    ...(isGated === true && { passed: mayPass(report) }),
    ...(isDryRun === true && { dryRun: true }),
  });
}

export type Action = `${'key' | 'log' | 'policy' | 'token'}.${'put' | 'delete'}` | 'key.revoke';

/** @param revision of what is there afterwards; absent when it is gone */
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

function common({ verifier }: Service, context: AppContext, event: 'decision' | 'change') {
  return {
    level: 'audit',
    event,
    time: formatInstant(verifier.ports.now()),
    requestId: context.get('requestId'),
    callerRequestId: context.get('answeredId'),
    who: callerName(context),
    door: `${context.req.method} ${doorOf(context.req.path)}`,
  };
}

/** The routes as logs and metrics name them: a closed list, whatever callers ask for. */
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
