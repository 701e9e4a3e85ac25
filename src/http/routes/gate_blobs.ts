// GET /v2/{name}/blobs/{digest}: streams a blob that an admitted manifest refers to, checking it against its digest.
import { fullName } from '../../core/reference.ts';
import { failure } from '../../egress/failure.ts';
import type { OpenedResponse } from '../../egress/request.ts';
import { admitBlob } from '../../gate/admit.ts';
import type { PathRequest } from '../../gate/distribution_path.ts';
import { mayPass, type Report } from '../../verify/report.ts';
import { repositoryOf } from '../../verify/repositories.ts';
import { answer, deny } from '../answer/distribution_error.ts';
import { forgetBody, reportBroken, sendHeld, sizeProblem, wrongContent } from '../answer/held_body.ts';
import { auditAnswer } from '../audit.ts';
import type { AppContext, Service } from '../context.ts';
import { isKnown, wantedRange } from '../request/conditional.ts';
import { answerFailed, contentHeaders, showJudged, throughGate } from './gate_answers.ts';

type BlobRequest = Pick<Extract<PathRequest, { what: 'blob' }>, 'image' | 'digest'>;

export async function answerBlob(
  service: Service,
  context: AppContext,
  { image, digest }: BlobRequest,
): Promise<Response> {
  const own = new AbortController();
  const passing = throughGate(service, context, async (gate) => {
    const { report, sizes } = await admitBlob(gate, image, digest);
    if (!mayPass(report) || isKnown(context, digest)) return { report };
    const method = context.req.method === 'HEAD' ? 'HEAD' : 'GET';
    const opened = await repositoryOf(gate.session, image).openBlob(digest, method, own);
    return { report, size: opened && sizeOf(opened, sizes), opened };
  });
  const outcome = await passing.catch((error) => {
    // Nobody reads this body after the deadline.
    own.abort();
    return answerFailed(service, context, { ...image, digest }, error);
  });
  if (outcome instanceof Response) return outcome;
  const { report } = outcome;
  const blob = { image, digest, own, ...outcome };
  return auditAnswer(service, context, { reference: { ...image, digest }, report }, (stop) =>
    sendBlob(service, context, blob, stop),
  );
}

interface AdmittedBlob extends BlobRequest {
  report: Report;
  /** In bytes. */
  size?: number | undefined;
  opened?: OpenedResponse | undefined;
  /** Ends the body. */
  own: AbortController;
}

async function sendBlob(
  service: Service,
  context: AppContext,
  { image, digest, report, size, opened, own }: AdmittedBlob,
  stop: (stopped: Report) => void,
): Promise<Response> {
  const refusal = showJudged(context, report);
  if (refusal !== undefined) return refusal;
  contentHeaders(context, digest, true);
  if (isKnown(context, digest)) return context.body(null, 304);
  if (opened === undefined || size === undefined) {
    stop(report);
    forgetBody(context);
    return answer(context, 404, 'BLOB_UNKNOWN', `The registry has no blob ${digest} of ${fullName(image)}.`);
  }
  const name = `${fullName(image)}@${digest}`;
  const refuse = (problem: string) => {
    const refused = wrongContent(report, problem);
    stop(refused);
    forgetBody(context);
    context.header('Countersign-Verdict', refused.verdict);
    return deny(context, refused.code, refused.summary);
  };
  const problem = sizeProblem(opened, size);
  if (problem !== undefined) {
    own.abort();
    reportBroken(service, context, name, { by: 'content', message: problem });
    return refuse(problem);
  }
  context.header('Content-Type', 'application/octet-stream');
  context.header('Accept-Ranges', 'bytes');
  const range = context.req.method === 'HEAD' ? undefined : wantedRange(context, digest, size);
  if (range === 'unsatisfiable') {
    own.abort();
    context.header('Content-Range', `bytes */${size}`);
    return answer(context, 416, 'RANGE_INVALID', `The range lies outside the blob's ${size} bytes.`);
  }
  const unavailable = (what: string) =>
    failure({ service: 'registry', step: 'blob', url: `https://${image.registry}/` }, 'UNAVAILABLE', what);
  const held = { name, digest, size, own, body: opened.body, range, unavailable };
  return sendHeld(service, context, held, refuse);
}

/** The size that upstream states, if any manifest states it too, else the first one's: a wrong manifest must not spoil the others. */
function sizeOf({ headers }: OpenedResponse, sizes: number[]): number | undefined {
  const stated = headers.get('content-length');
  return stated !== null && sizes.includes(Number(stated)) ? Number(stated) : sizes[0];
}
