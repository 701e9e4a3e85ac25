// Bodies that are held to a digest on their way out: what the gate and downloads share.
import type { ArtifactDigest } from '../core/crypto/digest.ts';
import type { OpenedResponse } from '../egress/egress.ts';
import { holdToDigest } from '../gate/held_stream.ts';
import { type ByteRange, parseRange } from '../gate/range.ts';
import { type AppContext, keepAlive, type Service } from './context.ts';

export interface HeldBody {
  /** For the log. */
  name: string;
  digest: ArtifactDigest;
  /** In bytes; undefined where nobody has said. */
  size: number | undefined;
  /** Ends the upstream. */
  own: AbortController;
  body: ReadableStream<Uint8Array> | null;
  range?: ByteRange | undefined;
}

/** 200, or 206 for a range; without a body for HEAD. */
export function sendHeld(service: Service, context: AppContext, held: HeldBody): Response {
  const { name, digest, size, own, body, range } = held;
  const length = range === undefined ? size : range.last - range.first + 1;
  if (length !== undefined) context.header('Content-Length', String(length));
  if (context.req.method === 'HEAD') {
    own.abort();
    return context.body(null, 200);
  }
  if (range !== undefined) context.header('Content-Range', `bytes ${range.first}-${range.last}/${size}`);
  const stream = holdToDigest(
    {
      source: body ?? emptyStream(),
      digest,
      size,
      range,
      abort: (reason) => own.abort(reason),
      broken: (error) => reportBroken(service, context, name, error.message),
    },
    keepAlive(context),
  );
  return context.body(stream, range === undefined ? 200 : 206);
}

/** Where upstream says another size than is known, nothing need be sent to find out. */
export function sizeProblem({ headers }: Pick<OpenedResponse, 'headers'>, size: number): string | undefined {
  const stated = headers.get('content-length');
  return stated === null || Number(stated) === size
    ? undefined
    : `Upstream says ${stated} bytes where ${size} were named`;
}

/** RFC 9110 §13.1.5: `If-Range` with another version makes it the whole. */
export function wantedRange(
  context: AppContext,
  digest: ArtifactDigest,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const condition = context.req.header('If-Range');
  if (condition !== undefined && condition.trim() !== `"${digest}"`) return undefined;
  return parseRange(context.req.header('Range'), size);
}

/** Whether the client has it already (RFC 9110 §13.1.2). */
export function isKnown(context: AppContext, digest: ArtifactDigest): boolean {
  const etags = context.req.header('If-None-Match')?.split(',') ?? [];
  return etags.some((etag) => etag.trim().replace(/^W\//, '') === `"${digest}"` || etag.trim() === '*');
}

/** The client only sees that the transfer ended early: why is for the operator. */
export function reportBroken(service: Service, context: AppContext, name: string, problem: string): void {
  service.log({
    level: 'alert',
    event: 'transfer-broken',
    requestId: context.get('requestId'),
    callerRequestId: context.get('answeredId'),
    code: 'BLOB_DIGEST_MISMATCH',
    reference: name,
    problem,
  });
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
