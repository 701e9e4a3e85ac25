// Sends a report as the whole verdict in JSON, one line of text, or cosign's JSON. The status only mirrors the verdict.
import { formatInstant } from '../../core/encoding/instant.ts';
import type { ImageReference } from '../../core/reference.ts';
import type { NamedTrust } from '../../verify/question.ts';
import { type Report, signedDigest } from '../../verify/report.ts';
import { toVerdictDocument } from '../../verify/verdict_document.ts';
import type { AppContext } from '../context.ts';
import { cosignDocument } from './cosign_format.ts';
import { answerJson } from './json.ts';
import { problemOf, verdictStatus } from './problem.ts';
import { asciiLine, wantsText } from './text.ts';

export interface VerdictOptions {
  named: NamedTrust;
  reference?: ImageReference | undefined;
  /** Whether the reference is only the caller's claim. */
  isReferenceUnverified?: boolean;
  format?: 'json' | 'cosign' | undefined;
  include?: 'predicate' | undefined;
  /** The predicate type, if an attestation was asked for. */
  attestation: string | undefined;
}

export async function respondVerdict(
  context: AppContext,
  report: Report,
  { named, reference, isReferenceUnverified, format, include, attestation }: VerdictOptions,
): Promise<Response> {
  const { verdict, code, undecided } = report;
  const status = verdictStatus(code);
  context.set('verifications', report.verifications);
  context.header('Countersign-Verdict', verdict);
  context.header('Vary', 'Accept');
  if (undecided?.retryAfter !== undefined) context.header('Retry-After', undecided.retryAfter);
  if (format === 'cosign' && verdict === 'verified') {
    const text = cosignDocument(report, isReferenceUnverified === true ? undefined : reference, attestation);
    return context.body(text, status, {
      'Content-Type': attestation !== undefined ? 'application/x-ndjson' : 'application/json',
    });
  }
  if (wantsText(context)) return context.text(asciiLine(textLine(report)), status);
  const document = await toVerdictDocument(report, named, { reference, isReferenceUnverified, include });
  if (undecided === undefined) {
    return answerJson(context, document, status);
  }
  const problem = problemOf(undecided, context.get('answeredId'));
  return answerJson(context, { ...problem, ...document }, status, 'application/problem+json');
}

/** One line with the signed digest (of index or leaf): `verified sha256:… by release (sha256:…) logged 2021-10-20T07:16:19Z #783606` */
export function textLine(report: Report): string {
  const { verdict, code, summary, subject, deciding: good } = report;
  const named = verdict === 'verified' ? signedDigest(good, subject) : subject?.digest;
  const digest = named === undefined ? '' : ` ${named}`;
  if (verdict !== 'verified') return `${verdict}${digest} ${code} ${summary}`;
  const trusted = good?.signer?.trusted;
  const { entry, logIndex, integratedTime } = good?.transparency ?? {};
  const index = logIndex === undefined ? '' : ` #${logIndex}`;
  const time = integratedTime === undefined ? '' : ` ${formatInstant(integratedTime)}`;
  const log = entry === undefined ? 'not logged' : `logged${time}${index}`;
  return `verified${digest} by ${trusted?.id ?? "caller's key"} (${trusted?.key.fingerprint}) ${log}`;
}
