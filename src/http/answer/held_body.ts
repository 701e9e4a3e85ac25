// Sends bodies while checking them against a digest: what the gate and downloads share.
import type { ArtifactDigest } from '../../core/crypto/digest.ts';
import { collect } from '../../core/encoding/bytes.ts';
import { Undecided } from '../../core/errors/undecided.ts';
import type { OpenedResponse } from '../../egress/request.ts';
import { holdToDigest } from '../../gate/bodies/held_stream.ts';
import type { ByteRange } from '../../gate/bodies/range.ts';
import type { Broken } from '../../gate/bodies/transfer.ts';
import type { Report } from '../../verify/report.ts';
import { type AppContext, keepAlive, requestIds, type Service } from '../context.ts';

export interface HeldBody {
  /** For the log. */
  name: string;
  digest: ArtifactDigest;
  /** In bytes; undefined if unknown. */
  size: number | undefined;
  /** Aborts the upstream. */
  own: AbortController;
  body: ReadableStream<Uint8Array> | null;
  range?: ByteRange | undefined;
  /** The error for an upstream that ended the transfer early. @param problem a predicate */
  unavailable: (problem: string) => Undecided;
}

/** In bytes. Smaller bodies, and those of unknown size, are read and checked completely before the answer begins. */
const READ_FIRST = 1024 * 1024;
const MAX_UNSTATED = 8 * 1024 * 1024;

/**
 * Answers 200, or 206 for a range; without a body for HEAD.
 * @param refuse makes the answer if the body was found wrong before the answer began
 * Errors before the answer has begun: `Undecided` if upstream ended early, and `LIMIT_EXCEEDED` for a large body of unknown size, because
 * some clients could not tell it from a truncated one
 */
export async function sendHeld(
  service: Service,
  context: AppContext,
  held: HeldBody,
  refuse: (problem: string) => Response | Promise<Response>,
): Promise<Response> {
  const { name, digest, size, own, body, range } = held;
  const length = range === undefined ? size : range.last - range.first + 1;
  if (context.req.method === 'HEAD') {
    own.abort();
    if (length !== undefined) context.header('Content-Length', String(length));
    return context.body(null, 200);
  }
  if (range !== undefined) context.header('Content-Range', `bytes ${range.first}-${range.last}/${size}`);
  const status = range === undefined ? 200 : 206;
  let broken: Broken | undefined;
  const isReadFirst = size === undefined || size <= READ_FIRST;
  const stream = holdToDigest(
    {
      source: body ?? emptyStream(),
      digest,
      size,
      range,
      abort: (reason) => own.abort(reason),
      broken: (error) => {
        broken = error;
        if (error.by !== 'client') reportBroken(service, context, name, error);
      },
    },
    keepAlive(context),
  );
  if (!isReadFirst) {
    context.header('Content-Length', String(length));
    return context.body(stream, status);
  }
  const bytes = await readAll(stream, size === undefined ? MAX_UNSTATED : READ_FIRST);
  if (bytes === 'too large') {
    own.abort();
    forgetBody(context);
    throw new Undecided(
      'LIMIT_EXCEEDED',
      `The file is larger than ${MAX_UNSTATED} bytes and its host does not state a Content-Length.`,
      { retryable: false },
    );
  }
  if (bytes === undefined) {
    forgetBody(context);
    if (broken?.by === 'content') return refuse(`The content does not match its digest: ${broken.message}`);
    throw held.unavailable(`could not be read to the end: ${broken?.message ?? 'the transfer was aborted'}`);
  }
  context.header('Content-Length', String(bytes.length));
  return context.body(bytes, status);
}

/** The verdict on something whose content is not what was verified. */
export function wrongContent(report: Report, problem: string): Report {
  return { ...report, verdict: 'refused', code: 'BLOB_DIGEST_MISMATCH', summary: `${problem}.` };
}

/** Headers that describe a body, or the verdict that lets it pass. */
const OF_THE_BODY = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Range',
  'Content-Type',
  'Countersign-Code',
  'Countersign-Verdict',
  'Docker-Content-Digest',
  'ETag',
  'Repr-Digest',
];

/** Removes what the headers say about a body that is not sent. */
export function forgetBody(context: AppContext): void {
  for (const header of OF_THE_BODY) context.header(header, undefined);
}

/** @returns undefined if the stream breaks off */
async function readAll(
  stream: ReadableStream<Uint8Array>,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | 'too large' | undefined> {
  const reader = stream.getReader();
  let length = 0;
  const count = (more: number) => {
    length += more;
    if (length > most) throw new RangeError('too large');
  };
  try {
    return await collect(() => reader.read(), count);
  } catch {
    await reader.cancel().catch(() => undefined);
    return length > most ? 'too large' : undefined;
  }
}

/** If upstream states a size other than the known one, the mismatch is found without sending anything. */
export function sizeProblem({ headers }: Pick<OpenedResponse, 'headers'>, size: number): string | undefined {
  const stated = headers.get('content-length');
  return stated === null || Number(stated) === size
    ? undefined
    : `Upstream states ${stated} bytes, but ${size} are expected`;
}

/** Logs why a transfer broke off: the client sees only that it ended early. */
export function reportBroken(
  service: Service,
  context: AppContext,
  name: string,
  { by, message }: Pick<Broken, 'by' | 'message'>,
): void {
  service.log({
    level: 'alert',
    event: 'transfer-broken',
    ...requestIds(context),
    code: by === 'content' ? 'BLOB_DIGEST_MISMATCH' : 'UPSTREAM_BROKE_OFF',
    reference: name,
    problem: message,
  });
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
