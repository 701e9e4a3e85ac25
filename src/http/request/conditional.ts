// Conditional and range requests for content with a digest (RFC 9110 §13 and §14). Its ETag is the digest.
import type { ArtifactDigest } from '../../core/crypto/digest.ts';
import { type ByteRange, parseRange } from '../../gate/bodies/range.ts';
import type { AppContext } from '../context.ts';

/** RFC 9110 §13.1.5: an `If-Range` with another version asks for the whole. */
export function wantedRange(
  context: AppContext,
  digest: ArtifactDigest,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const condition = context.req.header('If-Range');
  if (condition !== undefined && condition.trim() !== `"${digest}"`) return undefined;
  return parseRange(context.req.header('Range'), size);
}

/** Whether the client already has it (RFC 9110 §13.1.2). */
export function isKnown(context: AppContext, digest: ArtifactDigest): boolean {
  const etags = context.req.header('If-None-Match')?.split(',') ?? [];
  return etags.some((etag) => etag.trim().replace(/^W\//, '') === `"${digest}"` || etag.trim() === '*');
}
