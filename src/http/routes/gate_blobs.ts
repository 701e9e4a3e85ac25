// GET /v2/{name}/blobs/{digest}: streams a blob that an admitted manifest refers to, checking it against its digest.
import { fullName } from '../../core/reference.ts';
import { failure } from '../../egress/failure.ts';
import type { OpenedResponse } from '../../egress/request.ts';
import { admitBlob } from '../../gate/admit.ts';
import type { PathRequest } from '../../gate/distribution_path.ts';
import { mayPass, type Report } from '../../verify/report.ts';
import { repositoryOf } from '../../verify/repositories.ts';
import { answer, deny } from '../answer/distribution_error.ts';
import { forgetBody, reportBroken, sendJudged, sizeProblem, wrongContent } from '../answer/held_body.ts';
import { auditDecision, type Decision } from '../audit.ts';
import type { AppContext, Service } from '../context.ts';
import { isKnown, wantedRange } from '../request/conditional.ts';
import { answerFailed, contentHeaders, showJudged, throughGate } from './gate_answers.ts';

export async function answerBlob(
  service: Service,
  context: AppContext,
  { image, digest }: Extract<PathRequest, { what: 'blob' }>,
): Promise<Response> {
  const isHead = context.req.method === 'HEAD';
  const own = new AbortController();
  const passing = throughGate(service, context, async (gate) => {
    const { report, sizes } = await admitBlob(gate, image, digest);
    if (!mayPass(report) || isKnown(context, digest)) return { report };
    const method = isHead ? 'HEAD' : 'GET';
    const opened = await repositoryOf(gate.session, image).openBlob(digest, method, own);
    return { report, size: opened && sizeOf(opened, sizes), opened };
  });
  const outcome = await passing.catch((error) => {
    // Nobody reads this body after the deadline.
    own.abort();
    return answerFailed(service, context, { ...image, digest }, error);
  });
  if (outcome instanceof Response) return outcome;
  const { report, size, opened } = outcome;
  const reference = { ...image, digest };
  const audit = (decision: Pick<Decision, 'report' | 'isStopped'>) =>
    auditDecision(service, context, { reference, ...decision, isGated: true });
  const refusal = showJudged(context, report);
  if (refusal !== undefined) {
    audit({ report });
    return refusal;
  }
  contentHeaders(context, digest, true);
  if (isKnown(context, digest)) {
    audit({ report });
    return context.body(null, 304);
  }
  if (opened === undefined || size === undefined) {
    forgetBody(context);
    return answer(context, 404, 'BLOB_UNKNOWN', `The registry has no blob ${digest} of ${fullName(image)}.`);
  }
  const name = `${fullName(image)}@${digest}`;
  const refuse = ({ verdict, code, summary }: Report) => {
    forgetBody(context);
    context.header('Countersign-Verdict', verdict);
    return deny(context, code, summary);
  };
  const problem = sizeProblem(opened, size);
  if (problem !== undefined) {
    own.abort();
    reportBroken(service, context, name, { by: 'content', message: problem });
    const refused = wrongContent(report, problem);
    audit({ report: refused, isStopped: true });
    return refuse(refused);
  }
  context.header('Content-Type', 'application/octet-stream');
  context.header('Accept-Ranges', 'bytes');
  const range = isHead ? undefined : wantedRange(context, digest, size);
  if (range === 'unsatisfiable') {
    own.abort();
    audit({ report });
    context.header('Content-Range', `bytes */${size}`);
    return answer(context, 416, 'RANGE_INVALID', `The range lies outside the blob's ${size} bytes.`);
  }
  const unavailable = (what: string) =>
    failure({ service: 'registry', step: 'blob', url: `https://${image.registry}/` }, 'UNAVAILABLE', what);
  return sendJudged(
    service,
    context,
    { name, digest, size, own, body: opened.body, range, unavailable },
    { reference, report },
    refuse,
  );
}

/** The size that upstream states, if any manifest states it too, else the first one's: a wrong manifest must not spoil the others. */
function sizeOf({ headers }: OpenedResponse, sizes: number[]): number | undefined {
  const stated = headers.get('content-length');
  return stated !== null && sizes.includes(Number(stated)) ? Number(stated) : sizes[0];
}
